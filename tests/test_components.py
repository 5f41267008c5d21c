"""The lists of components are complete and reproducible, and an audit names the components that it could not check."""

import json
import re
import runpy
import subprocess
import tempfile
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def pinned(lock: str) -> set[tuple[str, str]]:
    text = (ROOT / "requirements" / lock).read_text()
    return {
        (name.lower(), version)
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", text, re.MULTILINE)
    }


def listed(folder: Path) -> dict[str, Any]:
    """Return what `make sbom` writes now, by file name."""
    runpy.run_path(str(ROOT / ".ci" / "sbom"))["main"](folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_lists_of_components_in_the_wheel_are_up_to_date() -> None:
    with tempfile.TemporaryDirectory() as folder:
        present = {path.name: path.read_bytes() for path in (ROOT / "requirements" / "sbom").iterdir()}
        assert listed(Path(folder)) == present, "run `make sbom`"


def test_the_list_of_components_names_every_pinned_package_with_its_hash_and_nothing_that_differs_by_machine() -> None:
    server = json.loads((ROOT / "requirements" / "sbom" / "server.cdx.json").read_text())
    assert (server["bomFormat"], server["metadata"]["component"]["name"]) == ("CycloneDX", "sealed-intake")
    every = pinned("run.txt") | pinned("postgresql.txt") | pinned("pkcs11.txt")
    assert sorted((component["name"].lower(), component["version"]) for component in server["components"]) == sorted(every)
    assert all(component["externalReferences"][0]["hashes"] or component["hashes"] for component in server["components"])
    client = json.loads((ROOT / "requirements" / "sbom" / "client.cdx.json").read_text())
    assert {"lit", "age-encryption", "hash-wasm"} <= {component["name"] for component in client["components"]}
    for components in (server, client):
        assert "serialNumber" not in components
        assert components["metadata"].keys().isdisjoint({"timestamp", "tools"})


def audit_answer(first: dict[str, object], lock: str) -> dict[str, object]:
    """Return what pip-audit reports when the first package of a lock file has this answer."""
    every: list[dict[str, object]] = [{"name": name, "version": version, "vulns": []} for name, version in sorted(pinned(lock))]
    return {"dependencies": [{**every[0], **first}, *every[1:]] if "skip_reason" not in first else [first, *every[1:]]}


@pytest.mark.parametrize(
    ("first", "npm", "code", "words"),
    [
        ({}, {"vulnerabilities": {}}, 0, "packages asked about, 0 known weaknesses\n"),
        ({"vulns": [{"id": "X-1"}]}, {"vulnerabilities": {}}, 1, ": X-1"),
        ({}, {"vulnerabilities": {"b": {"severity": "high"}}}, 1, "b: high"),
        ({"skip_reason": "not found"}, {"vulnerabilities": {}}, 3, "NOT ASKED about 1"),
        ({}, {"error": {}}, 3, "NOT ASKED about"),
        (None, {"vulnerabilities": {}}, 3, "NOT ASKED about"),
    ],
)
def test_a_weakness_fails_the_audit_and_unchecked_components_are_named(
    first: dict[str, object] | None,
    npm: object,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def answer(command: list[object], **_: object) -> "subprocess.CompletedProcess[str]":
        if command[0] == "npm":
            return subprocess.CompletedProcess([], 1, json.dumps(npm), "")
        said = "" if first is None else json.dumps(audit_answer(first, Path(str(command[2])).name))
        return subprocess.CompletedProcess([], 1, said, "")

    audit = runpy.run_path(str(ROOT / ".ci" / "audit"))
    monkeypatch.setattr(subprocess, "run", answer)
    assert audit["main"]() == code
    assert words in capsys.readouterr().out


PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]


def test_packages_of_an_extra_are_only_in_the_lock_of_that_extra() -> None:
    assert set(PROJECT["optional-dependencies"]) == {"postgresql", "pkcs11"}
    plain, tests = pinned("run.txt"), pinned("test.txt")
    for extra, package in (("postgresql", "psycopg"), ("pkcs11", "python-pkcs11")):
        locked = pinned(f"{extra}.txt")
        assert package in {name for name, _ in locked}
        assert locked & plain == set()
        assert locked <= tests  # the same versions are tested
    assert {name for name, _ in plain} & {"apprise", "requests", "httpx"} == set()


def test_uvicorn_stays_below_its_next_minor_version_as_its_internals_are_subclassed() -> None:
    [bounds] = [dependency for dependency in PROJECT["dependencies"] if dependency.startswith("uvicorn")]
    minor = int(version("uvicorn").split(".")[1])
    assert bounds == f"uvicorn>=0.{minor},<0.{minor + 1}"


def test_the_tools_of_developers_are_groups_with_a_lock_each_and_no_extras() -> None:
    assert set(PYPROJECT["dependency-groups"]) == {"test", "docs", "cluster"}
    for group, declared in PYPROJECT["dependency-groups"].items():
        locked = {name for name, _ in pinned(f"{group}.txt")}
        assert {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in declared} <= locked  # type: ignore[index]
    tested = dict(pinned("test.txt"))
    for other in ("docs.txt", "cluster.txt"):
        both = {(name, pin) for name, pin in pinned(other) if name in tested}  # one environment holds both
        assert len(both) > 3
        assert both <= pinned("test.txt")
