"""docs/reference/settings.md lists every setting, with its default and an example that the program accepts."""

import re
from pathlib import Path

import pytest

from intake import settings
from intake.settings import SETTINGS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "settings.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| `INTAKE_")
]
EXAMPLES = {row[0].strip("`"): row[3].strip("`") for row in ROWS if len(row) == 5}
TOGETHER = ("INTAKE_PKCS11_MODULE", "INTAKE_PKCS11_TOKEN", "INTAKE_PKCS11_PIN_FILE"), ("INTAKE_BACKUP_FILE", "INTAKE_BACKUP_TO")


def test_every_setting_has_a_row_and_every_row_is_a_setting() -> None:
    assert sorted(EXAMPLES) == sorted(f"INTAKE_{setting.name.upper()}" for setting in SETTINGS)
    assert all(len(row) == 5 and row[1] and row[3] and row[4] for row in ROWS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_default_is_the_programs(setting: settings.Setting) -> None:
    (row,) = [row for row in ROWS if row[0] == f"`INTAKE_{setting.name.upper()}`"]
    assert row[2].strip("`–") == setting.default


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_is_accepted(name: str, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>", "utf-8")
    wanted = next((group for group in TOGETHER if name in group), (name,))
    environment = {variable: EXAMPLES[variable] for variable in wanted} | {"INTAKE_DATA": "var"}
    environment[name] = EXAMPLES[name]
    if name == "INTAKE_LOGO":
        environment[name] = str(tmp_path / Path(EXAMPLES[name]).name)
    if name == "INTAKE_FORMS":
        environment[name] = str(settings.SAMPLE_FORMS)
    if name == "INTAKE_ONION":
        environment[name] = EXAMPLES[name].replace("…", "a" * 56)
    if name == "INTAKE_HOST":
        environment["INTAKE_ORIGIN"] = EXAMPLES["INTAKE_ORIGIN"]
    settings.read(environment)


def test_the_page_groups_settings_by_who_needs_them() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE)[:3] == [
        "You must set these on a server",
        "You may set these",
        "Advanced settings",
    ]
