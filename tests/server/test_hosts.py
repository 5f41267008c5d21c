"""Which hosts belong to this service, its headers over TLS, and its address for reports of weaknesses."""

import dataclasses

import pytest

from intake import settings
from intake.errors import SettingsError
from intake.server.middleware import STRICT_TRANSPORT
from tests.support.api import refused
from tests.support.installation import Installation

HOME = "https://help.example"


@pytest.fixture
def public(empty: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    look = dataclasses.replace(empty.service.settings.theme, onion="http://abcdefghij.onion")
    changed = dataclasses.replace(empty.service.settings, origin=HOME, theme=look, security_contact="mailto:safe@help.example")
    monkeypatch.setattr(empty.service, "settings", changed)
    return empty


async def test_a_host_name_that_an_attacker_points_here_reaches_nothing(public: Installation) -> None:
    async with public.client() as client:
        for host in ("evil.example", "help.example.evil.example", "help.example:81", ""):
            refused(await client.get("/en/", headers={"host": host}), 421, "misdirected")
            refused(await client.post("/api/form/offer", json={}, headers={"host": host}), 421, "misdirected")
        for host in ("help.example", "HELP.example", "abcdefghij.onion", "localhost:8000"):
            assert (await client.get("/en/", headers={"host": host})).status_code == 200
        assert (await client.get("/healthz/live", headers={"host": "10.0.0.4"})).status_code == 200


async def test_a_browser_that_used_tls_once_keeps_using_it(public: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    async with public.client() as client:
        answer = await client.get("/en/", headers={"host": "help.example"})
        assert answer.headers["strict-transport-security"] == STRICT_TRANSPORT
    monkeypatch.setattr(public.service, "settings", dataclasses.replace(public.service.settings, origin=""))
    async with public.client() as client:
        assert "strict-transport-security" not in (await client.get("/en/")).headers


async def test_security_txt_has_the_address_for_reports_of_weaknesses(
    public: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with public.client() as client:
        answer = await client.get("/.well-known/security.txt", headers={"host": "help.example"})
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        lines = dict(line.split(": ", 1) for line in answer.text.splitlines())
        assert lines["Contact"] == "mailto:safe@help.example"
        assert lines["Expires"] == "2027-05-19T00:00:00Z"
        assert lines["Canonical"] == f"{HOME}/.well-known/security.txt"
        assert "ar" in lines["Preferred-Languages"].split(", ")
    changed = dataclasses.replace(public.service.settings, security_contact="", origin="")
    monkeypatch.setattr(public.service, "settings", changed)
    async with public.client() as client:
        assert (await client.get("/.well-known/security.txt")).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"INTAKE_HOST": "0.0.0.0"},
        {"INTAKE_HOST": "192.0.2.7"},
        {"INTAKE_ORIGIN": "http://help.example"},
        {"INTAKE_ORIGIN": "http://127.0.0.1.evil.example"},
        {"INTAKE_ORIGIN": "http://notlocalhost"},
        {"INTAKE_ORIGIN": "http://localhost.evil.example"},
        {"INTAKE_ORIGIN": "http://notonion"},
        {"INTAKE_ORIGIN": "http://help.example.onion.evil.example"},
        {"INTAKE_ORIGIN": "http://128.0.0.1"},
        {"INTAKE_ORIGIN": "ftp://help.example"},
        {"INTAKE_ORIGIN": "https://"},
        {"INTAKE_ORIGIN": "https://["},
        {"INTAKE_ORIGIN": "https://help.example/intake"},
        {"INTAKE_ORIGIN": "https://someone@help.example"},
        {"INTAKE_ORIGIN": "https://help.example:99999"},
        {"INTAKE_ORIGIN": "https://help.example?x"},
        {"INTAKE_ORIGIN": "https://help.example, https://other.example"},
        {"INTAKE_ONION": "http://notonion.example"},
        {"INTAKE_SECURITY_CONTACT": "safe@help.example"},
        {"INTAKE_PROXIES": "10.0.0.1/8"},
        {"INTAKE_QUOTA_MIB": "0"},
        {"INTAKE_QUOTA_DAY_MIB": "many"},
    ],
)
def test_settings_that_would_expose_people_are_refused_at_start(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"plain http|INTAKE_"):
        settings.read(wrong)


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"INTAKE_HOST": "::1"},
        {"INTAKE_ORIGIN": HOME, "INTAKE_HOST": "0.0.0.0"},  # a proxy on another machine terminates TLS
        {"INTAKE_ORIGIN": "http://abcdefghij.onion"},
        {"INTAKE_ORIGIN": "http://127.0.0.1:8000"},
        {"INTAKE_ORIGIN": "http://localhost:8000"},
        {"INTAKE_ORIGIN": "http://group.localhost:8000"},
        {"INTAKE_ORIGIN": "http://[::1]:8000"},
        {"INTAKE_ORIGIN": HOME, "INTAKE_ONION": "http://abcdefghij.onion/"},
        {"INTAKE_PROXIES": "10.0.0.5/32, 2001:db8::/32", "INTAKE_QUOTA_MIB": "200000"},
    ],
)
def test_safe_settings_are_accepted(right: dict[str, str]) -> None:
    settings.read(right)


def test_an_address_is_taken_as_browsers_write_it() -> None:
    for written in (HOME, f"{HOME}/", "HTTPS://HELP.example", f"{HOME}:443", f"{HOME}:443/"):
        assert settings.read({"INTAKE_ORIGIN": written}).origin == HOME
    assert settings.read({"INTAKE_ORIGIN": f"{HOME}:8443"}).origin == f"{HOME}:8443"


async def test_a_page_of_another_origin_cannot_write(public: Installation) -> None:
    """For browsers that send no `Sec-Fetch-Site`."""

    async with public.client() as client:
        for host, own in (("help.example", HOME), ("HELP.example", HOME), ("localhost:8000", "http://localhost:8000")):
            for origin in (own, None):
                headers = {"host": host} | ({"origin": origin} if origin else {})
                assert (await client.post("/api/form/offer", json={}, headers=headers)).status_code == 400
        for origin in (
            "http://help.example", "https://help.example:443", "https://help.example/", "https://evil.example", "null",
            "http://localhost:8000", "http://abcdefghij.onion", "http://[", "http://[::1", "https://[help.example]", "",
            "https://", "://help.example", "\xff", "https://help.example, https://help.example", "x" * 5000,
        ):  # fmt: skip
            raw = [(b"host", b"help.example"), (b"origin", origin.encode("latin-1"))]
            refused(await client.post("/api/form/offer", json={}, headers=raw), 403, "foreign-origin")
