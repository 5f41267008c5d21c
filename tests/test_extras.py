"""Without the extras, a server imports everything, and refuses a setting that needs an extra with that extra's name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.uncounted

ROOT = Path(__file__).parents[1]
WITHOUT = ("psycopg", "psycopg_binary", "pkcs11", "asn1crypto", "apprise", "requests", "httpx")
BLOCKED = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {WITHOUT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""
EVERYTHING = """
import importlib, pkgutil
import crypto, intake, retention

for package in (crypto, retention, intake):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        # Of migrations, alembic imports the parts while it runs.
        if found.name != "retention.key_stores.pkcs11" and not found.name.startswith("intake.store.migrations."):
            importlib.import_module(found.name)
print(len(sys.modules))
"""
COMMAND = """
import sys
from intake.cli.main import main

main()
"""


def without_extras(program: str, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a program as if the extras were not installed, and return its result."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("INTAKE_", "COVERAGE_"))}
    command = [sys.executable, "-c", BLOCKED + program, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment | settings, capture_output=True, text=True, check=False, timeout=120
    )


def test_everything_but_the_token_imports_without_the_extras() -> None:
    done = without_extras(EVERYTHING)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 300


def test_a_store_and_its_keys_in_folders_need_no_extra(tmp_path: Path) -> None:
    folders = {"INTAKE_DATA": str(tmp_path / "var"), "INTAKE_KEY_STORE": str(tmp_path / "key-store")}
    for command in (("migrate",), ("retention", "run"), ("status",)):
        done = without_extras(COMMAND, *command, **folders)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"INTAKE_DATABASE_URL": "postgresql+psycopg:///store"}, "INTAKE_DATABASE_URL needs the extra postgresql"),
        (
            {"INTAKE_PKCS11_MODULE": "/usr/lib/softhsm.so", "INTAKE_PKCS11_TOKEN": "t", "INTAKE_PKCS11_PIN_FILE": "/dev/null"},
            "INTAKE_PKCS11_MODULE needs the extra pkcs11",
        ),
    ],
)
@pytest.mark.parametrize("command", ["migrate", "run", "doctor"])
def test_a_setting_that_asks_for_a_missing_extra_names_it_in_one_line(
    command: str, settings: dict[str, str], words: str, tmp_path: Path
) -> None:
    folders = {"INTAKE_DATA": str(tmp_path / "var"), "INTAKE_KEY_STORE": str(tmp_path / "key-store"), "INTAKE_PORT": "0"}
    if command == "doctor":
        assert without_extras(COMMAND, "migrate", **folders).returncode == 0
    done = without_extras(COMMAND, command, **folders, **settings)
    said = done.stdout + done.stderr
    assert done.returncode in (1, 2)
    assert words in said
    assert "docs/howto/scale-with-postgresql.md" in said
    assert "Traceback" not in said
