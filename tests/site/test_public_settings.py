"""The public settings: what the pages depend on, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from intake import settings
from intake.errors import InvalidError
from intake.settings import SETTINGS
from intake.site import public_settings, release
from intake.site.public_settings import parse, publish, to_bytes
from intake.site.render import Site
from tests.support.form_files import HEAD, WORDS
from tests.support.rendered import rendered

COLOUR = b"#14532d"
# What a page may show, each with another value than the default one.
SHOWN = {
    "GROUP_NAME": "Nachbarn", "COLOUR": "#1e3a8a", "ONION": f"http://{'a' * 56}.onion", "EXIT": "https://weather.example/",
    "ANSWER_DAYS": "5", "DANGER_PHONE": "112; fr=15", "PHONE": "555 01 02", "NOJS": "off", "ASSIGNMENT": "desk",
    "NOTICE_MINUTES": "0", "MAXIMUM_DAYS": "60",
}  # fmt: skip


def test_the_published_text_gives_the_same_pages_with_every_setting_changed(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")
    (tmp_path / "form.toml").write_text("# Ask Kim about this\n" + HEAD + WORDS + 'override = { address = "Kim said so" }\n')
    more = {"LOGO": str(tmp_path / "logo.svg"), "FORMS": str(tmp_path / "form.toml")}
    config = settings.read({f"INTAKE_{name}": value for name, value in {**SHOWN, **more}.items()})
    site = Site(config)
    body = site.files[public_settings.ADDRESS].body
    assert b"Kim" not in body, "neither a comment nor a reason is published"
    assert Site(parse(body)).files == site.files


def test_no_other_setting_changes_a_page(tmp_path: Path) -> None:
    known = {*(name.lower() for name in SHOWN), "logo", "forms"}
    default = settings.read({})
    changed = replace(
        default,
        data=tmp_path, key_store=tmp_path / "keys", host="0.0.0.0", port=1, origin="https://help.example",
        database_url="x", key_store_mirrors=(tmp_path,), backup_to=("x",), backup_file=tmp_path, pkcs11_module="x",
        pkcs11_token="x", pkcs11_pin_file=tmp_path, notice_hosts=("x",), security_contact="x", notice_kinds=("x",),
        quota=replace(default.quota, total_mib=1, day_mib=1),
    )  # fmt: skip
    assert publish(changed) == publish(default)
    assert known < {setting.name for setting in SETTINGS}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda body: body[:-20], "not in the format"),
        (lambda body: body.replace(b'"fuzz_days": 3', b'"fuzz_days": 99999999'), "does not start with these settings"),
        (lambda body: body.replace(COLOUR, b"url(//evil)"), "does not start with these settings"),
        (lambda body: body.replace(b"https://{language}", b"javascript:"), "does not start with these settings"),
        (lambda body: body.replace(b'"phone"', b'"telephone"'), "not in the format"),
        (lambda body: b" " + body, "not in the format"),
        (lambda body: b"[" * 100_000, "not in the format"),
        (lambda body: body + b" " * 1_000_000, "more than"),
        (lambda body: body.replace(b'"id": "need"', b'"id": "offer"'), "not in the format"),
    ],
    ids=["cut off", "endless days", "no colour", "exit", "unknown name", "spaces", "nested", "huge", "one form twice"],
)
def test_a_hosts_settings_that_no_server_accepts_are_refused(change: Callable[[bytes], bytes], words: str) -> None:
    body = to_bytes(rendered().settings)
    assert change(body) != body
    with pytest.raises(InvalidError, match=words):
        parse(change(body))


def test_an_unreadable_colour_of_a_host_is_refused_before_a_page_is_made() -> None:
    with pytest.raises(InvalidError, match="contrast"):
        Site(parse(to_bytes(rendered().settings).replace(COLOUR, b"#ffffff")))


def test_a_manifest_of_the_release_names_a_file_that_differs() -> None:
    text = release.manifest()
    assert release.differences(text.encode()) == []
    assert '"client/form.js"' in text
    digest = text.partition('"site/templates/base.html": "')[2][:64]
    assert release.differences(text.replace(digest, "0" * 64).encode()) == ["site/templates/base.html"]
    assert "0.0.9" in release.differences(b'{"version": "0.0.9", "files": {}}')[0]
    with pytest.raises(InvalidError):
        release.differences(b"<html>")
