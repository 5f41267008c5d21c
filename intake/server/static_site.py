"""Serves the static site from memory, by exact address, and redirects by language."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from intake.errors import IntakeError
from intake.service.service import Service
from intake.site.assets import File
from intake.site.languages import negotiate
from intake.site.public_settings import MAX_SIGNED
from intake.site.render import HTML, Site
from intake.web.negotiation import IDENTITY, content_coding, matches
from retention.files import read_regular

_VALID_DAYS = 180  # of security.txt. RFC 9116, 2.5.5 recommends less than a year
_IMMUTABLE = "public, max-age=31536000, immutable"  # the address contains the hash
_REVALIDATE = "no-cache"
_CODINGS = ("br", "gzip")  # in order of size, the smallest first
# Deletes the data that a tab may keep after a quick exit. "cache" includes the pages kept for Back.
_CLEAR_SITE_DATA = '"cache", "cookies", "storage"'


class StaticSiteMiddleware:
    """Answer requests for the site's files before any routing, because most requests are for a file."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the file at this address, or pass the request on."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            file = self._site.files.get(scope["path"])
            if file is not None:
                await answer(file, Headers(scope=scope))(scope, receive, send)
                return
        await self._app(scope, receive, send)


class Pages:
    """Answer requests that are not for the API.

    Args:
        site: the rendered site.
        leaving: ends the desk session of a person who uses the quick exit.
    """

    def __init__(self, site: Site, leaving: Callable[[Request], Awaitable[None]]) -> None:
        self._site = site
        self._leaving = leaving

    async def serve(self, request: Request) -> Response:
        """Redirect to a file of the site, or show a page for an unknown address."""
        path = request.scope["path"]  # the address of the request line; `request.url` also parses `Host`
        if path == "/":
            return self._redirect(f"/{self._wanted(request)}/")
        if f"{path}/" in self._site.files:
            return self._redirect(f"{path}/")
        localised = f"/{self._wanted(request)}{path.rstrip('/')}/"
        if localised in self._site.files:
            return self._redirect(localised)  # an address without a language, as people dictate it
        return self.not_found(request)

    async def leave(self, request: Request) -> Response:
        """Redirect from the quick exit's link to a harmless page. The server does not count this.

        The browser clears this site's data only if this site's own page asked. Otherwise another site's page, or a link in a
        message, could sign a coordinator out.
        """
        language = self._site.languages.get(request.path_params["language"], self._site.languages["en"])
        ours = request.headers.get("sec-fetch-site") == "same-origin"
        forget = {"clear-site-data": _CLEAR_SITE_DATA} if ours else {}
        return RedirectResponse(self._site.exit(language), 303, {"cache-control": "no-store", **forget})

    async def leave_signed_out(self, request: Request) -> Response:
        """Answer the quick exit's script, and end the desk session.

        `SameOriginMiddleware` has checked that the request comes from this site's own page.
        """
        with contextlib.suppress(IntakeError):  # the person must leave, even if the sign-out fails
            await self._leaving(request)
        return Response(status_code=204, headers={"cache-control": "no-store", "clear-site-data": _CLEAR_SITE_DATA})

    async def signed_settings(self, service: Service, request: Request) -> Response:
        """Return a member's signature of `/settings.json`, if the operator has one. A new file needs no restart."""
        path = service.settings.signed_settings
        if path is None:
            return self.not_found(request)
        try:
            signed = await asyncio.to_thread(read_regular, path, MAX_SIGNED)
        except OSError:
            return self.not_found(request)
        return Response(signed, 200, {"cache-control": _REVALIDATE}, "application/json")

    async def security(self, service: Service, request: Request) -> Response:
        """Return the contact for reporting a vulnerability (RFC 9116), if the group has set one."""
        settings = service.settings
        if not settings.security_contact:
            return self.not_found(request)
        until = dt.datetime.combine(service.today + dt.timedelta(days=_VALID_DAYS), dt.time(), dt.UTC)
        lines = {
            "Contact": settings.security_contact,
            "Expires": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Preferred-Languages": ", ".join(language.code for language in self._site.offered),
            "Canonical": f"{settings.address}{request.scope['path']}",
        }
        text = "".join(f"{name}: {value}\n" for name, value in lines.items())
        return Response(text, 200, {"cache-control": _REVALIDATE}, "text/plain")

    def not_found(self, request: Request) -> Response:
        """Return a readable page for an unknown address, in the language of the address or of the browser."""
        first = request.scope["path"].split("/")[1]
        language = self._site.languages[first if first in self._site.languages else self._wanted(request)]
        page = self._site.page("missing.html", language, "", script="exit", nojs=False)
        return Response(page, 404, {"cache-control": "no-store"}, HTML)

    def _wanted(self, request: Request) -> str:
        return negotiate(request.headers.get("accept-language", ""), [language.code for language in self._site.offered])

    def _redirect(self, to: str) -> Response:
        return RedirectResponse(to, 303, {"cache-control": "no-store", "vary": "accept-language"})


def cache_control(file: File) -> str:
    """Return how long a browser may keep a file."""
    return _IMMUTABLE if file.immutable else _REVALIDATE


def answer(file: File, request_headers: Headers) -> Response:
    """Return a file in the preferred coding, or 304 if the client's copy is current."""
    coding = content_coding(request_headers.getlist("accept-encoding"), _CODINGS)
    headers = {"cache-control": cache_control(file), "vary": "accept-encoding"}
    if file.policy is not None:
        headers["content-security-policy"] = file.policy
    if coding is None:
        return Response(status_code=406, headers=headers | {"cache-control": "no-store"})
    # Each coding has its own tag, because the bytes differ (RFC 9110, 8.8.3.3).
    headers["etag"] = f'"{file.sha256}"' if coding == IDENTITY else f'"{file.sha256}-{coding}"'
    if matches(request_headers.getlist("if-none-match"), headers["etag"]):
        return Response(status_code=304, headers=headers)
    if coding == IDENTITY:
        return Response(file.body, 200, headers, file.type)
    return Response(file.encodings[coding], 200, {**headers, "content-encoding": coding}, file.type)
