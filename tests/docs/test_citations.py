"""Citations of a page and a section, as in "docs/reference/format.md, Age files", name a heading that exists."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUFFIXES = (".py", ".ts", ".md", ".toml", ".mjs")
CITED = re.compile(r"\b((?:docs/[\w/-]+|SECURITY|CONTRIBUTING|README)\.md), (?!\w+\.md|docs/)([A-Z*\"“][^.;:)(`|\n]*)")
HEADING = re.compile(r"^#+ (.+?)(?: — .*)?$", re.MULTILINE)
PARTS = re.compile(r", and |, | and ")


def citations() -> dict[tuple[str, str], str]:
    """Return every page and section that is cited, with the file that cites them."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    cited = {}
    for name in tracked:
        path = ROOT / name
        if name.endswith(SUFFIXES) and path.exists() and path != Path(__file__):
            for page, section in CITED.findall(path.read_text("utf-8")):
                cited[page, section.removesuffix("*/").strip().strip('*"“”')] = name
    return cited


def test_cited_sections_exist() -> None:
    cited = citations()
    assert len(cited) > 20
    missing = {}
    for (page, section), by in cited.items():
        headings = set(HEADING.findall((ROOT / page).read_text("utf-8"))) if (ROOT / page).exists() else set()
        if section not in headings and not set(PARTS.split(section)) <= headings:
            missing[f"{page}, {section}"] = by
    assert missing == {}


def test_cited_decisions_exist() -> None:
    numbers = {path.name[:4] for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    missing: dict[str, str] = {}
    for name in tracked:
        if name.endswith(SUFFIXES) and (ROOT / name).exists():
            text = (ROOT / name).read_text("utf-8")
            cited = {number.zfill(4) for number in re.findall(r"\bADRs? (\d+)\b", text)}
            cited |= set(re.findall(r"docs/adr/(\d{4})\b", text))
            missing |= dict.fromkeys(cited - numbers, name)
    assert missing == {}


def test_code_files_that_the_documents_name_exist() -> None:
    missing = set()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        if path.name != "CHANGELOG.md":
            for name in re.findall(
                r"(?<![\w/.])((?:intake|crypto|retention|tests|bench)/[\w/.-]+\.(?:py|ts))\b", path.read_text("utf-8")
            ):
                if not (ROOT / name).exists():
                    missing.add((path.relative_to(ROOT).as_posix(), name))
    assert missing == set()
