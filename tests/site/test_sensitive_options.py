"""A group of options that hides its content is closed, and no other part of the page shows it, in every language."""

from html.parser import HTMLParser

import pytest

from intake.site import form_file
from intake.site.form_file import say
from intake.site.languages import languages
from tests.support.installation import Installation
from tests.support.nojs import FORM

NEED = form_file.read(form_file.FORMS / "need.toml")
(HIDDEN,) = [group for question in NEED.questions for group in question.groups if group.closed]


class Readable(HTMLParser):
    """Words of a page that are readable before anything is opened, and words inside closed groups of options."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.closed = "", ""
        self._groups: list[bool] = []  # whether each surrounding `details` is a closed group of options
        self._summary = self._silent = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "details":
            self._groups.append("options" in (given.get("class") or "") and "open" not in given)
        self._summary = self._summary or tag == "summary"
        self._silent = self._silent or tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self._groups.pop()
        self._summary = self._summary and tag != "summary"
        self._silent = self._silent and tag not in ("script", "style")

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if any(self._groups) and not self._summary:
            self.closed += f"{data}\n"
        else:
            self.open += f"{data}\n"


@pytest.mark.parametrize("code", languages())
async def test_a_sensitive_kind_of_help_is_readable_nowhere_before_its_group_is_opened(
    open_for_requests: Installation, code: str
) -> None:
    language = languages()[code]
    labels = [say(option.text, language) for option in HIDDEN.options]
    assert len(labels) > 3
    async with open_for_requests.client() as client:
        sealing = await client.get(f"/{code}/")
        nojs = await client.post(f"/nojs/{code}/", content="step=begin&form=need", headers=FORM)
    for answer in (sealing, nojs):
        page = Readable()
        page.feed(answer.text)
        shown = page.open.splitlines()
        assert [label for label in labels if label not in page.closed.splitlines()] == [], "the control: the group has them"
        assert [label for label in labels if label in shown] == []
        assert say(HIDDEN.text, language) in " ".join(shown), "a person can read its heading"
