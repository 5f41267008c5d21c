"""Tests, settings, commands, files and addresses that the documents name exist."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ASVS = (ROOT / "docs" / "evidence" / "asvs.md").read_text("utf-8")
GUARANTEES = (ROOT / "docs" / "explanation" / "guarantees-and-tests.md").read_text("utf-8")
README, SECURITY = (ROOT / "README.md").read_text("utf-8"), (ROOT / "SECURITY.md").read_text("utf-8")
TESTS = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
TRACKED = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
FILES = [ROOT / name for name in TRACKED.stdout.splitlines() if (ROOT / name).is_file()]
DOCUMENTS = sorted(path for path in FILES if path.suffix == ".md")
LINK = re.compile(r"\]\(<?([^)\s>]+)")
CITED = re.compile(r"\b(docs/[\w/-]+\.(?:md|yaml))(?:, ([A-Z][a-z][\w -]*\w))?")


def test_every_guarantee_names_tests_that_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", GUARANTEES))
    assert len(named) > 200
    assert sorted(name for name in named if f"def {name}(" not in TESTS) == []
    for path in re.findall(r"`(tests/[\w/.]+)`", GUARANTEES):
        assert (ROOT / path).exists(), path
    for vectors in re.findall(r"vectors `([\w*-]+)`", GUARANTEES):
        assert list((ROOT / "tests" / "vectors").rglob(f"{vectors}.json")), vectors
    for row in guarantee_rows():
        assert re.search(r"`test_\w+`|`tests/", row[2]), row[0]


def test_every_security_input_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "explanation" / "threat-model.md").read_text("utf-8").split("## Security inputs")[1]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if re.match(r"\| (an?|the|where|shares) ", line)]
    assert len(rows) > 15
    for row in rows:
        tests = row[3]
        assert re.search(r"`test_\w+`|`(tests|intake)/|vectors `", tests), row[0]
        assert sorted(name for name in re.findall(r"`(test_\w+)`", tests) if f"def {name}(" not in TESTS) == []
        for path in re.findall(r"`((?:tests|intake)/[\w/.]+)`", tests):
            assert (ROOT / path).exists(), path
        for vectors in re.findall(r"vectors `([\w*-]+)`", tests):
            assert list((ROOT / "tests" / "vectors").rglob(f"{vectors}.json")), vectors


def test_every_guarantee_of_the_security_page_is_in_the_table() -> None:
    sentences = {row[0]: row[1] for row in guarantee_rows()}
    listed = re.findall(
        r"^- ([A-Z]\d+)\. (.+)$", SECURITY.split("## Guarantees")[1].split("## Not guaranteed")[0], re.MULTILINE
    )
    assert len(listed) > 50
    assert [(name, text) for name, text in listed if sentences.get(name) != text] == []


def guarantee_rows() -> list[list[str]]:
    """Return the rows of the table: id, sentence, tests."""
    rows = [line.strip("| ").split(" | ") for line in GUARANTEES.splitlines() if re.match(r"\| [A-Z]\d+ \|", line)]
    assert len(rows) == len({row[0] for row in rows}) > 100
    return rows


def test_the_readme_is_short_and_lists_neither_settings_nor_commands() -> None:
    assert len(README.splitlines()) < 120
    assert re.findall(r"INTAKE_\w+", README) == []
    assert "--help" not in README


def test_every_guide_says_for_whom_it_is() -> None:
    guides = [path for folder in ("howto", "tutorial") for path in (ROOT / "docs" / folder).glob("*.md")]
    assert len(guides) > 15
    assert [path.name for path in guides if not re.match(r"# .+\nFor .+", path.read_text("utf-8"))] == []


def prose(path: Path) -> str:
    """Return the text of a document without its code blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Return the anchors that code hosts and the documentation's site give a document's headings."""
    titles = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).lower() for title in titles]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in plain}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_a_file_and_a_heading(path: Path) -> None:
    for target in LINK.findall(prose(path)):
        if re.match(r"https://|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = (path.parent / name).resolve() if name else path
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def missing_sections(document: Path, section: str) -> list[str]:
    """Return which of the sections "A" or "A and B" a document lacks."""
    titles = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    named = [section] if any(title.startswith(section) for title in titles) else section.split(" and ")
    return [name for name in named if not any(title.startswith(name) for title in titles)]


def test_every_document_and_section_that_a_file_cites_exists() -> None:
    missing = []
    for path in FILES:
        if path.suffix not in {".py", ".ts", ".toml", ".md", ".sql", ".yaml"}:
            continue
        text = path.read_text("utf-8")
        for number in re.findall(r"\bdocs/adr/(\d{4})\b", text):
            if not list((ROOT / "docs" / "adr").glob(f"{number}-*")):
                missing.append((path.name, f"docs/adr/{number}"))
        for document, section in CITED.findall(text):
            if not (ROOT / document).is_file():
                missing.append((path.name, document))
            elif section:
                missing += [(path.name, f"{document}, {title}") for title in missing_sections(ROOT / document, section)]
    assert missing == []


def test_no_tracked_file_names_a_registry_or_a_machines_path() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    locks = [ROOT / name for name in listed if name.startswith("requirements/") or name.endswith("package-lock.json")]
    assert len(locks) == 11  # two of them are the lists of components
    for lock in locks:
        assert not re.search(r'"resolved"|index-url|find-links|/root/|/home/', lock.read_text("utf-8")), lock.name


def test_the_asvs_page_judges_every_requirement_and_names_tests_that_exist() -> None:
    rows = [line.split(" | ") for line in ASVS.splitlines() if line.startswith("| V")]
    assert len(rows) == len({row[0] for row in rows}) == 345
    assert {row[3] for row in rows} <= {"met", "not applicable", "deviation", "open"}
    for named in re.findall(r"`(tests/[\w/.]+\.(?:py|ts))::(\w+)`", ASVS):
        assert f"def {named[1]}(" in (ROOT / named[0]).read_text("utf-8"), named


def test_no_two_decisions_have_the_same_number() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")]
    assert sorted(numbers) == sorted(set(numbers))
    for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"):
        assert path.read_text("utf-8").startswith(f"# {int(path.name[:4])}. "), path.name
