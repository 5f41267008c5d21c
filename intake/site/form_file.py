"""Form files: what a group asks beside the fixed parts. TOML; texts are messages of the catalogues."""

import tomllib
from enum import StrEnum
from pathlib import Path

import msgspec

from intake.errors import InvalidError

FORMS = Path(__file__).parent / "forms"
MAX_TEXT = 20_000  # characters of one typed answer: with everything else it stays under 256 KiB, the largest request
MAX_LINE = 500  # characters of a one-line answer


class Kind(StrEnum):
    """How a question is answered."""

    SEVERAL = "several"
    CHOICE = "choice"
    LINE = "line"
    LONG = "long"


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice: what is stored, what is read."""

    id: str
    text: str


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question."""

    id: str
    kind: Kind
    text: str
    hint: str = ""
    options: list[Option] = []


class FormFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole form."""

    id: str
    questions: list[Question]
    retention: dict[str, int] = {}  # read by `intake.settings`, before anything else

    @property
    def messages(self) -> list[str]:
        """Every text that needs a translation."""
        found = [text for q in self.questions for text in (q.text, q.hint, *(option.text for option in q.options))]
        return [text for text in found if text]


def read(path: Path = FORMS / "sample.toml") -> FormFile:
    """The form of a file.

    Raises:
        InvalidError: it cannot be read, or is not of this shape.
    """
    try:
        form = msgspec.convert(tomllib.loads(path.read_text("utf-8")), type=FormFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidError(f"the form file {path.name} cannot be read: {error}") from None
    ids = [question.id for question in form.questions]
    if len(set(ids)) != len(ids) or not ids:
        raise InvalidError(f"the form file {path.name} has no questions, or two with one id")
    return form
