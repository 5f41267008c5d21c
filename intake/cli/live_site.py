"""Asks a live site for its files as different visitors would. Every answer is bounded in bytes and in time."""

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import brotli
import httpx2 as httpx

from intake.cli.errors import CommandError

MAX_BODY = 4_000_000  # bytes of one file. The largest script has 0.5 MB
AT_ONCE = 6  # requests, as many as a browser sends to one host
SECONDS = 60.0  # for one answer, also over Tor
_IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A kind of browser: its name in the report, and the headers that it sends besides the page's language."""

    name: str
    headers: Mapping[str, str]


def _browser(name: str, agent: str, coding: str = "gzip, deflate, br", **headers: str) -> Visitor:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    more = {key.replace("_", "-"): value for key, value in headers.items()}
    return Visitor(name, {"user-agent": agent, "accept": accept, "accept-encoding": coding, **more})


VISITORS = (
    _browser("Tor Browser", "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", sec_fetch_site="none"),
    _browser(
        "Chrome on Android, with a cookie",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
        cookie="visited=1",
        sec_fetch_site="same-origin",
    ),
    _browser(
        "Safari on an iPhone, from a search",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
        "Mobile/15E148 Safari/604.1",
        coding="gzip, deflate",
        referer="https://www.google.com/",
        sec_fetch_site="cross-site",
    ),
    _browser(
        "an old Android browser, without compression",
        "Mozilla/5.0 (Linux; Android 7.0; SM-G930V) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/59.0.3071.125 Mobile "
        "Safari/537.36",
        coding=_IDENTITY,
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. The body is decoded."""

    status: int
    headers: httpx.Headers
    body: bytes


class UnansweredError(Exception):
    """Raised when there is no whole answer: no connection, a broken one, or too slow."""


class UnreadableError(Exception):
    """Raised for an answer that no file of a site has: too large, or in a coding that nobody asked for."""


class LiveSite:
    """A site at an address. Use it as an asynchronous context manager.

    Args:
        address: the site's address, without a path.
        proxy: address of an HTTP proxy; empty: the one that HTTPS_PROXY or HTTP_PROXY names, if any.
        seconds: for one answer.
    """

    def __init__(self, address: str, proxy: str = "", seconds: float = SECONDS) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise CommandError(
                f"{address} is not the address of a site. Nothing was asked. It is like https://help.example, without a path"
            )
        self.address = f"{parts.scheme}://{parts.netloc}"
        self.secure = parts.scheme == "https"
        self._seconds = seconds
        self._places = asyncio.Semaphore(AT_ONCE)
        self._client = httpx.AsyncClient(base_url=self.address, proxy=proxy or None, timeout=seconds, follow_redirects=False)

    async def __aenter__(self) -> "LiveSite":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def ask(
        self, path: str, visitor: Visitor = VISITORS[0], language: str = "en", form: Mapping[str, str] | None = None
    ) -> Answer:
        """Return the answer to a GET, or to a POST of a form's fields.

        Raises:
            UnansweredError: There is no whole answer in time.
            UnreadableError: The answer is too large, or its coding is wrong.
        """
        headers = {**visitor.headers, "accept-language": f"{language},en;q=0.5" if language != "en" else "en"}
        async with self._places:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._read(path, headers, form)
            except TimeoutError:
                raise UnansweredError(f"no whole answer within {self._seconds:.0f} seconds") from None
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise UnansweredError(str(error) or type(error).__name__) from None
            finally:
                self._client.cookies.clear()  # one visitor's cookie must not mark the next

    async def _read(self, path: str, headers: dict[str, str], form: Mapping[str, str] | None) -> Answer:
        method = "GET" if form is None else "POST"
        if form is not None:
            headers["sec-fetch-site"] = "same-origin"  # the server refuses a form of another site's page
        async with self._client.stream(method, path, headers=headers, data=form) as response:
            raw = b""
            async for part in response.aiter_raw():
                raw += part
                if len(raw) > MAX_BODY:
                    raise UnreadableError(f"an answer of more than {MAX_BODY:,} bytes")
        coding = response.headers.get("content-encoding", _IDENTITY).strip().lower()
        if coding != _IDENTITY and coding not in headers["accept-encoding"]:
            raise UnreadableError(f"an answer in the coding {coding[:20]!r}, which was not asked for")
        return Answer(response.status_code, response.headers, _decoded(raw, coding))


def _decoded(raw: bytes, coding: str) -> bytes:
    """Decode a body, and never more than `MAX_BODY` of it.

    Raises:
        UnreadableError: It is too large, cut off, or not in this coding.
    """
    try:
        if coding == _IDENTITY:
            return raw
        if coding == "br":
            brotli_decoder = brotli.Decompressor()
            body, whole = brotli_decoder.process(raw, output_buffer_limit=MAX_BODY + 1), brotli_decoder.is_finished()
        else:
            decoder = zlib.decompressobj(31 if coding == "gzip" else 15)
            body = decoder.decompress(raw, MAX_BODY + 1)
            whole = decoder.eof
    except (brotli.error, zlib.error):
        raise UnreadableError(f"a body that is not in its coding {coding}") from None
    if len(body) > MAX_BODY or not whole:
        raise UnreadableError(f"a body that is cut off or has more than {MAX_BODY:,} bytes")
    return bytes(body)
