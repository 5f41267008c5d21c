"""The documents use the words of the glossary, and no phrase that a newcomer would have to learn."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("", "adr", "evidence", "explanation", "howto", "reference", "tutorial")
PAGES = [*sorted(ROOT.glob("*.md")), *(path for folder in FOLDERS for path in sorted((ROOT / "docs" / folder).glob("*.md")))]
ADDRESSED = [page for page in PAGES if page.parent != ROOT and (page.parent.name != "adr" or page.name == "README.md")]
GENERATED = ("cli.md",)  # it quotes the commands
# What to write instead is in docs/reference/glossary.md.
PHRASES = {
    "a relative clause without its noun": r"(?:^|[.] |\*\* )(?:Who|Whoever|What) (?:a |the )?[a-z]+ ?[a-z]*s,? ",
    "anew": r"\banew\b",
    "let in": r"\blets? in\b",
    "a key that goes": r"\b(?:is|are|was|were|has|have) gone\b|\bgoes on\b|\blet go\b",
    "a row that lies or stands": r"\b(?:rows?|keys?|cases?|files?|guarantee) (?:lies|lie|stands|stand)\b",
    "keeper": r"\bkeepers?\b",
    "watchman": r"\bwatchm[ae]n\b",
    "slate": r"\bslates?\b",
    "plain path": r"\bplain (?:path|page|door)\b",
    "under way": r"\bunder way\b",
    "somebody who is told": r"\b(?:is|are|was|were|be|been) told\b",
    "a host that lies": r"\b(?:host|server|client)s? that lies?\b",
    "whoever": r"\b[Ww]hoever\b",
    "a way in": r"\bways? in\b(?! (?:which|a|the))",
    "what comes after": r"\bwhat comes after\b",
    "the passphrase of then": r"\bof then\b",
    "dear": r"\bdear(?:er|est)?\b",
    "lock key": r"\block keys?\b",
    "a session of work": r"\bsecond session\b|\bsession apart\b",
    "a design outside the repository": r"\bDESIGN\b",
}  # fmt: skip
# A test's name states situation and outcome. These parts of names do not, or use a euphemism for an operation.
IN_NAMES = (
    r"^test_(?:who|what|whoever)_|_whoever_|_anew(?:_|$)|_told(?:_|$)|_lets?_(?:in|go)(?:_|$)|_goes_on|_of_(?:then|after|before)_"
    r"|_dear(?:_|$)|_stands_|_lay_beside|_lies_(?:beside|under|sealed)|_under_way|_ways_in|_watchman_"
)
OF_THE_FORMAT = ("tombstone", "puncture")
READERS = "people|operators|reviewers|contributors|coordinators?|developers|translators|person"
EXACT = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|\"[^\"\n]*\"|(?<![*\w])\*[^*\n]+\*(?![*\w])", re.DOTALL)


def prose(path: Path) -> str:
    """Return a page without code, quotations, labels of the interface and the targets of links."""
    return EXACT.sub("", path.read_text("utf-8"))


@pytest.mark.parametrize("path", [page for page in PAGES if page.name not in GENERATED], ids=lambda path: path.name)
def test_a_page_has_none_of_the_phrases(path: Path) -> None:
    text = prose(path)
    phrases = {name: match[0] for name, pattern in PHRASES.items() for match in re.finditer(pattern, text, re.MULTILINE)}
    assert phrases == {}


def test_names_of_tests_state_situation_and_outcome_in_plain_words() -> None:
    names = {
        name
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(names) > 1000, "the search finds the tests"
    assert sorted(name for name in names if re.search(IN_NAMES, name)) == []


def test_words_of_the_format_are_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "reference" / "glossary.md").read_text("utf-8")
    for word in OF_THE_FORMAT:
        assert re.search(rf"^\| {word} \(\*format\*\) \|", glossary, re.MULTILINE), word


@pytest.mark.parametrize("path", ADDRESSED, ids=str)
def test_a_page_says_for_whom_it_is(path: Path) -> None:
    opening = "\n".join(path.read_text("utf-8").splitlines()[:6])
    assert re.search(rf"\b[Ff]or (?:\w+ )*(?:{READERS})|terms of the documentation", opening)
