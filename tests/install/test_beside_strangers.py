"""Other projects own the names `intake`, `crypto` and `retention`. Our commands use ours, and everyone else gets theirs."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.packaging import BIN, CLIENT, copied, environment_with
from tests.support.processes import free_port, started

NAMES = ("intake", "crypto", "retention")
SPAWN = """
import multiprocessing, sys
from sealed_intake.__main__ import packages
sys.path.insert(0, str(packages()))
import crypto.age

def where():
    import crypto.age, intake.settings, retention.run
    return [module.__file__ for module in (crypto.age, intake.settings, retention.run)]

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(*pool.apply(where), sep="\\n")
"""
TYPED = "import intake, crypto, retention\n\nreveal_type(intake.OWNER + crypto.OWNER + retention.OWNER)\n"


def add_strangers(site: Path) -> None:
    """Other projects' packages of the same names, typed, as an installer lays them out."""
    for name in NAMES:
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(f"OWNER: str = 'the stranger {name}'\n")
        (site / name / "py.typed").touch()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose client is built."""
    clone = copied(tmp_path_factory.mktemp("source") / "clone")
    subprocess.run(["node", "build.mjs"], cwd=clone / CLIENT, check=True)
    return clone


@pytest.fixture(scope="module", params=["wheel", "editable"])
def program(request: pytest.FixtureRequest, wheel: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with strangers' packages, and ours as a wheel or as an editable installation of a clone."""
    program = environment_with(
        tmp_path_factory.mktemp("program") / "env", *([str(wheel)] if request.param == "wheel" else ["-e", str(source)])
    )
    [site] = program.parent.glob("lib/python*/site-packages")
    add_strangers(site)
    return program


def folders(tmp_path: Path) -> dict[str, str]:
    """An environment without what the tests set for this clone."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "PYTHONDONT", "COVERAGE_"))}
    return mine | {"INTAKE_DATA": f"{tmp_path}/var", "INTAKE_KEY_STORE": f"{tmp_path}/keys"}


def output(*command: str | Path, cwd: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("called", [("sealed-intake",), ("intake",), ("python", "-m", "sealed_intake")])
def test_each_command_runs_our_code_next_to_packages_of_the_same_names(
    called: tuple[str, ...], program: Path, tmp_path: Path
) -> None:
    assert (
        output(program / called[0], *called[1:], "--version", cwd=tmp_path, environment=folders(tmp_path))
        == "sealed-intake 0.1.0\n"
    )


def test_alembic_finds_our_migrations_next_to_packages_of_the_same_names(program: Path, tmp_path: Path) -> None:
    assert "up to date" in output(program / "sealed-intake", "migrate", cwd=tmp_path, environment=folders(tmp_path))


def test_strangers_packages_are_imported_by_everyone_else(program: Path, tmp_path: Path) -> None:
    printed = output(
        program / "python", "-c", "import intake, crypto, retention; print(intake.OWNER, crypto.OWNER, retention.OWNER)",
        cwd=tmp_path, environment=folders(tmp_path),
    )  # fmt: skip
    assert printed == "the stranger intake the stranger crypto the stranger retention\n"


def test_a_type_checker_sees_strangers_packages(program: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text(TYPED)
    mypy = (BIN / "mypy", "--strict", "--cache-dir", tmp_path / "cache", "--python-executable", program / "python")
    assert 'Revealed type is "str"' in output(*mypy, "theirs.py", cwd=tmp_path, environment=folders(tmp_path))


def test_a_process_that_multiprocessing_spawns_imports_ours(program: Path, tmp_path: Path) -> None:
    (tmp_path / "spawn.py").write_text(SPAWN)
    files = output(program / "python", "spawn.py", cwd=tmp_path, environment=folders(tmp_path)).splitlines()
    assert [file.split("/")[-2:] for file in files] == [
        ["age", "__init__.py"],
        ["settings", "__init__.py"],
        ["retention", "run.py"],
    ]


def test_a_server_serves_the_client_next_to_packages_of_the_same_names(program: Path, tmp_path: Path) -> None:
    port = free_port()
    environment = folders(tmp_path) | {"INTAKE_PORT": str(port)}
    with started(environment, program=(str(program / "sealed-intake"), "run")) as (client, _):
        assert client.get("/healthz/live").status_code == 200
        assert "/s/form." in client.get("/manifest.json").text


def test_removing_ours_leaves_strangers_packages_whole(wheel: Path, tmp_path: Path) -> None:
    program = environment_with(tmp_path / "env", str(wheel))
    [site] = program.parent.glob("lib/python*/site-packages")
    add_strangers(site)
    before = {path: path.read_bytes() for name in NAMES for path in (site / name).iterdir()}
    subprocess.run([BIN / "uv", "pip", "uninstall", "-q", "--python", program / "python", "sealed-intake"], check=True)
    assert not (site / "sealed_intake").exists()
    assert {path: path.read_bytes() for path in before} == before


def test_a_command_run_in_the_root_folder_makes_no_store_there(program: Path, source: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in folders(tmp_path).items() if not name.startswith(("INTAKE_", "XDG_"))}
    before = set(Path("/").iterdir())
    output(program / "sealed-intake", "migrate", cwd=Path("/"), environment=environment | {"HOME": str(tmp_path)})
    assert set(Path("/").iterdir()) == before
    assert (source / "var" / "store.db").exists() or (tmp_path / ".local/share/sealed-intake/var/store.db").exists()
