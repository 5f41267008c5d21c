"""A group's theme, and the size of a first visit, in every language and without a browser."""

import dataclasses
import re
from pathlib import Path

import pytest

from intake import settings
from intake.errors import InvalidError, SettingsError
from intake.settings import Theme
from intake.site import theme
from intake.site.languages import languages
from intake.site.render import HERE, Site
from tests.support.rendered import rendered

FIRST_PAGE = 14 * 1024  # bytes on the wire: the first packets of a connection
HEADERS = 1_400  # bytes of an answer's headers, at most
CODE = 60 * 1024


def loaded_by(code: str) -> set[str]:
    """Return the addresses that the first page in this language loads."""
    return set(re.findall(r'(?:src|href)="(/s/[^"]+)"', rendered().files[f"/{code}/"].body.decode()))


@pytest.mark.parametrize("code", list(languages()))
def test_the_first_page_loads_one_script_one_icon_and_two_styles(code: str) -> None:
    kinds = sorted(Path(address).suffix for address in loaded_by(code))
    assert kinds == [".css", ".css", ".js", ".svg"], "one of the styles is for browsers without scripts"


@pytest.mark.parametrize("code", list(languages()))
def test_the_first_page_and_its_style_fit_14_kb_on_the_wire(code: str) -> None:
    page, asked = rendered().files[f"/{code}/"], loaded_by(code)
    css = next(rendered().files[address] for address in asked if address.startswith("/s/site."))
    assert len(page.encodings["br"]) + len(css.encodings["br"]) + 2 * HEADERS <= FIRST_PAGE


@pytest.mark.parametrize("code", list(languages()))
def test_the_script_of_the_first_page_fits_60_kb(code: str) -> None:
    script = next(rendered().files[address] for address in loaded_by(code) if address.endswith(".js"))
    assert len(script.encodings["gzip"]) <= CODE


def test_no_font_image_or_style_is_fetched_from_the_style_sheet() -> None:
    css = "".join(file.body.decode() for address, file in rendered().files.items() if address.endswith(".css"))
    assert not re.search(r"url\(|@import|@font-face", css)


def test_contrast_is_computed_as_wcag_says() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colour", ["#14532d", "#7c2d12", "#1e3a8a", "#000000", "#6b21a8", "#b91c1c"])
def test_a_groups_colour_is_readable_in_light_and_dark_mode(colour: str) -> None:
    day, night = re.findall(r"--act:(#\w{6})", theme.colours(colour))
    assert day == colour
    assert theme.contrast(day, theme.PAPER) >= 4.5
    assert theme.contrast("#ffffff", day) >= 4.5
    assert theme.contrast(night, theme.NIGHT) >= 4.5


def test_an_unreadable_colour_is_refused_with_its_contrast() -> None:
    with pytest.raises(InvalidError, match=r"INTAKE_COLOUR #ffcc00 has a contrast of 1\.\d"):
        theme.colours("#ffcc00")


def test_every_page_shows_the_groups_colour_and_sign(tmp_path: Path) -> None:
    sign = tmp_path / "sign.svg"
    sign.write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')
    site = Site(settings.read({"INTAKE_COLOUR": "#1e3a8a", "INTAKE_LOGO": str(sign)}))
    page = site.files["/ar/"].body.decode()
    (address,) = set(re.findall(r'src="(/s/logo[^"]+)"', page))
    assert site.files[address].body == sign.read_bytes()
    assert any("--act:#1e3a8a" in file.body.decode() for name, file in site.files.items() if name.endswith(".css"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COLOUR", "green"),
        ("LOGO", "/nowhere.svg"),
        ("EXIT", ""),
        ("EXIT", "javascript:x"),
        ("ONION", "x"),
        ("ANSWER_DAYS", "0"),
    ],
)
def test_an_invalid_look_is_refused_with_the_name_of_its_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"INTAKE_{name}"):
        settings.read({f"INTAKE_{name}": value})


def test_the_quick_exit_leads_to_the_groups_chosen_address() -> None:
    site = Site(dataclasses.replace(settings.read({}), theme=Theme(exit="https://weather.example/{language}")))
    assert 'data-to="https://weather.example/zh"' in site.files["/zh-Hans/"].body.decode()


def test_the_sample_colours_are_those_of_the_style_sheet() -> None:
    css = (HERE / "styles" / "tokens.css").read_text("utf-8")
    assert f"--paper: {theme.PAPER}" in css
    assert f"--paper: {theme.NIGHT}" in css


def test_no_style_for_a_language_or_a_direction_depends_on_the_mode_or_the_width() -> None:
    """tests/e2e/test_barriers.py checks every mode and width in only one language of each kind."""
    for sheet in (HERE / "styles").glob("*.css"):
        css = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.S)
        for selector, declarations in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
            if re.search(r"lang\b|\bdir\b(?!=.?auto)", selector):
                names = {declaration.split(":")[0].strip() for declaration in declarations.split(";") if declaration.strip()}
                assert names <= {"line-height", "text-align"}, f"{sheet.name}: {selector.strip()}"
