"""Read url-encoded bodies of the no-JavaScript pages from memory and check them. Multipart is never accepted."""

import datetime as dt
import secrets
from urllib.parse import parse_qs

from starlette.requests import Request

from crypto.digits import to_ascii
from crypto.encoding import parse_day
from crypto.entry import Answer, Contact
from crypto.errors import EncodingError
from intake.errors import InvalidError
from intake.form.nojs.case import Typed
from intake.site.form_file import MAX_BYTES, MAX_LINE, MAX_TEXT, FormFile, Kind, Question, say
from intake.site.languages import Language
from intake.site.render import Site
from intake.web import bodies

Fields = dict[str, list[str]]
_MOST = 200  # fields in a body
_CONTACT = ("name", "how", "safe_time")


async def read(request: Request) -> Fields:
    """Return the fields of a body.

    Raises:
        InvalidError, TooLargeError, SlowError: As for `bodies.raw`, or the body is not url-encoded text.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise InvalidError("the body must be application/x-www-form-urlencoded. Nothing was stored")
    raw = await bodies.raw(request, bodies.SUBMISSION)
    try:
        return parse_qs(raw.decode("ascii"), max_num_fields=_MOST, errors="strict")
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


def line(fields: Fields, name: str) -> str:
    """Return a one-line answer, with the digits of any script as 0 to 9 and pasted line ends as spaces."""
    return to_ascii(" ".join(text_of(fields, name).splitlines()))


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
    problems = []
    answers = {question.id: fields.get(f"q-{question.id}", []) for question in form.questions}
    for question in form.questions:
        name, to, text = f"q-{question.id}", f"{form.id}-{question.id}", say(question.text, language)
        names = (*_CONTACT, name) if question.kind is Kind.CONTACT else (name,)
        most = MAX_TEXT if question.kind is Kind.LONG else MAX_LINE
        if any(len(value.encode()) > most for each in names for value in fields.get(each, [])):
            words = language.gettext("“%(question)s”: this is too long. Please shorten it.")
            problems.append((name, to, words % {"question": text}))
        elif question.required and question.applies(answers) and not _filled(fields, question, name):
            words = language.gettext("“%(question)s” needs an answer.")
            problems.append((name, to, words % {"question": text}))
    if not problems and sum(len(value.encode()) for values in fields.values() for value in values) > MAX_BYTES:
        problems.append(
            ("", f"{form.id}-{form.questions[0].id}", language.gettext("This is too long. Please shorten your text."))
        )
    words = language.gettext("Choose a kind of help or write something, so we know what this is about.")
    if not problems and not any(value.strip() for values in answers.values() for value in values):
        problems.append(("", f"{form.id}-{form.questions[0].id}", words))
    return problems


def typed(fields: Fields, form: FormFile, site: Site, language: Language) -> Typed:
    """Return the typed answers, with questions and labels in the requester's language.

    Raises:
        InvalidError: A text is longer than its field allows. `failures` has the message.
    """
    return Typed(
        form=form.id,
        language=language.code,
        direction=form.direction,
        answers=_answers(fields, form, language),
        contact=Contact(
            how=line(fields, "how"),
            voicemail=chosen(fields, "voicemail", "", "yes", "no"),
            say_who=chosen(fields, "say_who", "", "yes", "no"),
            safe_time=line(fields, "safe_time"),
            return_only=bool(text_of(fields, "return_only")),
        ),
        name=line(fields, "name"),
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


def _filled(fields: Fields, question: Question, name: str) -> bool:
    names = ("how", "return_only") if question.kind is Kind.CONTACT else (name,)
    return any(value.strip() for each in names for value in fields.get(each, []))


def _days(fields: Fields, form: FormFile, site: Site) -> int:
    """Return the days until deletion: as chosen, or the shortened default."""
    offered = site.days(form, fewer_days(fields, form, site))
    return int(chosen(fields, "days", *[str(days) for days in reversed(offered)]))


def _answers(fields: Fields, form: FormFile, language: Language) -> list[Answer]:
    answers: list[Answer] = []
    values_of: dict[str, list[str]] = {}
    for question in form.questions:
        if question.kind is Kind.CONTACT or not question.applies(values_of):
            continue
        name, text = f"q-{question.id}", say(question.text, language)
        if question.choices:
            picked = [option for option in question.choices if option.id in fields.get(name, [])]
            picked = picked if question.kind is Kind.SEVERAL else picked[:1]
            values, labels = [option.id for option in picked], [say(option.text, language) for option in picked]
        else:
            words = text_of(fields, name, MAX_TEXT) if question.kind is Kind.LONG else line(fields, name)
            values, labels = [words] if words else [], []
        values_of[question.id] = values
        answers.append(Answer(question=question.id, text=text, values=values, labels=labels))
    return answers
