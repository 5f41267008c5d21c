"""The server serves the static site as its manifest says, with one set of headers and nothing of other sites."""

import json
import re
from hashlib import sha256
from pathlib import Path

import httpx2 as httpx
import pytest

from intake import settings
from intake.errors import InvalidError
from intake.server.middleware import HEADERS
from intake.site import form_file
from intake.site.languages import languages, negotiate
from intake.site.render import Site
from tests.support.installation import Installation
from tests.support.rendered import rendered


async def test_every_file_is_served_as_the_manifest_says_each_time(empty: Installation) -> None:
    async with empty.client() as client:
        manifest = json.loads((await client.get("/manifest.json")).content)["files"]
        files = rendered().files
        assert set(manifest) == set(files) - {"/manifest.json"}
        assert {f"/{code}/" for code in languages()} <= set(manifest)
        for address, digest in manifest.items():
            answer = await client.get(address)
            assert sha256(answer.content).hexdigest() == digest
            own = {} if (policy := files[address].policy) is None else {"content-security-policy": policy}
            assert all(answer.headers[name] == value for name, value in {**HEADERS, **own}.items())
            again = await client.get(address, headers={"if-none-match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            plain = await client.get(address, headers={"accept-encoding": "identity"})
            assert ("content-encoding" in answer.headers, "content-encoding" in plain.headers) == (True, False)
            assert plain.content == answer.content
    assert Site(settings.read({})).files == rendered().files


@pytest.mark.parametrize(
    ("accept", "code"),
    [("", "en"), ("fr, *;q=0.5", "en"), ("en-GB,en;q=0.9", "en"), ("en;q=0, hi", "hi"), ("x;q=nonsense", "en"),
     ("fr;q=1, ar;q=0.5, en;q=0.7", "en"), ("hi;q=0.3,ar-EG;q=0.9", "ar")],
)  # fmt: skip
def test_a_language_is_found(accept: str, code: str) -> None:
    assert negotiate(accept, ["en", "ar", "hi"]) == code


async def test_the_first_address_redirects_to_the_browsers_language_and_is_not_cached(empty: Installation) -> None:
    async with empty.client() as client:
        answer = await client.get("/", headers={"accept-language": "xx"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/")
        assert answer.headers["cache-control"] == "no-store"
        assert (await client.get("/en/return")).headers["location"] == "/en/return/"


async def test_the_quick_exit_redirects_and_clears_site_data_only_for_this_sites_pages(empty: Installation) -> None:
    async with empty.client() as client:
        for site, forgets in (
            ("same-origin", True),
            ("none", False),
            ("cross-site", False),
            ("same-site", False),
            ("", False),
        ):
            answer = await client.get("/exit/zh-Hant/", headers={"sec-fetch-site": site} if site else {})
            assert (answer.status_code, answer.headers["location"]) == (303, "https://zh.wikipedia.org/")
            assert ("clear-site-data" in answer.headers) is forgets
            assert answer.headers["cache-control"] == "no-store"
        assert (await client.get("/exit/nonsense/")).headers["location"] == "https://en.wikipedia.org/"


async def signed_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/api/desk/sessions")).status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none", "cross-site", "same-site", ""])
async def test_no_link_or_picture_ends_a_session_even_without_the_browsers_fetch_headers(
    open_for_requests: Installation, site: str
) -> None:
    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        for method in ("GET", "HEAD"):
            await client.request(method, "/exit/en/", headers={"sec-fetch-site": site} if site else {})
        # A browser may forget its cookie. A copy of the cookie shows whether the session has ended at the server.
        assert await signed_in(client)


@pytest.mark.parametrize(
    ("headers", "ends"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"origin": "http://localhost"}, True),  # browsers before 2023
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
    ],
)
async def test_a_quick_exit_ends_the_session_in_every_browser_and_no_other_site_can(
    open_for_requests: Installation, headers: dict[str, str], ends: bool
) -> None:
    async with open_for_requests.client() as client:
        await open_for_requests.sign_in(client, open_for_requests.members[0])
        cookies = dict(client.cookies)
        answer = await client.post("/exit/en/", headers=headers)
        assert (answer.status_code, "clear-site-data" in answer.headers) == ((204, True) if ends else (403, False))
        client.cookies.update(cookies)
        assert await signed_in(client) is not ends


