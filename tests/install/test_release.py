"""`make release-check` refuses what must not be released. The builds themselves are in test_builds.py."""

import json
import runpy
from pathlib import Path

import pytest

from tests.support.packaging import ROOT

RELEASE = runpy.run_path(str(ROOT / ".ci" / "release"))
CHANGELOG = "# Changelog\n\n## 0.2.0 (unreleased)\nnew\n\n## 0.1.0 (2026-12-01)\nThe first.\n\n### For operators\n- One.\n"


def tree(folder: Path, client: str) -> Path:
    (folder / "intake" / "client").mkdir(parents=True)
    (folder / "intake" / "client" / "package.json").write_text(json.dumps({"version": client}))
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    return folder


@pytest.mark.parametrize(
    ("version", "client", "tag", "expected"),
    [
        ("0.1.0", "0.1.0", "v0.1.0", []),
        ("0.2.0", "0.2.0", "", []),
        ("0.2.0", "0.2.0", "v0.2.0", ["CHANGELOG.md gives version 0.2.0 no date"]),
        ("0.1.0", "0.1.0", "v0.1.1", ["the tag v0.1.1 is not v0.1.0"]),
        ("0.1.0", "0.0.9", "", ["intake/client/package.json has version 0.0.9, pyproject.toml has 0.1.0"]),
    ],
)
def test_versions_that_disagree_and_a_changelog_without_a_date_are_refused(
    version: str, client: str, tag: str, expected: list[str], tmp_path: Path
) -> None:
    assert RELEASE["problems"](tree(tmp_path, client), version, tag) == expected


def test_the_notes_are_the_changelogs_section_of_the_version() -> None:
    assert RELEASE["notes"](CHANGELOG, "0.1.0") == "The first.\n\n### For operators\n- One.\n"
    with pytest.raises(RELEASE["ReleaseError"], match=r"no section `## 0\.3\.0"):
        RELEASE["notes"](CHANGELOG, "0.3.0")


def test_this_versions_parts_agree() -> None:
    assert (
        RELEASE["problems"](ROOT, RELEASE["tomllib"].loads((ROOT / "pyproject.toml").read_text())["project"]["version"], "")
        == []
    )
