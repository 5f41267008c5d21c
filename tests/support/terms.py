"""Read a language's terms: which words its catalogue uses for the words that recur (`locales/XX/TERMS.md`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog

from intake.site.languages import path_of

# Words of the English messages that every language translates in one way, with their inflections.
TERMS = {
    "request": r"requests?",
    "receipt": r"receipts?",
    "lock": r"locks?|locked|locking",
    "delete": r"deletes?|deleted",
    "reply": r"reply|replies|replied",
    "check digits": r"check digits",
    "coordinator": r"coordinators?",
    "case": r"cases?",
    "passphrase": r"passphrases?",
    "paper code": r"paper codes?",
}


@dataclass(frozen=True)
class Term:
    """A row of the table: the English term, the words of which a translation contains one, and words that it never contains."""

    english: str
    use: tuple[str, ...]
    never: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """A language's terms, and the messages that are exempt from a term because they read better without its word."""

    rows: tuple[Term, ...]
    exempt: frozenset[tuple[str, str]]


def path(code: str) -> Path:
    """Return the path of a language's terms."""
    return path_of(code).parents[1] / "TERMS.md"


def read(text: str) -> Terms:
    """Read the table `| English | use | never | note |` and the list `- term: “message”` of exceptions."""
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and cells[0] in TERMS:
            use, never = (tuple(word.strip() for word in cell.split("/") if word.strip()) for cell in cells[1:3])
            rows.append(Term(cells[0], use, never))
    exempt = {(match[1], match[2]) for match in re.finditer(r"^- ([a-z ]+): “(.+)”$", text, re.M)}
    return Terms(tuple(rows), frozenset(exempt))


def deviations(terms: Terms, catalogue: Catalog) -> Iterator[str]:
    """Yield each message whose translation lacks a term's words, or has a word that the term rules out."""
    for message in catalogue:
        english = message.id if isinstance(message.id, str) else message.id[-1]
        texts = [message.string] if isinstance(message.string, str) else list(message.string or [])
        for term in terms.rows if english else ():
            for text in texts:
                folded = text.casefold()
                has = any(word.casefold() in folded for word in term.use)
                named = re.search(rf"\b({TERMS[term.english]})\b", english, re.I)
                if text and named and not has and (term.english, english) not in terms.exempt:
                    yield f"{term.english}: {english!r} is {text!r}, without {' / '.join(term.use)}"
                yield from (f"{term.english}: {text!r} has {word!r}" for word in term.never if word.casefold() in folded)
