"""The settings that the pages are made of, as one file that everyone may read: `/settings.json`.

Pages, scripts and styles depend on the release and on this file only. Anyone with the same release can render the same bytes
(docs/adr/0040-render-the-site-to-verify-it.md). The file contains nothing that the pages do not show: no folders, no quotas, no
comments of form files, and no reasons for overriding a check.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec

import retention.policy
from intake.errors import InvalidError, SettingsError
from intake.phones import DangerPhones
from intake.settings import MAX_LOGO, Assignment, Settings
from intake.settings.parse import colour as parse_colour
from intake.settings.parse import exit_address
from intake.site import form_check, minimise
from intake.site.form_file import FormFile
from retention.errors import PolicyError
from retention.files import read_regular
from retention.policy import Policy

ADDRESS = "/settings.json"
SIGNED_ADDRESS = "/settings.signed.json"
MAX_BYTES = 1_000_000  # of the file. The largest form of the tests has 200 KB
FORMAT = "sealed-intake/1/site settings"
MAX_SIGNED = 3 * MAX_BYTES  # bytes of a signed file, where every quotation mark takes two
_MAX_FORMS = 50
_Short = Annotated[str, msgspec.Meta(max_length=1000)]


class Logo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The group's own logo."""

    suffix: Annotated[str, msgspec.Meta(pattern=r"^\.(svg|png)$")]
    body: Annotated[bytes, msgspec.Meta(max_length=MAX_LOGO)]


class PublicSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the pages of a group differ by. `policies` has one entry for each form."""

    format: str = FORMAT
    group_name: _Short
    colour: str
    logo: Logo | None
    onion: _Short
    exit: _Short
    danger: DangerPhones
    phone: _Short
    answer_days: Annotated[int, msgspec.Meta(ge=1, le=65_535)]
    nojs: bool
    assignment: Assignment
    notices: bool
    forms: Annotated[list[FormFile], msgspec.Meta(min_length=1, max_length=_MAX_FORMS)]
    policies: list[Policy]


def publish(settings: Settings) -> PublicSettings:
    """Read the form files and the logo, and return everything that the pages depend on.

    Raises:
        InvalidError: A form file has errors, or two forms have the same id.
    """
    forms: dict[str, FormFile] = {}
    for path in settings.forms:
        form = form_check.read(path)
        if form.id in forms:
            raise InvalidError(f"{path.name}: another form also has the id {form.id}. Nothing was started. Change one of them")
        forms[form.id] = _without_reasons(form)
    theme = settings.theme
    return PublicSettings(
        group_name=settings.group_name,
        colour=theme.colour,
        logo=_logo(theme.logo) if theme.logo else None,
        onion=theme.onion,
        exit=theme.exit,
        danger=theme.danger,
        phone=settings.quota.phone,
        answer_days=settings.answer_days,
        nojs=settings.nojs,
        assignment=settings.assignment,
        notices=settings.notice_minutes > 0,
        forms=list(forms.values()),
        policies=list(settings.policies),
    )


def to_bytes(public: PublicSettings) -> bytes:
    """Return the one text of these settings, a line for each value."""
    return msgspec.json.format(msgspec.json.encode(public, enc_hook=dict), indent=1) + b"\n"


def parse(body: bytes) -> PublicSettings:
    """Parse what `to_bytes` returns, from a host that nobody has to trust, and check it as a server checks its settings.

    Raises:
        InvalidError: The file is not of this format, or this release would not start with such settings.
    """
    if len(body) > MAX_BYTES:
        raise InvalidError(f"the settings have more than {MAX_BYTES:,} bytes")
    try:
        public = msgspec.json.decode(body, type=PublicSettings)
        parse_colour(public.colour)
        exit_address(public.exit)
        for policy in public.policies:
            if retention.policy.read(asdict(policy), policy.maximum_days) != policy:
                raise PolicyError("unusual days")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise InvalidError("the settings are not in the format of this release") from None
    except (SettingsError, PolicyError) as error:
        raise InvalidError(f"this release does not start with these settings: {error}") from None
    ids = {form.id for form in public.forms}
    if public.format != FORMAT or to_bytes(public) != body or not len(ids) == len(public.forms) == len(public.policies):
        raise InvalidError("the settings are not in the format of this release")
    return public


def refused_questions(public: PublicSettings) -> list[str]:
    """Return the questions that a form file may not ask without a reason, and that have none."""
    return [
        f"{form.id}, {question.id}: {refusal.words}"
        for form in public.forms
        for question in form.questions
        for refusal in minimise.refused(question)
        if refusal.name not in question.override
    ]


def differences(before: PublicSettings, now: PublicSettings) -> list[str]:
    """Return the names of the settings that differ."""
    return [name for name in PublicSettings.__struct_fields__ if getattr(before, name) != getattr(now, name)]


def _logo(path: Path) -> Logo:
    return Logo(path.suffix, read_regular(path, MAX_LOGO))


def _without_reasons(form: FormFile) -> FormFile:
    """Return the form with the names of overridden checks, but not the reasons. The days are in the policy."""
    questions = [
        msgspec.structs.replace(question, override=dict.fromkeys(question.override, "")) for question in form.questions
    ]
    return msgspec.structs.replace(form, questions=questions, retention={})
