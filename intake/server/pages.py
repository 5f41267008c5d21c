"""Serving the static site: exact addresses, bytes that never change while the server runs, languages by redirect."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from intake.site.languages import negotiate
from intake.site.render import HTML, File, Site

_FOREVER = "public, max-age=31536000, immutable"  # the address names the hash
_ASK_AGAIN = "no-cache"
_CODINGS = ("br", "gzip")  # the smaller first
# What a tab may have left behind goes when somebody leaves in a hurry; "cache" takes the pages kept for Back with it.
_FORGET = '"cache", "cookies", "storage"'


class Pages:
    """Answers whatever is not an API."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def serve(self, request: Request) -> Response:
        """A file of the site, the way to one, or a page that says that there is none."""
        path = request.url.path
        if path == "/":
            return self._redirect(f"/{self._wanted(request)}/")
        found = self._site.files.get(path)
        if found is not None:
            return answer(found, request.headers)
        if f"{path}/" in self._site.files:
            return self._redirect(f"{path}/")
        localised = f"/{self._wanted(request)}{path.rstrip('/')}/"
        if localised in self._site.files:
            return self._redirect(localised)  # an address without a language, as it is said or written on a wall
        return self.not_found(request)

    async def leave(self, request: Request) -> Response:
        """The quick exit: forget, and on to somewhere harmless. Nobody counts it."""
        language = self._site.languages.get(request.path_params["language"], self._site.languages["en"])
        headers = {"cache-control": "no-store"}
        # Only from here: another site's page could else sign coordinators out by naming this address as a picture.
        if request.headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
            headers["clear-site-data"] = _FORGET
        return RedirectResponse(self._site.exit(language), 303, headers)

    def not_found(self, request: Request) -> Response:
        """A readable page, in the language of the address or of the browser."""
        first = request.url.path.split("/")[1]
        language = self._site.languages[first if first in self._site.languages else self._wanted(request)]
        page = self._site.page("missing.html", language, "", script="exit", plain=False)
        return Response(page, 404, {"cache-control": "no-store"}, HTML)

    def _wanted(self, request: Request) -> str:
        return negotiate(request.headers.get("accept-language", ""), [one.code for one in self._site.offered])

    def _redirect(self, to: str) -> Response:
        return RedirectResponse(to, 303, {"cache-control": "no-store", "vary": "accept-language"})


def answer(file: File, asked: Headers | Mapping[str, str]) -> Response:
    """A file, or that the asker's copy is still the same."""
    tag = f'"{file.sha256}"'
    headers = {"etag": tag, "cache-control": _FOREVER if file.immutable else _ASK_AGAIN, "vary": "accept-encoding"}
    if asked.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    accepted = [part.partition(";")[0].strip() for part in asked.get("accept-encoding", "").split(",")]
    for coding in _CODINGS:
        if coding in accepted:
            return Response(file.encodings[coding], 200, {**headers, "content-encoding": coding}, file.type)
    return Response(file.body, 200, headers, file.type)
