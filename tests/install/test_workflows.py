"""Workflows run what exists here, with pinned actions, and publish nothing before a person has looked."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.packaging import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
STEPS = [
    (path.name, name, job.get("permissions", {}), step)
    for path in FILES
    for name, job in yaml.safe_load(path.read_text("utf-8"))["jobs"].items()
    for step in job["steps"]
]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
OF_THE_RUNNER = {"gh", "podman", "git", "test", "cd", "sha256sum", "printf"}
OURS = {"make", "bash", "podman build"}  # run code of this repository, or of packages that it names


def workflow(name: str) -> dict[str, Any]:
    """Return a workflow. YAML 1.1 reads `on` as true."""
    loaded: dict[Any, Any] = yaml.safe_load((FOLDER / name).read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in loaded.items()}


def commands() -> list[tuple[str, str, dict[str, str], list[str]]]:
    """Return each command of a workflow, as words, after its workflow, its job and the permissions of the job."""
    lines = [
        (file, job, permissions, line)
        for file, job, permissions, step in STEPS
        for line in re.split(r"\n| && | \| ", step.get("run", ""))
        if line
    ]
    return [(file, job, permissions, shlex.split(line, comments=True)) for file, job, permissions, line in lines]


def test_every_command_of_a_workflow_is_a_target_a_script_or_a_program_of_the_runner() -> None:
    for file, _, _, (program, *words) in commands():
        if program == "make":
            assert words[0] in TARGETS, f"{file}: make {words[0]}"
        elif program == "bash":
            assert (ROOT / words[0]).is_file(), f"{file}: bash {words[0]}"
        elif "=" in program:
            assert re.match(r"[a-z]+=", program), f"{file}: {program}"
        else:
            assert program in OF_THE_RUNNER, f"{file}: {program}"
    [build] = [words for _, _, _, words in commands() if words[:2] == ["podman", "build"]]
    text = (ROOT / build[build.index("--file") + 1]).read_text("utf-8")
    assert f" AS {build[build.index('--target') + 1]}\n" in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit_and_names_its_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text("utf-8"))
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_one_action_has_one_commit_in_all_workflows() -> None:
    used = [step["uses"].split("@") for *_, step in STEPS if "uses" in step]
    assert len({name for name, _ in used}) == len({(name, commit) for name, commit in used})


def test_a_job_that_runs_code_may_only_read() -> None:
    running = {
        (file, job): permissions
        for file, job, permissions, words in commands()
        if words[0] in OURS or " ".join(words[:2]) in OURS
    }
    assert set(running) == {("ci.yml", "test"), ("release.yml", "build"), ("image.yml", "build")}
    for (file, job), permissions in running.items():
        assert {**workflow(file)["permissions"], **permissions} == {"contents": "read"}, f"{file}: {job}"


def test_no_checkout_leaves_a_token_behind() -> None:
    found = [step["with"] for *_, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(found) == len(FILES)
    assert all(options["persist-credentials"] is False for options in found)


def test_the_release_workflow_attests_what_release_check_made_and_publishes_it_as_a_draft_only() -> None:
    jobs = workflow("release.yml")["jobs"]
    assert 'make release-check RELEASE_TAG="$GITHUB_REF_NAME"' in [step.get("run") for step in jobs["build"]["steps"]]
    assert jobs["draft"]["needs"] == "build"
    steps = jobs["draft"]["steps"]
    used = [step["uses"].partition("@")[0] for step in steps if "uses" in step]
    assert (used.count("actions/attest-sbom"), used.count("actions/attest-build-provenance")) == (2, 1)
    release = shlex.split(steps[-1]["run"])
    assert release[:3] == ["gh", "release", "create"]
    assert {"--draft", "--verify-tag"} <= set(release)
    named = {name for name in re.findall(r"dist/([\w.]+\w)", str(steps)) if not name.startswith("sealed_intake")}
    made = (ROOT / ".ci" / "release").read_text("utf-8")
    listed = {path.name for path in (ROOT / "requirements" / "sbom").iterdir()}
    assert {name for name in named if f'"{name}"' not in made} <= listed
    assert "sha256sum --check --strict SHA256SUMS" in str(steps)


def test_an_image_is_made_when_a_person_publishes_the_release() -> None:
    image = workflow("image.yml")
    assert image["on"] == {"release": {"types": ["published"]}}
    publish = image["jobs"]["publish"]["steps"]
    [attested] = [step["with"] for step in publish if "attest" in step.get("uses", "")]
    assert attested == {
        "subject-name": "${{ steps.push.outputs.name }}",
        "subject-digest": "${{ steps.push.outputs.digest }}",
    }
