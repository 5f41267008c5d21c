"""Read form files. docs/reference/forms.md describes each key. `intake.site.form_check` finds errors."""

from enum import StrEnum
from pathlib import Path

import msgspec

from intake import toml_file
from intake.errors import InvalidError
from intake.site.languages import Language
from intake.toml_file import TomlError, TomlFile

FORMS = Path(__file__).parent / "forms"
MAX_TEXT = 50_000  # bytes (UTF-8) of one long answer. Two of them and the rest stay under 256 KiB, the largest request
MAX_LINE = 1_000  # bytes (UTF-8) of a one-line answer
MAX_BYTES = 200_000  # bytes (UTF-8) of everything typed into a form
ROUTING = "kinds"  # the question by whose answers a group may assign requests and match offers

Text = str | dict[str, str]  # a message of the catalogues, or the form's own words by language


class Kind(StrEnum):
    """The kind of answer that a question takes."""

    SEVERAL = "several"
    CHOICE = "choice"
    SHORT = "short"
    LONG = "long"
    AREA = "area"
    CONTACT = "contact"
    HOUSEHOLD = "household"
    URGENCY = "urgency"
    NEEDED_BY = "needed-by"
    OFTEN = "often"


class Direction(StrEnum):
    """Whether a form asks for help or offers it."""

    NEED = "need"
    OFFER = "offer"


class Pages(StrEnum):
    """One question at a time, or all on one page."""

    STEPS = "steps"
    ONE = "one"


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A choice: its stored id and its text."""

    id: str
    text: Text


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


# Kinds that have the same answers in every group, so that groups can compare theirs.
FIXED: dict[Kind, list[Option]] = {
    Kind.HOUSEHOLD: [
        Option("1", _("1 person")),
        Option("2-3", _("2 or 3 people")),
        Option("4-6", _("4 to 6 people")),
        Option("7", _("7 people or more")),
    ],
    Kind.URGENCY: [
        Option("today", _("Today")),
        Option("days", _("In the next days")),
        Option("later", _("It can wait")),
    ],
    Kind.NEEDED_BY: [
        Option("1-3", _("In 1 to 3 days")),
        Option("3-5", _("In 3 to 5 days")),
        Option("5-7", _("In 5 to 7 days")),
        Option("more", _("Later than that")),
    ],
    Kind.OFTEN: [
        Option("once", _("Once")),
        Option("occasionally", _("Now and then")),
        Option("weekly", _("Every week")),
    ],
}


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A condition: the question is asked only if an earlier one has this answer."""

    question: str
    answers: list[str] = msgspec.field(name="is")


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question. `why` and `who` are shown beside it. `override` gives a reason for each check that it may fail."""

    id: str
    kind: Kind
    text: Text
    why: Text = ""
    who: Text = ""
    hint: Text = ""
    options: list[Option] = []
    required: bool = False
    when: When | None = None
    override: dict[str, str] = {}

    @property
    def choices(self) -> list[Option]:
        """The question's choices: its own, or those of its kind."""
        return FIXED.get(self.kind, self.options)

    @property
    def texts(self) -> list[Text]:
        """All texts."""
        texts = [self.text, self.hint, self.why, self.who, *(option.text for option in self.options)]
        return [text for text in texts if text]

    def applies(self, answers: dict[str, list[str]]) -> bool:
        """Return whether the page asks the question, given the other answers."""
        return self.when is None or any(answer in self.when.answers for answer in answers.get(self.when.question, []))


class FormFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole form."""

    id: str
    direction: Direction
    title: Text
    questions: list[Question]
    pages: Pages = Pages.STEPS
    languages: list[str] = []  # empty: all languages of the software
    retention: dict[str, int] = {}  # `intake.settings` reads it first

    @property
    def texts(self) -> list[Text]:
        """All texts."""
        return [self.title, *(text for question in self.questions for text in question.texts)]

    @property
    def messages(self) -> list[str]:
        """Every text that needs a translation in the catalogues."""
        fixed = [option.text for options in FIXED.values() for option in options]
        return [text for text in (*self.texts, *fixed) if isinstance(text, str)]


def names_in_page(question: Question) -> list[str]:
    """Return the names of a question's parts in the page, below its form's."""
    parts = ["", "-step", "-why", "-hint", "-when", "-error", *(f"-{option.id}" for option in question.choices)]
    if question.choices and question.kind is not Kind.SEVERAL:
        parts.append("-none")
    if question.kind is Kind.CONTACT:
        parts += ["-name", "-how", "-voicemail", "-say_who", "-safe_time", "-return_only"]
    return [question.id + part for part in parts]


def say(text: Text, language: Language) -> str:
    """Return a text in a language."""
    if isinstance(text, str):
        return language.gettext(text)
    return text.get(language.code) or next(iter(text.values()), "")


def parse(source: str) -> FormFile:
    """Parse a form from a file's text.

    Raises:
        TomlError, msgspec.ValidationError: The text is not TOML, or not of this shape.
    """
    return convert(toml_file.parse(source))


def convert(source: TomlFile) -> FormFile:
    """Read a form. Raise `msgspec.ValidationError` if it does not have this shape."""
    return msgspec.convert(source.values, type=FormFile)


def read(path: Path) -> FormFile:
    """Read a form.

    Raises:
        InvalidError: The file cannot be read, or does not have this shape.
    """
    try:
        return convert(toml_file.read(path))
    except (OSError, TomlError, msgspec.ValidationError):
        raise InvalidError(f"the form file {path.name} cannot be read. Run `intake form check`, which names the line") from None
