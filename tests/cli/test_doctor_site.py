"""`intake doctor` says when a coordinator's signature no longer fits the settings of the site."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crypto import site_settings
from crypto.encoding import as_dict
from crypto.labels import Label
from crypto.signing import SigningKey
from intake import settings
from intake.cli.main import app
from intake.service.service import Service, utc_now
from intake.site import public_settings
from tests.support.installation import FakeClock, Installation


@pytest.fixture
def group(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Installation:
    """Make a group of one, whose site publishes the signature in `signed.json`."""
    more = {
        "INTAKE_ORIGIN": "https://help.example",
        "INTAKE_SIGNED_SETTINGS": f"{tmp_path}/signed.json",
        "INTAKE_PHONE": "555 01 02",
    }
    for name, value in more.items():
        monkeypatch.setenv(name, value)
    clock = FakeClock()
    clock.now = utc_now()
    service = Service.open(settings.read(environment | more), clock, upgrade=True)
    installation = Installation(service, clock, [])
    installation.found(1)
    service.close()
    return installation


def sign(group: Installation, key: SigningKey | None = None) -> None:
    """Write the present settings, signed by the member or with another key."""
    service, [member] = group.service, group.members
    entries = Service.open(service.settings, group.clock)
    keys = entries.database.run(entries.keys)
    entries.close()
    body = site_settings.Body(
        format=Label.SITE.value,
        group=keys.group,
        member=member.id,
        day=utc_now().date().isoformat(),
        head=keys.head,
        settings=public_settings.to_bytes(public_settings.publish(service.settings)).decode(),
    )
    assert service.settings.signed_settings
    service.settings.signed_settings.write_text(json.dumps(as_dict(site_settings.sign(body, key or member.signing))))


def found() -> list[str]:
    report: dict[str, list[str]] = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    return report["site"]


def test_a_signature_that_fits_the_settings_is_no_weakness(group: Installation) -> None:
    sign(group)
    assert found() == []


def test_settings_that_changed_since_they_were_signed_are_named_with_the_command_that_signs(
    group: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign(group)
    monkeypatch.setenv("INTAKE_PHONE", "555 77 77")
    [weakness] = found()
    assert "changed since a coordinator signed them on" in weakness
    assert ": phone. " in weakness
    assert "intake site sign --server https://help.example --handle NAME" in weakness
    assert str(group.service.settings.signed_settings) in weakness


def test_the_signature_of_somebody_who_is_no_coordinator_is_a_weakness(group: Installation) -> None:
    sign(group, SigningKey.generate())
    [weakness] = found()
    assert "not a present coordinator's" in weakness
    assert "intake site sign" in weakness


def test_a_signature_that_cannot_be_read_is_named_with_its_setting(group: Installation) -> None:
    [weakness] = found()
    assert weakness.startswith(f"INTAKE_SIGNED_SETTINGS: {group.service.settings.signed_settings} cannot be read: ")
    assert "intake site sign" in weakness


def test_a_site_that_publishes_no_signature_has_no_section(group: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTAKE_SIGNED_SETTINGS", "")
    assert "site" not in json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)


def test_a_form_file_with_an_error_is_reported_and_does_not_end_the_report(
    group: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sign(group)
    (tmp_path / "form.toml").write_text('id = "food"\n')
    monkeypatch.setenv("INTAKE_FORMS", str(tmp_path / "form.toml"))
    [weakness] = found()
    assert "form.toml" in weakness
