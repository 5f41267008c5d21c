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
MAX_BYTES = 200_000  # bytes of everything typed into a form, as JSON in UTF-8
MAX_FIELDS = 1_000  # fields that a form sends if every option is chosen; the page without JavaScript takes no more
MAX_WORDS = 50_000  # bytes (JSON) of a form's own words in one language, which a request repeats; with MAX_BYTES under 256 KiB
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


class OptionGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options under a heading that can be opened and closed. A `closed` group is closed at the start."""

    text: Text
    options: list[Option]
    closed: bool = False


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
        Option("today", _("Today")),
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


_CONTACT_PARTS = (
    "name",
    "how",
    "voicemail",
    "text_message",
    "say_who",
    "who_else",
    "safe_time",
    "call_language",
    "return_only",
)


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A condition: the question is asked only if an earlier one has this answer."""

    question: str
    answers: list[str] = msgspec.field(name="is")


LONG_LIST = 12  # options


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question. `why` and `who` are shown beside it. `override` gives a reason for each check that it may fail.

    `subject` marks a question whose answer says what the request is about. A request needs an answer to one of them.
    """

    id: str
    kind: Kind
    text: Text
    why: Text = ""
    who: Text = ""
    hint: Text = ""
    options: list[Option] = []
    groups: list[OptionGroup] = []
    required: bool = False
    subject: bool = False
    when: When | None = None
    override: dict[str, str] = {}

    @property
    def choices(self) -> list[Option]:
        """The question's choices: its own, or those of its kind."""
        return FIXED.get(self.kind) or self.listed

    @property
    def listed(self) -> list[Option]:
        """The options of the form file: those of all groups, then the others."""
        return [*(option for group in self.groups for option in group.options), *self.options]

    @property
    def long(self) -> bool:
        """Whether the list is too long for a small screen. It has a search, and only its first group is open at the start."""
        return len(self.choices) >= LONG_LIST

    @property
    def texts(self) -> list[Text]:
        """All texts."""
        headings = [group.text for group in self.groups]
        texts = [self.text, self.hint, self.why, self.who, *headings, *(option.text for option in self.listed)]
        return [text for text in texts if text]


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
    def subjects(self) -> list[Question]:
        """The questions of which one needs an answer: the marked ones, or else all but the contact."""
        marked = [question for question in self.questions if question.subject]
        return marked or [question for question in self.questions if question.kind is not Kind.CONTACT] or self.questions[:1]

    @property
    def texts(self) -> list[Text]:
        """All texts."""
        return [self.title, *(text for question in self.questions for text in question.texts)]

    @property
    def messages(self) -> list[str]:
        """Every text that needs a translation in the catalogues."""
        fixed = [option.text for options in FIXED.values() for option in options]
        return [text for text in (*self.texts, *fixed) if isinstance(text, str)]


def fields_of(question: Question) -> int:
    """Return how many fields a question sends at most."""
    if question.kind is Kind.CONTACT:
        return len(_CONTACT_PARTS)
    return len(question.choices) if question.kind is Kind.SEVERAL else 1


def size_in(form: FormFile, language: Language) -> int:
    """Return the bytes that a request needs for the form's own words in a language, if every option is chosen."""
    answers = [
        {
            "question": question.id,
            "text": say(question.text, language),
            "values": [option.id for option in question.choices],
            "labels": [say(option.text, language) for option in question.choices],
        }
        for question in form.questions
    ]
    return len(msgspec.json.encode(answers))


def names_in_page(question: Question) -> list[str]:
    """Return the names of a question's parts in the page, below its form's."""
    parts = ["", "-step", "-why", "-hint", "-needed", "-when", "-error", *(f"-{option.id}" for option in question.choices)]
    parts += [f"-group-{number}" for number in range(len(question.groups))]
    if question.choices and question.kind is not Kind.SEVERAL:
        parts.append("-none")
    if question.kind is Kind.CONTACT:
        parts += [f"-{part}" for part in _CONTACT_PARTS]
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
