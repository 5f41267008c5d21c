"""Addresses are exact.

The server redirects no body, sends nobody to another scheme or host, and lists allowed methods in a 405.
"""

import dataclasses
from typing import Any

import httpx2 as httpx
import pytest

from tests.support.installation import Installation
from tests.support.openapi import served_routes

HOME = "https://help.example"
BODIES: tuple[dict[str, Any], ...] = ({"json": {}}, {"data": {"q-words": "do not let him read this"}})


@pytest.fixture
def behind_tls(open_for_requests: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    changed = dataclasses.replace(open_for_requests.service.settings, origin=HOME)
    monkeypatch.setattr(open_for_requests.service, "settings", changed)
    return open_for_requests


def addresses(installation: Installation) -> list[str]:
    """Return each address with and without its final slash."""
    ids = {"{language}": "en", "{path}": "en/return/", "{number}": "0"}
    paths = set()
    for _, path in served_routes(installation):
        for name, value in ids.items():
            path = path.replace(name, value)
        path = path.replace("{", "").replace("}", "")
        paths |= {path.rstrip("/"), path.rstrip("/") + "/"}
    return sorted(paths - {""})


def local(answer: httpx.Response) -> bool:
    """Return whether a redirect stays on this host and scheme, or is the quick exit."""
    to = answer.headers["location"]
    return (to.startswith("/") and not to.startswith("//")) or answer.request.url.path.startswith("/exit/")


@pytest.mark.parametrize("host", ["help.example", "evil.example"])
async def test_no_body_is_redirected_and_nobody_is_sent_to_plain_http(behind_tls: Installation, host: str) -> None:
    async with behind_tls.client() as client:
        for address in addresses(behind_tls):
            for body in BODIES:
                for method in ("POST", "PUT", "DELETE", "PATCH"):
                    answer = await client.request(method, address, headers={"host": host}, **body)
                    # The quick exit answers with 303. The browser then sends a GET without the body.
                    assert not answer.is_redirect or (answer.status_code == 303 and address.startswith("/exit/")), address
                    assert "http://" not in answer.headers.get("location", "")
            for method in ("GET", "HEAD"):
                if address.startswith("/api/desk/events"):
                    continue
                answer = await client.request(method, address, headers={"host": host})
                if answer.is_redirect:
                    assert (answer.status_code, local(answer)) == (303, True), address


async def test_a_page_without_its_final_slash_is_found_by_readers(behind_tls: Installation) -> None:
    async with behind_tls.client() as client:
        for page in ("/nojs/en", "/nojs/en/return", "/nojs/en/done", "/en/return"):
            answer = await client.get(page, headers={"host": "help.example"})
            assert (answer.status_code, answer.headers["location"]) == (303, f"{page}/")
        for strange in ("/nojs/en/nothing", "/nojs//evil.example", "/nojs/en/send", "/nojs/%5Cevil/x"):
            assert (await client.get(strange, headers={"host": "help.example"})).status_code == 404


async def test_a_request_to_an_address_without_its_slash_is_refused_and_stored_nowhere(behind_tls: Installation) -> None:
    async with behind_tls.client() as client:
        answer = await client.post("/nojs/en/send", data={"q-words": "x"}, headers={"host": "help.example"})
        assert answer.status_code == 404
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("DELETE", "/nojs/en/", "GET, HEAD, POST"),
        ("PUT", "/nojs/en/return/", "GET, HEAD, POST"),
        ("GET", "/nojs/en/send/", "POST"),
        ("GET", "/api/form/offer", "POST"),
        ("PATCH", "/api/desk/session", "DELETE, POST"),
        ("OPTIONS", "/api/desk/sessions", "DELETE, GET, HEAD"),
        ("POST", "/healthz/live", "GET, HEAD"),
        ("TRACE", "/en/", "GET, HEAD"),
        ("DELETE", "/api/desk/unlockers", "PUT"),
    ],
)
async def test_a_wrong_method_gets_the_list_of_right_ones(
    open_for_requests: Installation, method: str, address: str, allowed: str
) -> None:
    async with open_for_requests.client() as client:
        answer = await client.request(method, address)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_every_route_names_itself_where_a_method_is_wrong(open_for_requests: Installation) -> None:
    async with open_for_requests.client() as client:
        for method, path in served_routes(open_for_requests):
            address = path.replace("{language}", "en").replace("{number}", "0").replace("{", "").replace("}", "")
            answer = await client.request("PROPFIND", address)
            assert answer.status_code == 405, address
            assert method in answer.headers["allow"].split(", ")
