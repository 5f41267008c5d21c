"""Renders the no-JavaScript pages. What the server draws for a visitor is an argument, so that others can render the same."""

from collections.abc import Iterable
from typing import Any

from intake.form.nojs import fields as nojs_fields
from intake.form.nojs.carried import carried, orphans
from intake.form.nojs.fields import Fields
from intake.form.nojs.messages import contact_rows
from intake.site.languages import Language
from intake.site.render import Site


def page(site: Site, language: Language, template: str, address: str = "", **values: Any) -> str:
    """Render a page. `address` is its address below the language."""
    folder = "" if template == "deletions" else "nojs/"
    values["contact_rows"] = lambda name, contact: contact_rows(name, contact, language)
    return site.page(f"{folder}{template}.html", language, address, script="exit", nojs=True, **values)


def form_page(
    site: Site, language: Language, fields: Fields, ticket: str = "", failures: Iterable[tuple[str, str, str]] = ()
) -> str:
    """Render the choice of forms, or a form with what was typed.

    Args:
        site: the rendered site.
        language: of the page.
        fields: what was typed, and `sooner` if a form was chosen.
        ticket: as `Throttle.ticket` returns it.
        failures: as `nojs_fields.failures` returns them.
    """
    form, failed = nojs_fields.form_of(fields, site), list(failures)
    filled: dict[str, Any] = {name: values if name.startswith("q-") else values[0] for name, values in fields.items()}
    return page(
        site,
        language,
        "form",
        filled=filled,
        failed={name: words for name, _, words in failed},
        problems=[(to, words) for _, to, words in failed],
        chosen_form=form,
        ticket=ticket,
        carried=carried(fields),
        orphans=orphans(fields, form) if form else {},
    )


def receipt_page(site: Site, language: Language, problem: str = "", **entered: str) -> str:
    """Render the page that asks for a receipt, with what was typed before."""
    entered = {"code": "", "step": "", "text": "", "day": "", **entered}
    return page(site, language, "return", "return/", problem=problem, **entered)
