# ruff: noqa: E501 -- lines of forms
"""`intake form` and `intake flyer`: for whoever writes a group's form, and whoever prints."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from intake.cli.errors import CommandError
from intake.cli.main import app
from intake.errors import InvalidError
from intake.site.form_file import FORMS

NEED = FORMS / "need.toml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(NEED.read_text("utf-8"), "utf-8")
    return path


def test_a_check_says_line_and_fault_and_tells_scripts_by_its_exit_code(own: Path) -> None:
    assert run("form", "check").exit_code == 0
    assert "no problems found" in run("form", "check", str(own)).output
    text = own.read_text("utf-8")
    own.write_text(text.replace('kind = "area"', 'kind = "map"'), "utf-8")
    line = text.splitlines().index('kind = "area"') + 1
    result = run("form", "check", str(own))
    assert result.exit_code == 2
    assert f"own.toml:{line}: error: " in result.output.replace("\n", "")
    (problem,) = json.loads(run("form", "check", "--json", str(own)).output)
    assert (problem["line"], problem["error"]) == (line, True)
    again = '[[questions]]\nid = "more"\nkind = "often"\ntext = "How often?"\nwhy = "So we can find enough people."\nwho = "The people who help with this request."\n'
    own.write_text(text + again, "utf-8")
    warned = run("form", "check", str(own))
    assert (warned.exit_code, "warning: 8 questions" in warned.output) == (1, True)


def test_a_preview_shows_each_question_its_reason_and_its_condition(own: Path, tmp_path: Path) -> None:
    output = run("form", "preview", str(own)).output
    assert "1. What would help?  several" in output
    assert "only if “What would help?” is: Groceries" in output.replace("\n", " ")
    page = tmp_path / "preview.html"
    assert run("form", "preview", str(own), "--lang", "ar", "--html", str(page)).exit_code == 0
    html = page.read_text("utf-8")
    assert '<html lang="ar" dir="rtl">' in html
    assert "<script" not in html
    assert 'href="/s/' not in html
    assert isinstance(run("form", "preview", str(own), "--lang", "xx").exception, CommandError)


def test_posters_and_paper_forms_are_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ORIGIN": "https://help.example",
        "ONION": f"http://{'a' * 56}.onion",
        "DATA": str(tmp_path / "var"),
        "KEY_STORE": str(tmp_path / "key-store"),
    }.items():
        monkeypatch.setenv(f"INTAKE_{name}", value)
    for paper in ("a4", "letter"):
        result = run("flyer", "--lang", "ar", "--lang", "en", "--paper", paper, "--to", str(tmp_path))
        assert result.exit_code == 0, result.output
        assert "No coordinator has enrolled yet" in result.output
        poster = (tmp_path / f"poster-{paper}-ar-en.html").read_text("utf-8")
        for words in ("Do you need something?", "https://help.example/", "a.onion", "<svg", "؟"):
            assert words in poster
        assert poster.count("help.example</b>") == 8
        form = (tmp_path / f"form-need-{paper}-ar.html").read_text("utf-8")
        english = (tmp_path / f"form-need-{paper}-en.html").read_text("utf-8")
        assert english.count('class="box') > 40
        assert "Tear this off and keep it." in english
        assert 'dir="rtl"' in form
        for page in (poster, form, english):
            assert 'src="http' not in page
            assert "<script" not in page
            assert "<link" not in page
    assert isinstance(run("flyer", "--lang", "xx").exception, InvalidError)
    assert isinstance(run("flyer", "--paper", "a5").exception, CommandError)