ADDRESS = "/manifest.json"


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ([], "identity"), (["gzip, deflate, br"], "br"), (["gzip"], "gzip"), (["identity"], "identity"), ([""], "identity"),
        (["br;q=0"], "identity"), (["br;q=0, gzip"], "gzip"), (["br;q=0.000, *"], "gzip"), (["*"], "br"), (["*;q=0.1"], "br"),
        (["BR; Q=1.0"], "br"), (["br ; q=0.5, gzip ; q=0.6"], "gzip"), (["gzip;q=0.5, identity"], "identity"),
        (["deflate"], "identity"),
        (["gzip", "br"], "br"), (["identity;q=0, gzip"], "gzip"), (["*;q=0, gzip;q=0.1"], "gzip"), (["br;q=2"], "identity"),
        (["br;q=nan"], "identity"), (["*;q=0"], None), (["identity;q=0"], None), (["br;q=0, gzip;q=0, identity;q=0"], None),
        (["*;q=0, identity;q=0.5"], "identity"),
    ],
)  # fmt: skip
async def test_a_coding_that_is_not_wanted_is_not_sent(empty: Installation, accept: list[str], coding: str | None) -> None:
    async with empty.client() as client:
        client.headers.pop("accept-encoding")
        answer = await client.get(ADDRESS, headers=[("accept-encoding", line) for line in accept])
        assert (answer.status_code, answer.headers.get("content-encoding", "identity")) == (
            (200, coding) if coding else (406, "identity")
        )
        assert answer.headers["vary"] == "accept-encoding"
        assert bool(answer.content) is (coding is not None)


async def test_a_cached_copy_is_recognised_by_a_listed_a_weak_or_a_second_etag(empty: Installation) -> None:
    async with empty.client() as client:
        client.headers["accept-encoding"] = "br"
        tag = (await client.get(ADDRESS)).headers["etag"]
        bare = (await client.get(ADDRESS, headers={"accept-encoding": "identity"})).headers["etag"]
        assert tag != bare, "other bytes, another tag"
        known = ([tag], [f"W/{tag}"], [f'"x", {tag}'], [f'"a,b",W/"y" , W/{tag}'], ["*"], ['"x"', tag])
        for lines in known:
            answer = await client.get(ADDRESS, headers=[("if-none-match", line) for line in lines])
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
            assert answer.headers["cache-control"] == "no-cache"
        for lines in ([bare], ['"x"'], [tag.strip('"')], [f'"x{tag[1:]}'], [""], ["W/"], [f'"{tag}"'[:-3]]):
            assert (await client.get(ADDRESS, headers=[("if-none-match", line) for line in lines])).status_code == 200


async def test_an_unknown_address_gets_a_readable_page(empty: Installation) -> None:
    async with empty.client() as client:
        answer = await client.get("/en/nothing")
        assert answer.status_code == 404
        assert "Page not found" in answer.text
        assert all(answer.headers[name] == value for name, value in HEADERS.items())


def test_the_sealing_page_has_no_native_submission_at_all() -> None:
    for code in languages():
        page = rendered().files[f"/{code}/"].body.decode()
        body = page.partition("<body>")[2]
        assert "<textarea" in body
        assert not re.search(r"<form|<button|type=.submit|\sname=|\sformaction|\saction=", body)


def test_no_page_holds_inline_code_or_names_another_host() -> None:
    for address, file in rendered().files.items():
        text = file.body.decode()
        if address.endswith("/"):
            assert not re.search(r"\son\w+=|style=|javascript:", text), address
            assert all("src=" in tag or "application/json" in tag for tag in re.findall(r"<script[^>]*>", text)), address
            assert "//" not in "\n".join(re.findall(r"(?:src|href|action)=\"([^\"]*)", text)), address
        if address.endswith(".js"):
            assert "eval(" not in text
            assert file.policy is not None or "WebAssembly" not in text, address
            assert not re.search(r"localStorage|indexedDB|sessionStorage", text), address


def test_an_unreadable_form_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "form.toml"
    for text in ("id = 1", 'id = "a"\nquestions = []', "id ="):
        path.write_text(text)
        with pytest.raises(InvalidError, match=r"form\.toml"):
            form_file.read(path)
    with pytest.raises(InvalidError):
        form_file.read(tmp_path / "none.toml")


def test_a_client_that_is_not_built_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="not built"):
        Site(settings.read({}), tmp_path)
