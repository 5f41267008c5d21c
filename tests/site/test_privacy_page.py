"""The privacy page says what the group's settings do, in every language."""

import re
from pathlib import Path

import pytest

from intake import settings
from intake.site.form_file import FORMS
from intake.site.languages import languages
from intake.site.render import Site


def privacy_page(code: str = "en", **more: str) -> str:
    site = Site(settings.read({f"INTAKE_{name.upper()}": value for name, value in more.items()}))
    return re.sub(r"</?bdi>", "", re.sub(r"\s+", " ", site.files[f"/{code}/about/"].body.decode()))


def test_the_privacy_page_says_the_days_of_each_form_and_of_the_group(tmp_path: Path) -> None:
    text = (FORMS / "need.toml").read_text("utf-8")
    text = (
        text.replace("default_days = 30", "default_days = 12")
        .replace("closed_days = 7", "closed_days = 2")
        .replace("grace_days = 7", "grace_days = 5")
    )
    (tmp_path / "need.toml").write_text(text, "utf-8")
    page = privacy_page(forms=str(tmp_path), answer_days="1")
    assert "I need something: deleted after 13 days at the latest" in page
    assert "When the group closes your request, it is deleted 2 days later." in page
    assert "If you write again, your request is kept 5 more days" in page
    assert "A person usually reads what you send within 1 day." in page


@pytest.mark.parametrize(
    ("setting", "value", "words", "default"),
    [
        ("nojs", "off", "If JavaScript is off, our computer locks your request", True),
        ("notice_minutes", "0", "They may get a notice that something is waiting.", True),
        ("assignment", "language", "could guess your language from that", False),
        ("assignment", "desk", "could guess the kind of help from that", False),
    ],
)
def test_the_privacy_page_names_the_enabled_features_and_no_others(setting: str, value: str, words: str, default: bool) -> None:
    assert (words in privacy_page()) is default
    assert (words in privacy_page(**{setting: value})) is not default


def test_the_privacy_page_is_translated_into_every_language() -> None:
    site = Site(settings.read({}))
    pages = {code: site.files[f"/{code}/about/"].body.decode() for code in languages()}
    for code, page in pages.items():
        assert languages()[code].gettext("What we cannot promise") in page.replace("&#39;", "'"), code
        assert "/manifest.json" in page
    assert len(set(pages.values())) == len(pages)
