"""Carries what a person typed to the next page: after the group changed its form, and in another language."""

from intake.form.nojs.fields import Fields, chosen, message_of, text_of
from intake.site.form_file import FormFile, Kind

_QUESTION = "q-"
_CONTACT = ("name", "how", "safe_time", "who_else", "call_language")
_CHOICES = ("voicemail", "text_message", "say_who", "return_only", "hidden")


def carried(fields: Fields) -> list[tuple[str, str]]:
    """Return every answer as a field, for a page that asks no question itself."""
    names = [name for name in fields if name.startswith(_QUESTION) or name in (*_CONTACT, *_CHOICES)]
    return [(name, value) for name in names for value in fields[name] if value]


def orphans(fields: Fields, form: FormFile) -> Fields:
    """Return the answers to questions that the form does not ask."""
    asked = {f"{_QUESTION}{question.id}" for question in form.questions}
    if any(question.kind is Kind.CONTACT for question in form.questions):
        asked |= {*_CONTACT}
    names = [name for name in fields if (name.startswith(_QUESTION) or name in _CONTACT) and name not in asked]
    return {name: fields[name] for name in names if any(value.strip() for value in fields[name])}


def step_of(fields: Fields) -> str:
    """Return what a person wants to do with a case. The page in another language keeps it under the name of its button."""
    steps = ("open", "message", "correction", "ask-withdraw", "withdraw", "sooner")
    return chosen(fields, "language" if "language" in fields else "step", *steps)


def entered_again(fields: Fields) -> dict[str, str]:
    """Return what the page that asks for a receipt shows again."""
    code, day = text_of(fields, "code"), text_of(fields, "day")
    return {"code": code, "step": step_of(fields), "text": message_of(fields), "day": day}
