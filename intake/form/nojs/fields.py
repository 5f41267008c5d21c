"""Read url-encoded bodies of the no-JavaScript pages from memory and check them. Multipart is never accepted."""

import datetime as dt
import secrets
from urllib.parse import parse_qs

from starlette.requests import Request

from crypto.encoding import parse_day
from crypto.entry import Answer, Contact
from crypto.errors import EncodingError
from intake.errors import InvalidError
from intake.form import rules
from intake.form.nojs.case import Typed
from intake.form.rules import Rule
from intake.site.form_file import MAX_FIELDS, MAX_LINE, FormFile, Kind, Question, say
from intake.site.languages import Language
from intake.site.render import Site
from intake.web import bodies

Fields = dict[str, list[str]]
_MAX_FIELDS = MAX_FIELDS + 20  # fields in a body: those of the largest form, and the page's own


async def read(request: Request) -> Fields:
    """Return the fields of a body.

    Raises:
        InvalidError, TooLargeError, SlowError: As for `bodies.raw`, or the body is not url-encoded text.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise InvalidError("the body must be application/x-www-form-urlencoded. Nothing was stored")
    raw = await bodies.raw(request, bodies.PAGE)
    try:
        return parse_qs(raw.decode("ascii"), max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError:  # also UnicodeError. The message does not quote the body
        raise InvalidError("the body is not one that this page sends. Nothing was stored") from None


def text_of(fields: Fields, name: str, most: int = MAX_LINE) -> str:
    """Return a field's text, or an empty one.

    Raises:
        InvalidError: The text is longer than the page allows.
    """
    text = fields.get(name, [""])[0].replace("\r\n", "\n").strip()
    if len(text.encode()) > most:
        raise InvalidError("a text is longer than its field allows. Nothing was stored. Shorten it")
    return text


def message_of(fields: Fields) -> str:
    """Return the person's message, of any length."""
    return fields.get("text", [""])[0].replace("\r\n", "\n").strip()


def chosen(fields: Fields, name: str, *allowed: str) -> str:
    """Return one of several values, or the first if the field has none of them."""
    text = text_of(fields, name)
    return text if text in allowed else allowed[0]


def form_of(fields: Fields, site: Site) -> FormFile | None:
    """Return the form that was filled in. If there is only one, it needs no choice."""
    only = next(iter(site.forms.values())) if len(site.forms) == 1 else None
    return site.forms.get(text_of(fields, "form"), only)


def failures(fields: Fields, form: FormFile, language: Language) -> list[tuple[str, str, str]]:
    """Return the fields to correct: each field's name, the id to link to, and the message."""
    questions = {question.id: question for question in form.questions}
    return [
        (
            f"q-{problem.question}",
            f"{form.id}-{problem.question}",
            _in_words(problem.rule, questions[problem.question], language),
        )
        for problem in rules.problems(form, fields)
    ]


def _in_words(rule: Rule, question: Question, language: Language) -> str:
    text = say(question.text, language)
    match rule:
        case Rule.TOO_LONG:
            return language.filled("“%(question)s”: this is too long. Please shorten it.", question=text)
        case Rule.MISSING:
            return language.filled("“%(question)s” needs an answer.", question=text)
        case Rule.TOO_MUCH:
            return language.gettext("This is too long. Please shorten your text.")
        case Rule.NOTHING_ASKED:
            return language.gettext("Choose a kind of help or write something, so we know what this is about.")


def typed(fields: Fields, form: FormFile, site: Site, language: Language) -> Typed:
    """Return the typed answers, with questions and labels in the requester's language."""
    contact = rules.contact(form, fields)
    return Typed(
        form=form.id,
        language=language.code,
        direction=form.direction,
        answers=_answers(fields, form, language),
        contact=Contact(
            how=contact["how"],
            voicemail=contact["voicemail"],
            say_who=contact["say_who"],
            safe_time=contact["safe_time"],
            return_only=bool(contact["return_only"]),
            text_message=contact["text_message"],
            who_else=contact["who_else"],
            call_language=contact["call_language"],
        ),
        name=contact["name"],
        shown=not text_of(fields, "hidden"),
        days=_days(fields, form, site),
    )


def fewer_days(fields: Fields, form: FormFile, site: Site) -> int:
    """Return by how many days the form's default is shortened on this page, as `Policy.draw_fewer` drew it."""
    return int(chosen(fields, "sooner", *[str(fewer) for fewer in range(site.rules(form).fuzz_days + 1)]))


def carry_fewer_days(fields: Fields, form: FormFile, site: Site) -> None:
    """Put `fewer_days` in the next page's fields. It is drawn when the form is shown for the first time."""
    drawn = site.rules(form).draw_fewer(secrets.randbelow)
    fields["sooner"] = [str(fewer_days(fields, form, site) if "sooner" in fields else drawn)]


def agreed_day(fields: Fields) -> dt.date | None:
    """Return the expiry day that the check page showed; None if the check page was not sent.

    Raises:
        InvalidError: The page was altered on its way.
    """
    text = text_of(fields, "agreed")
    try:
        return parse_day(text) if text else None
    except EncodingError:
        raise InvalidError("the page was altered on its way. Nothing was stored. Load it again") from None


def _days(fields: Fields, form: FormFile, site: Site) -> int:
    """Return the days until deletion: as chosen, or the shortened default."""
    offered = site.days(form, fewer_days(fields, form, site))
    return int(chosen(fields, "days", *[str(days) for days in reversed(offered)]))


def _answers(fields: Fields, form: FormFile, language: Language) -> list[Answer]:
    return [
        _answer(question, rules.answer(question, fields), language)
        for question in rules.applicable(form, fields)
        if question.kind is not Kind.CONTACT
    ]


def _answer(question: Question, values: list[str], language: Language) -> Answer:
    labels = [say(option.text, language) for option in question.choices if option.id in values]
    return Answer(question=question.id, text=say(question.text, language), values=values, labels=labels)
