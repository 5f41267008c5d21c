"""Settings, read from the environment (`INTAKE_…`), files of secrets and one TOML file. `SETTINGS` lists them all."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from intake.errors import SettingsError
from intake.settings import parse, sources
from intake.settings.inputs import SETTINGS, Inputs, Setting
from intake.settings.parse import MAX_LOGO
from intake.settings.sources import SettingText
from intake.settings.values import Assignment, LogFormat, QuotaSettings, Settings, Theme
from intake.web.origin import check_transport

SAMPLE_FORMS = Path(__file__).parents[1] / "site" / "forms"

__all__ = [
    "MAX_LOGO",
    "SAMPLE_FORMS",
    "SETTINGS",
    "Assignment",
    "LogFormat",
    "QuotaSettings",
    "Setting",
    "Settings",
    "Theme",
    "read",
]


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check all settings.

    Raises:
        SettingsError: Settings are wrong. The message names each, with the place where it is set.
    """
    found = sources.find(environment)
    texts, wrong = found.texts, found.wrong
    try:
        inputs = Inputs.model_validate({name: value.text for name, value in texts.items()})
    except ValidationError as error:
        wrong += [_in_words(str(each["loc"][0]), str(each["msg"]), texts) for each in error.errors()]
        raise _error(wrong) from None
    wrong += _contradictions(inputs)
    policies = []
    try:
        paths = parse.form_paths(inputs.forms or SAMPLE_FORMS)
        policies = [parse.form_policy(form, inputs.maximum_days) for form in paths]
        common = parse.common_policy(policies)
        check_transport(inputs.host, inputs.origin)
    except SettingsError as error:
        wrong.append(str(error))
    if wrong:
        raise _error(wrong)
    return Settings(
        data=inputs.data,
        key_store=inputs.key_store,
        host=inputs.host,
        port=inputs.port,
        origin=inputs.origin,
        group_name=inputs.group_name,
        nojs=inputs.nojs,
        assignment=inputs.assignment,
        policy=common,
        notice_minutes=inputs.notice_minutes,
        reminder_hour=inputs.reminder_hour,
        notice_kinds=inputs.notice_kinds,
        key_store_mirrors=inputs.key_store_mirrors,
        database_url=inputs.database_url,
        forms=paths,
        backup_to=inputs.backup_to,
        backup_file=inputs.backup_file,
        pkcs11_module=inputs.pkcs11_module,
        pkcs11_token=inputs.pkcs11_token,
        pkcs11_pin_file=inputs.pkcs11_pin_file or Path(),
        theme=Theme(inputs.colour, inputs.logo, inputs.onion, inputs.exit, inputs.danger_phone),
        answer_days=inputs.answer_days,
        policies=tuple(policies),
        notice_hosts=inputs.notice_hosts,
        security_contact=inputs.security_contact,
        signed_settings=inputs.signed_settings,
        quota=QuotaSettings(inputs.quota_mib, inputs.quota_day_mib, inputs.phone),
        proxies=inputs.proxies,
        log=inputs.log,
        metrics=inputs.metrics,
        secret_files=tuple(found.secret_files),
    )


def _contradictions(inputs: Inputs) -> list[str]:
    """Return a message for each pair of settings that contradict each other."""
    wrong = []
    data, key_store, mirrors = inputs.data, inputs.key_store, inputs.key_store_mirrors
    for name, folder in (("KEY_STORE", key_store), *(("KEY_STORE_MIRRORS", mirror) for mirror in mirrors)):
        if folder == data or data in folder.parents:
            wrong.append(f"INTAKE_{name} must be outside INTAKE_DATA, so that no backup contains both")
    if len({key_store, *mirrors}) != 1 + len(mirrors):
        wrong.append("INTAKE_KEY_STORE_MIRRORS and INTAKE_KEY_STORE must all be different folders")
    module, token, pin = inputs.pkcs11_module, inputs.pkcs11_token, inputs.pkcs11_pin_file
    if bool(module) != bool(token) or (module and not pin):
        wrong.append("INTAKE_PKCS11_MODULE, INTAKE_PKCS11_TOKEN and INTAKE_PKCS11_PIN_FILE must be set together")
    if mirrors and module:
        wrong.append("INTAKE_KEY_STORE_MIRRORS cannot be used with a PKCS#11 token: mirrors are folders")
    if inputs.backup_file and not inputs.backup_to:
        wrong.append("INTAKE_BACKUP_FILE needs INTAKE_BACKUP_TO, the recipients of backups")
    return wrong


def _in_words(name: str, message: str, texts: Mapping[str, SettingText]) -> str:
    source = texts[name].source if name in texts else ""
    return f"{message} ({source})" if source else message


def _error(wrong: list[str]) -> SettingsError:
    if len(wrong) == 1:
        return SettingsError(f"{wrong[0].removesuffix('.')}. Nothing was started or changed")
    lines = "".join(f"\n  - {each}" for each in wrong)
    return SettingsError(f"{len(wrong)} settings are wrong. Nothing was started or changed.{lines}")
