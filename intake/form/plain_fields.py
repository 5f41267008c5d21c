"""The plain path's bodies: url-encoded fields, read from memory, checked and turned into what is sealed. Never multipart."""

from urllib.parse import parse_qs

from starlette.requests import Request

from crypto.entry import Answer, Contact
from intake.errors import InvalidError
from intake.form.plain_case import Typed
from intake.server.web import bodies
from intake.site.form_file import MAX_LINE, MAX_TEXT, FormFile, Kind
from intake.site.languages import Language
from intake.site.render import Site

Fields = dict[str, list[str]]
_MOST = 100  # fields in a body


async def read(request: Request) -> Fields:
    """The fields of a body.

    Raises:
        InvalidError, TooLargeError, SlowError: as `bodies.raw`, or not url-encoded text.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise InvalidError("the body must be application/x-www-form-urlencoded")
    raw = await bodies.raw(request, bodies.SUBMISSION)
    try:
        return parse_qs(raw.decode("ascii"), max_num_fields=_MOST, errors="strict")
    except ValueError:  # also UnicodeError: what it could not read stays out of the message
        raise InvalidError("the body is not of the form that this page sends") from None


def one(fields: Fields, name: str, most: int = MAX_LINE) -> str:
    """A field's text, or nothing.

    Raises:
        InvalidError: longer than the page lets anyone type.
    """
    text = fields.get(name, [""])[0].replace("\r\n", "\n").strip()
    if len(text) > most:
        raise InvalidError("a text that is longer than its field")
    return text


def chosen(fields: Fields, name: str, *allowed: str) -> str:
    """One of several values; the first if it is none of them."""
    found = one(fields, name)
    return found if found in allowed else allowed[0]


def typed(fields: Fields, site: Site, language: Language) -> Typed:
    """What was filled in, with questions and labels in the requester's language."""
    return Typed(
        form=site.form.id,
        language=language.code,
        direction=chosen(fields, "direction", "need", "offer"),
        answers=_answers(fields, site.form, language),
        contact=Contact(
            how=one(fields, "how"),
            voicemail=chosen(fields, "voicemail", "", "yes", "no"),
            say_who=chosen(fields, "say_who", "", "yes", "no"),
            safe_time=one(fields, "safe_time"),
            return_only=bool(one(fields, "return_only")),
        ),
        name=one(fields, "name"),
        shown=not one(fields, "hidden"),
        days=_days(fields, site),
    )


def _days(fields: Fields, site: Site) -> int:
    """Days until deletion: as chosen, or the group's default less a few by chance."""
    days, rules = int(chosen(fields, "days", *[str(days) for days in reversed(site.days)])), site.settings.policy
    sooner = [str(fewer) for fewer in range(rules.fuzz_days + 1)]
    return days - int(chosen(fields, "sooner", *sooner)) if days == rules.default_days else days


def _answers(fields: Fields, form: FormFile, language: Language) -> list[Answer]:
    found = []
    for question in form.questions:
        name, text = f"q-{question.id}", language.gettext(question.text)
        if question.kind in (Kind.LONG, Kind.LINE):
            words = one(fields, name, MAX_TEXT if question.kind is Kind.LONG else MAX_LINE)
            found.append(Answer(question=question.id, text=text, values=[words] if words else [], labels=[]))
        else:
            picked = [option for option in question.options if option.id in fields.get(name, [])]
            labels = [language.gettext(option.text) for option in picked]
            found.append(Answer(question=question.id, text=text, values=[option.id for option in picked], labels=labels))
    return found
