# ruff: noqa: E501 -- lines of forms
"""`intake form` and `intake flyer`, for the people who write a group's form or print its posters."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from intake.cli.errors import CommandError
from intake.cli.main import app
from intake.errors import InvalidError
from intake.site.form_file import FORMS
from intake.site.languages import languages

NEED = FORMS / "need.toml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(NEED.read_text("utf-8"), "utf-8")
    return path


def test_a_check_of_the_samples_finds_nothing() -> None:
    assert run("form", "check").exit_code == 0


def test_a_check_of_a_copied_form_reports_no_problems(own: Path) -> None:
    assert "no problems found" in run("form", "check", str(own)).output


@pytest.fixture
def wrong_line(own: Path) -> int:
    """Put a question of an unknown kind into the form; return its line."""
    text = own.read_text("utf-8")
    own.write_text(text.replace('kind = "area"', 'kind = "map"'), "utf-8")
    return text.splitlines().index('kind = "area"') + 1


def test_a_check_names_the_line_of_an_error_and_exits_with_2(own: Path, wrong_line: int) -> None:
    result = run("form", "check", str(own))
    assert result.exit_code == 2
    assert f"own.toml:{wrong_line}: error: " in result.output.replace("\n", "")


def test_a_check_in_json_has_the_line_of_an_error(own: Path, wrong_line: int) -> None:
    (problem,) = json.loads(run("form", "check", "--json", str(own)).output)
    assert (problem["line"], problem["error"]) == (wrong_line, True)


def test_a_check_that_only_warns_exits_with_1(own: Path) -> None:
    again = '[[questions]]\nid = "more"\nkind = "often"\ntext = "How often?"\nwhy = "So we can find enough people."\nwho = "The people who help with this request."\n'
    own.write_text(own.read_text("utf-8") + again, "utf-8")
    warned = run("form", "check", str(own))
    assert (warned.exit_code, "warning: 8 questions" in warned.output) == (1, True)


def test_a_preview_shows_each_question_and_its_condition(own: Path) -> None:
    output = run("form", "preview", str(own)).output
    assert "1. What would help?  several" in output
    assert "only if “What would help?” is: Groceries" in output.replace("\n", " ")


def test_a_preview_prints_brackets_and_names_of_pictures_as_the_form_has_them(own: Path) -> None:
    table = ", ".join(f'{code} = "What [red] would :heart: help?"' for code in languages())
    own.write_text(own.read_text("utf-8").replace('text = "What would help?"', f"text = {{ {table} }}"), "utf-8")
    output = run("form", "preview", str(own)).output
    assert "1. What [red] would :heart: help?  several" in output
    assert "[bold]" not in output


def test_a_previewed_page_is_in_the_chosen_language_and_loads_nothing(own: Path, tmp_path: Path) -> None:
    page = tmp_path / "preview.html"
    assert run("form", "preview", str(own), "--lang", "ar", "--html", str(page)).exit_code == 0
    html = page.read_text("utf-8")
    assert '<html lang="ar" dir="rtl">' in html
    assert "<script" not in html
    assert 'href="/s/' not in html


def test_a_preview_in_an_unknown_language_is_refused(own: Path) -> None:
    assert isinstance(run("form", "preview", str(own), "--lang", "xx").exception, CommandError)


@pytest.fixture
def printing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for posters of an installation that has an address and an onion address."""
    for name, value in {
        "ORIGIN": "https://help.example",
        "ONION": f"http://{'a' * 56}.onion",
        "DATA": str(tmp_path / "var"),
        "KEY_STORE": str(tmp_path / "key-store"),
    }.items():
        monkeypatch.setenv(f"INTAKE_{name}", value)
    return tmp_path


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_posters_and_paper_forms_are_written_whole(paper: str, printing: Path) -> None:
    result = run("flyer", "--lang", "ar", "--lang", "en", "--paper", paper, "--to", str(printing))
    assert result.exit_code == 0, result.output
    assert "No coordinator has enrolled yet" in result.output
    poster = (printing / f"poster-{paper}-ar-en.html").read_text("utf-8")
    for words in ("Do you need something?", "https://help.example/", "a.onion", "<svg", "؟"):
        assert words in poster
    assert poster.count("help.example</b>") == 8
    form = (printing / f"form-need-{paper}-ar.html").read_text("utf-8")
    english = (printing / f"form-need-{paper}-en.html").read_text("utf-8")
    assert english.count('class="box') > 40
    assert "Tear this off and keep it." in english
    assert 'dir="rtl"' in form
    for page in (poster, form, english):
        assert 'src="http' not in page
        assert "<script" not in page
        assert "<link" not in page


@pytest.mark.parametrize(
    ("option", "value", "error"), [("--lang", "xx", InvalidError), ("--paper", "a5", CommandError)], ids=["language", "paper"]
)
def test_a_poster_in_an_unknown_language_or_of_an_unknown_size_is_refused(
    option: str, value: str, error: type[Exception], printing: Path
) -> None:
    assert isinstance(run("flyer", option, value).exception, error)
