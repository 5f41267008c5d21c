"""The files in deploy/ use one account and one set of folders: those of deploy/README.md."""

import re
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
PATHS = re.compile(r"(?<![\w/])/(?:opt|etc|var|srv|usr/local)/[\w./-]+")
PLACES = (
    "/opt/sealed-intake",
    "/etc/sealed-intake/intake.env",
    "/etc/sealed-intake/purge.env",
    "/etc/cron.d/intake",
    "/var/lib/sealed-intake",
    "/var/lib/sealed-intake-keys",
    "/var/backups/sealed-intake",
    "/usr/local/bin/intake",
)


def test_every_path_of_a_deploy_file_is_one_of_the_installation() -> None:
    files = [path for path in DEPLOY.iterdir() if path.suffix != ".md"]
    named = {(path.name, found.rstrip(".")) for path in files for found in PATHS.findall(path.read_text("utf-8"))}
    assert len(named) > 20
    below = ("/opt/sealed-intake/", "/var/backups/sealed-intake/")
    assert {(name, path) for name, path in named if path not in PLACES and not path.startswith(below)} == set()


def test_every_service_runs_as_the_account_of_the_installation() -> None:
    units = list(DEPLOY.glob("*.service"))
    assert len(units) == 3
    for unit in units:
        assert re.search(r"^User=intake\nGroup=intake$", unit.read_text("utf-8"), re.MULTILINE), unit.name


def test_the_readme_of_the_folder_names_every_file() -> None:
    text = (DEPLOY / "README.md").read_text("utf-8")
    assert [path.name for path in DEPLOY.iterdir() if path.name != "README.md" and f"`{path.name}`" not in text] == []
