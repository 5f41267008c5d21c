"""The list of components, and what is known against them: complete, reproducible, and honest about what could not be asked."""

import json
import re
import runpy
import subprocess
import sys
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


def listed(tmp_path: Path, name: str) -> dict[str, Any]:
    program = str(Path(sys.executable).with_name("cyclonedx-py"))
    command = [program, "requirements", "--pyproject", "pyproject.toml", "--output-reproducible", "-o", str(tmp_path / name)]
    subprocess.run([*command, "requirements/run.txt"], cwd=ROOT, check=True, capture_output=True)
    found: dict[str, Any] = json.loads((tmp_path / name).read_text())
    return found


def test_the_list_of_components_names_every_pinned_package_with_its_hash_and_is_the_same_twice(tmp_path: Path) -> None:
    found = listed(tmp_path, "one.json")
    assert (found["bomFormat"], found["metadata"]["component"]["name"]) == ("CycloneDX", "sealed-intake")
    assert {(one["name"].lower(), one["version"]) for one in found["components"]} == pinned("run.txt")
    assert all(one["externalReferences"][0]["hashes"] or one["hashes"] for one in found["components"])
    listed(tmp_path, "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def told(**more: object) -> dict[str, object]:
    return {"dependencies": [{"name": "a", "version": "1", **more}]}


@pytest.mark.parametrize(
    ("python", "npm", "code", "words"),
    [
        (told(vulns=[]), {"vulnerabilities": {}}, 0, "1 packages asked about, 0 known"),
        (told(vulns=[{"id": "X-1"}]), {"vulnerabilities": {}}, 1, "a 1: X-1"),
        (told(vulns=[]), {"vulnerabilities": {"b": {"severity": "high"}}}, 1, "b: high"),
        (told(skip_reason="not found"), {"vulnerabilities": {}}, 3, "NOT ASKED about 1"),
        (told(vulns=[]), {"error": {}}, 3, "NOT ASKED about"),
        (None, {"vulnerabilities": {}}, 3, "NOT ASKED about"),
    ],
)
def test_a_weakness_fails_the_audit_and_what_was_not_asked_is_said(
    python: object, npm: object, code: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(command: list[object], **_: object) -> "subprocess.CompletedProcess[str]":
        said = npm if command[0] == "npm" else python
        return subprocess.CompletedProcess([], 1, "" if said is None else json.dumps(said), "")

    audit = runpy.run_path(str(ROOT / ".ci" / "audit"))
    monkeypatch.setattr(subprocess, "run", answer)
    assert audit["main"]() == code
    assert words in capsys.readouterr().out
