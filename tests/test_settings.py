"""Settings: each one documented, none silently wrong."""

from urllib.parse import urlsplit

import pytest

from intake import settings
from intake.errors import SettingsError
from intake.settings import SETTINGS


def test_defaults_are_good() -> None:
    found = settings.read({})
    assert found.database.name == "store.db"
    assert (found.host, found.port, found.policy.default_days) == ("127.0.0.1", 8000, 30)


@pytest.mark.parametrize(
    "environment",
    [
        {"INTAKE_PORT": "eighty"},
        {"INTAKE_PORT": "70000"},
        {"INTAKE_MAXIMUM_DAYS": "0"},
        {"INTAKE_MAXIMUM_DAYS": "20"},
        {"INTAKE_KEY_STORE": "var/key-store"},
        {"INTAKE_KEY_STORE": "var"},
        {"INTAKE_NOJS": "perhaps"},
    ],
)
def test_a_wrong_setting_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="INTAKE_"):
        settings.read(environment)


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:8000"), ("localhost", "http://localhost:8000"), ("::1", "http://[::1]:8000")],
)
def test_the_printed_address_can_be_followed(host: str, address: str) -> None:
    printed = settings.read({"INTAKE_HOST": host}).address
    assert printed == address
    assert (urlsplit(printed).hostname, urlsplit(printed).port) == (host, 8000)


@pytest.mark.parametrize(("old", "new"), settings.RENAMED.items())
def test_an_earlier_name_is_refused_with_the_new_one(old: str, new: str) -> None:
    with pytest.raises(SettingsError, match=f"INTAKE_{old} is now called INTAKE_{new}"):
        settings.read({f"INTAKE_{old}": "anything"})


def test_every_setting_says_what_it_is_for() -> None:
    assert all(setting.meaning for setting in SETTINGS)
