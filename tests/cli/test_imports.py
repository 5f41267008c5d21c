"""A command imports what it uses. Each runs as a process of its own, which prints its modules at its end."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import free_port

PROGRAM = """
import atexit, sys

atexit.register(lambda: print(*sys.modules, sep="\\n"))
sys.argv[0] = "intake"
from intake.cli.start import main

main()
"""
ROOT = Path(__file__).parents[2]
INTERRUPTED = 130


def modules_of(environment: dict[str, str], *arguments: str, serves: bool = False) -> set[str]:
    """Run a command, and return the modules that its process had imported at its end."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if serves:
        next(line for line in process.stdout if "serving" in line)
        process.send_signal(signal.SIGINT)
    printed, _ = process.communicate()
    assert process.returncode == (INTERRUPTED if serves else 0)
    return set(printed.split("\n"))


def packages(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


@pytest.fixture
def plain(environment: dict[str, str]) -> dict[str, str]:
    """The environment without a measurement of covered lines, which imports modules of its own."""
    return {name: value for name, value in environment.items() if not name.startswith("COVERAGE_")}


def test_the_version_is_printed_without_store_server_or_cryptography(plain: dict[str, str]) -> None:
    modules = modules_of(plain, "--version")
    assert "intake.cli.main" in modules
    assert packages(modules).isdisjoint({"sqlalchemy", "starlette", "cryptography", "httpx2", "pydantic", "jinja2", "rich"})
    assert not any(module.startswith(("intake.store", "intake.service", "intake.desk", "intake.form")) for module in modules)


@pytest.mark.parametrize("arguments", [("case", "list", "--help"), ("group", "show", "--help")], ids=" ".join)
def test_a_command_for_coordinators_imports_neither_store_nor_server(plain: dict[str, str], arguments: tuple[str, ...]) -> None:
    assert packages(modules_of(plain, *arguments)).isdisjoint({"sqlalchemy", "starlette", "alembic", "jinja2"})


def test_a_server_on_a_current_store_imports_nothing_for_what_nobody_has_asked(plain: dict[str, str]) -> None:
    plain["INTAKE_PORT"] = str(free_port())
    modules_of(plain, "migrate")
    modules = modules_of(plain, "run", serves=True)
    assert "intake.server.run" in modules
    assert packages(modules).isdisjoint({"webauthn", "OpenSSL", "alembic", "mako", "pygments", "zxcvbn", "httpx2"})
