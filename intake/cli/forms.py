"""`intake form check`, `intake form preview` and `intake flyer`."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from crypto import keylist
from intake import settings
from intake.cli.consoles import out
from intake.cli.errors import CommandError
from intake.cli.options import AsJson
from intake.cli.paths import write_public
from intake.cli.read_only import read_only
from intake.service.service import utc_now
from intake.settings import sources
from intake.settings.parse import form_paths
from intake.site import flyer, form_check, form_file
from intake.site.form_file import FormFile, say
from intake.site.languages import Language, languages
from intake.site.render import Site
from intake.store.errors import StoreError
from intake.store.members import members

app = typer.Typer(no_args_is_help=True, help="Check and preview form files.")
WARNED, REFUSED = 1, 2
Files = Annotated[list[Path] | None, typer.Argument(help="Form files. Without any, the files of INTAKE_FORMS.")]


@app.command()
def check(files: Files = None, as_json: AsJson = False) -> None:
    """Check form files, and print each problem with its line. Exit 0: no problems; 1: warnings; 2: errors.

    Example: intake form check forms/need.toml
    """
    findings = {path: form_check.check(path) for path in files or form_paths(_forms())}
    if as_json:
        rows = [{"file": str(path), **dataclasses.asdict(finding)} for path, listed in findings.items() for finding in listed]
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for path, listed in findings.items():
            for finding in listed:
                kind = ("error", "red") if finding.error else ("warning", "yellow")
                out.print(Text.assemble(f"{path}:{finding.line}: ", kind, f": {finding.words}"), soft_wrap=True)
            if not listed:
                out.print(f"{path}: no problems found", soft_wrap=True)
    every_finding = [finding for listed in findings.values() for finding in listed]
    raise typer.Exit(REFUSED if any(finding.error for finding in every_finding) else WARNED if every_finding else 0)


@app.command()
def preview(
    file: Annotated[Path, typer.Argument(help="A form file.")],
    lang: Annotated[str, typer.Option(help="The language of the preview.")] = "en",
    html: Annotated[Path | None, typer.Option(help="Write the page to this file, to open in a browser.")] = None,
) -> None:
    """Show a form as a requester reads it.

    Example: intake form preview forms/need.toml --lang ar --html preview.html
    """
    form = form_check.read(file)
    language = _language(lang)
    if html:
        site = Site(settings.read({**os.environ, "INTAKE_FORMS": str(file)}))
        write_public(html, _self_contained(site, lang).encode())
        out.print(f"Open {html} in a browser.", soft_wrap=True)
        return
    pages = "one page" if form.pages == "one" else "step by step"
    out.print(Text.assemble((say(form.title, language), "bold"), f"  ({form.direction}, {pages})"))
    for number, question in enumerate(form.questions, 1):
        _outline(form, number, question, language)


def flyers(
    lang: Annotated[list[str] | None, typer.Option(help="A language. May be repeated for one poster.")] = None,
    paper: Annotated[str, typer.Option(help="a4 or letter")] = "a4",
    to: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
) -> None:
    """Write a poster and paper forms, as HTML to print.

    Example: intake flyer --lang ar --lang en --to print
    """
    codes = lang or ["en"]
    if paper not in flyer.PAPERS:
        raise CommandError(f"--paper must be one of: {', '.join(flyer.PAPERS)}")
    config = settings.read()
    site = Site(config)
    digits = _fingerprint()
    pages = {f"poster-{paper}-{'-'.join(codes)}.html": flyer.poster(site, codes, paper, config.address, digits)}
    for code in codes:
        for form in site.forms.values():
            pages[f"form-{form.id}-{paper}-{code}.html"] = flyer.form(site, form, code, paper, config.address)
    to.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        write_public(to / name, page.encode())
        out.print(str(to / name), soft_wrap=True)
    if not config.origin:
        out.print("INTAKE_ORIGIN is not set, so the poster shows the local address.")
    if not digits:
        out.print("No coordinator has enrolled yet, so the poster has no check digits. Print it again later.")


def _outline(form: FormFile, number: int, question: form_file.Question, language: Language) -> None:
    marks = [question.kind.value, *(["required"] if question.required else [])]
    out.print(Text.assemble(f"\n{number}. ", (say(question.text, language), "bold"), "  ", (", ".join(marks), "dim")))
    if question.when:
        other = next(candidate for candidate in form.questions if candidate.id == question.when.question)
        answers = [say(option.text, language) for option in other.choices if option.id in question.when.answers]
        out.print(f"   only if “{say(other.text, language)}” is: {', '.join(answers)}")
    for text in (question.hint, question.why, question.who):
        if text:
            out.print(f"   {say(text, language)}")
    for group in question.groups:
        out.print(f"   {say(group.text, language)}{' (closed at first)' if group.closed else ''}")
        for option in group.options:
            out.print(f"     - {say(option.text, language)}")
    for option in question.options if question.groups else question.choices:
        out.print(f"   - {say(option.text, language)}")


def _self_contained(site: Site, code: str) -> str:
    """Return the page with its style and without its scripts. The page is only for viewing."""
    page = site.files[f"/{code}/"].body.decode()
    style = next(file.body.decode() for address, file in site.files.items() if address.startswith("/s/site."))
    head, _, body = page.partition("</head>")
    lines = [line for line in head.splitlines() if not line.startswith(("<script", "<link", "<noscript"))]
    visible = "\n".join(line for line in body.splitlines() if not line.startswith("<script"))
    return "\n".join([*lines, f"<style>{style} details.form > :not(summary) {{ display: revert }}</style></head>"]) + visible


def _forms() -> Path:
    texts = sources.find(os.environ).texts
    return Path(texts["forms"].text) if "forms" in texts and texts["forms"].text else settings.SAMPLE_FORMS


def _language(code: str) -> Language:
    if code not in languages():
        raise CommandError(f"there is no language {code}. Choose one of: {', '.join(languages())}")
    return languages()[code]


def _fingerprint() -> str:
    """Return the group's fingerprint from the store, or an empty text before the first enrolment."""
    try:
        with read_only() as database, database.transaction() as tx:
            entries = members.entries(tx)
    except StoreError:
        return ""
    return keylist.verify(entries, utc_now().date()).fingerprint if entries else ""
