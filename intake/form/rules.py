"""Which questions of a form apply, and what a person must correct before a request can be sent.

`client/src/form/rules.ts` has the same rules for the browser. Both must answer the cases in `tests/vectors/forms/` alike.

1. A question without a condition applies. A question with a condition applies if the question that it depends on applies and
   has one of the listed answers.
2. Only answers to questions that apply count. Others are not sent, need no correction, and make no request.
3. A text is measured as it is sent: without blanks at its ends, with the digits of any script as 0 to 9 in a line.
4. A request needs an answer to one of the form's subject questions. Without any, each question but the contact is one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from crypto.digits import WHITE, to_ascii
from intake.site.form_file import MAX_BYTES, MAX_LINE, MAX_TEXT, FormFile, Kind, Question

Fields = Mapping[str, Sequence[str]]  # what was typed or chosen, by the names of the page's fields
CONTACT_LINES = ("name", "how", "who_else", "safe_time", "call_language")
CONTACT_CHOICES = ("voicemail", "text_message", "say_who")
_YES_NO = ("yes", "no")
_BREAKS = re.compile(r"[\r\n]+")


class Rule(StrEnum):
    """Why an answer needs correction."""

    TOO_LONG = "too-long"
    MISSING = "missing"
    TOO_MUCH = "too-much"
    NOTHING_ASKED = "nothing-asked"


@dataclass(frozen=True, slots=True)
class Problem:
    """A question to correct, and the rule that it breaks."""

    question: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Limits:
    """The sizes in bytes (UTF-8) of a line, of a long text and, as JSON, of everything typed."""

    line: int = MAX_LINE
    text: int = MAX_TEXT
    all: int = MAX_BYTES


LIMITS = Limits()


def applicable(form: FormFile, fields: Fields) -> list[Question]:
    """Return the questions that apply, in order."""
    asked: dict[str, Question] = {}
    for question in form.questions:
        if _applies(question, asked, fields):
            asked[question.id] = question
    return list(asked.values())


def answer(question: Question, fields: Fields) -> list[str]:
    """Return an answer as it is sent: the ids of the chosen options, or the text if there is any."""
    typed = fields.get(f"q-{question.id}", ())
    if question.choices:
        chosen = [option.id for option in question.choices if option.id in typed]
        return chosen if question.kind is Kind.SEVERAL else chosen[:1]
    text = _long(typed) if question.kind is Kind.LONG else line(typed)
    return [text] if text else []


def contact(form: FormFile, fields: Fields) -> dict[str, str]:
    """Return the contact fields as they are sent. All are empty if the form's contact question does not apply."""
    given = fields if any(question.kind is Kind.CONTACT for question in applicable(form, fields)) else {}
    chosen = {name: next(iter(given.get(name, ())), "") for name in CONTACT_CHOICES}
    return {
        **{name: line(given.get(name, ())) for name in CONTACT_LINES},
        **{name: value if value in _YES_NO else "" for name, value in chosen.items()},
        "return_only": "yes" if any(given.get("return_only", ())) else "",
    }


def problems(form: FormFile, fields: Fields, limits: Limits = LIMITS) -> list[Problem]:
    """Return what must be corrected before the request can be sent."""
    asked = applicable(form, fields)
    corrections = [problem for question in asked for problem in question_problems(form, question, fields, limits)]
    if corrections:
        return corrections
    texts = [text for question in asked for text in _texts(form, question, fields)]
    if sum(_json_size(text) for text in texts) > limits.all:
        return [Problem(asked[0].id, Rule.TOO_MUCH)]
    if is_request(form, fields):
        return []
    first = next((question for question in asked if question in form.subjects), asked[0])
    return [Problem(first.id, Rule.NOTHING_ASKED)]


def question_problems(form: FormFile, question: Question, fields: Fields, limits: Limits = LIMITS) -> list[Problem]:
    """Return what must be corrected in one question that applies."""
    most = limits.text if question.kind is Kind.LONG else limits.line
    if any(len(text.encode()) > most for text in _texts(form, question, fields)):
        return [Problem(question.id, Rule.TOO_LONG)]
    if question.required and not _answered(form, question, fields):
        return [Problem(question.id, Rule.MISSING)]
    return []


def is_request(form: FormFile, fields: Fields) -> bool:
    """Return whether a subject question is answered, so that there is something to send."""
    return any(question in form.subjects and answer(question, fields) for question in applicable(form, fields))


def can_be_request(form: FormFile, fields: Fields, after: str) -> bool:
    """Return whether there is something to send, or a later question than `after` can still be its subject."""
    if is_request(form, fields):
        return True
    position = [question.id for question in form.questions].index(after)
    asked = {question.id for question in applicable(form, fields)}
    earlier = {question.id for question in form.questions[: position + 1]}
    open_: set[str] = set()
    for question in form.questions[position + 1 :]:
        depends_on = question.when.question if question.when else ""
        if question.id in asked or (depends_on not in earlier and (not depends_on or depends_on in open_)):
            open_.add(question.id)
    return any(question.id in open_ for question in form.subjects)


def line(typed: Sequence[str]) -> str:
    """Return a one-line answer, with the digits of any script as 0 to 9 and pasted line ends as spaces."""
    parts = [part.strip(WHITE) for part in _BREAKS.split(next(iter(typed), ""))]
    return to_ascii(" ".join(part for part in parts if part))


def _long(typed: Sequence[str]) -> str:
    return next(iter(typed), "").replace("\r\n", "\n").strip(WHITE)


def _applies(question: Question, asked: Mapping[str, Question], fields: Fields) -> bool:
    when = question.when
    if when is None:
        return True
    return when.question in asked and any(value in when.answers for value in answer(asked[when.question], fields))


def _texts(form: FormFile, question: Question, fields: Fields) -> list[str]:
    """Return the typed texts of a question that applies. Options are not typed."""
    if question.kind is Kind.CONTACT:
        given = contact(form, fields)
        return [given[name] for name in CONTACT_LINES]
    return [] if question.choices else answer(question, fields)


def _answered(form: FormFile, question: Question, fields: Fields) -> bool:
    """Return whether a question that applies is answered. Contact needs a way to reach the person, or "do not contact me"."""
    if question.kind is not Kind.CONTACT:
        return bool(answer(question, fields))
    given = contact(form, fields)
    return bool(given["how"] or given["return_only"])


def _json_size(text: str) -> int:
    """Return the bytes of a text inside JSON, where quotes and control characters take more."""
    return len(msgspec.json.encode(text)) - 2
