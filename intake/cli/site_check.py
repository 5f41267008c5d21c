"""Compares a live site with this release: renders every page from the site's public settings, and compares every byte.

docs/adr/0040-render-the-site-to-verify-it.md says why, and SECURITY.md what a host can still do.
"""

import asyncio
import random
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator
from importlib import metadata

import msgspec

from intake.cli.live_site import VISITORS, Answer, LiveSite, UnansweredError, UnreadableError, Visitor
from intake.cli.site_report import Expected, Report
from intake.errors import InvalidError
from intake.form.nojs import fields as nojs_fields
from intake.form.nojs import rendering
from intake.server.middleware import HEADERS, STRICT_TRANSPORT
from intake.server.static_site import cache_control
from intake.site import public_settings
from intake.site.form_file import FormFile
from intake.site.languages import Language
from intake.site.public_settings import PublicSettings
from intake.site.render import HTML, MANIFEST, PROJECT, Site, made_with

MOST_UNANSWERED = 5  # after these, nothing more is asked
_TICKET = re.compile(rb'name="ticket" value="([A-Za-z0-9_.:=-]{1,400})"')
_SOONER = re.compile(rb'name="sooner" value="(\d{1,3})"')
_ALWAYS = {**HEADERS, "strict-transport-security": STRICT_TRANSPORT}
_NO_STORE = "no-store"


class _Manifest(msgspec.Struct, frozen=True):
    version: str
    made_with: dict[str, str] = {}


class SiteCheck:
    """One comparison."""

    def __init__(self, live: LiveSite) -> None:
        self.live = live
        self.report = Report(live.address, metadata.version(PROJECT))

    async def run(self) -> PublicSettings | None:
        """Compare everything; return the site's settings, or None if it has none for this release.

        Raises:
            UnansweredError: The site does not answer at all.
        """
        public = await self._public()
        if public is None:
            return None
        try:
            site = await asyncio.to_thread(Site, public)
        except InvalidError as error:
            self.report.differs(public_settings.ADDRESS, f"this release does not start with these settings: {error}")
            return None
        for words in public_settings.refused_questions(public):
            self.report.differs(public_settings.ADDRESS, f"the server of this release refuses this question: {words}")
        asked = [*self._files(site), *self._redirects(site), *self._nojs(site)]
        random.SystemRandom().shuffle(asked)  # a host that waits for a pattern gets none
        await asyncio.gather(*(ask() for ask in asked))
        return public

    async def _public(self) -> PublicSettings | None:
        manifest = await self.answer(MANIFEST)
        stated = _stated_by(manifest)
        if stated is None:
            where = manifest.headers.get("location", "") if manifest else ""
            more = f" It sends people to {where[:100]!r}." if where else ""
            self.report.differs(
                MANIFEST,
                f"the site does not say which release it serves.{more} It is older than this release, or not one of ours",
            )
            return None
        if stated.version != self.report.version:
            self.report.differs(
                MANIFEST,
                f"this site serves {stated.version[:40]!r}, and you have {self.report.version}. Install that version: "
                f"uvx sealed-intake@VERSION site verify {self.live.address}",
            )
            return None
        for name, own in made_with().items():
            if (theirs := stated.made_with.get(name, "")) != own:
                self.report.note(
                    f"The site was made with {name} {theirs[:20]!r}, and you have {own}. If pages differ, install its version"
                )
        answer = await self.answer(public_settings.ADDRESS)
        try:
            if answer is None or answer.status != 200:
                raise InvalidError("the site does not publish its settings")
            return public_settings.parse(answer.body)
        except InvalidError as error:
            self.report.differs(public_settings.ADDRESS, str(error))
            return None

    async def answer(self, path: str) -> Answer | None:
        """Return an answer that everything else depends on; None if it cannot be read."""
        try:
            return await self.live.ask(path)
        except UnreadableError as error:
            self.report.differs(path, str(error))
            return None

    def _files(self, site: Site) -> Iterator[Callable[[], Awaitable[None]]]:
        for address, file in site.files.items():
            headers = _ALWAYS | {"content-type": file.type, "cache-control": cache_control(file)}
            if file.policy is not None:
                headers["content-security-policy"] = file.policy
            first = address.split("/")[1]
            language = first if first in site.languages else "en"
            for visitor in VISITORS:
                yield self._asks(address, Expected(200, headers, file.body), visitor, language)

    def _redirects(self, site: Site) -> Iterator[Callable[[], Awaitable[None]]]:
        headers = _ALWAYS | {"cache-control": _NO_STORE}
        for number, language in enumerate(site.offered):
            visitor, code = VISITORS[number % len(VISITORS)], language.code
            yield self._asks("/", Expected(303, headers, None, f"/{code}/"), visitor, code)
            yield self._asks(f"/exit/{code}/", Expected(303, headers, None, site.exit(language)), VISITORS[0], code)
            missing = site.page("missing.html", language, "", script="exit", nojs=False).encode()
            path = f"/{code}/{secrets.token_hex(8)}/"
            yield self._asks(path, Expected(404, headers | {"content-type": HTML}, missing), visitor, code)

    def _nojs(self, site: Site) -> Iterator[Callable[[], Awaitable[None]]]:
        headers = _ALWAYS | {"cache-control": _NO_STORE, "content-type": HTML}
        if not site.settings.nojs:
            language = site.offered[0]
            missing = site.page("missing.html", language, "", script="exit", nojs=False).encode()
            yield self._asks(f"/nojs/{language.code}/", Expected(404, headers, missing), VISITORS[0], language.code)
            return
        for number, language in enumerate(site.offered):
            visitor, home = VISITORS[number % len(VISITORS)], f"/nojs/{language.code}/"
            returning = Expected(200, headers, rendering.receipt_page(site, language).encode())
            yield self._asks(f"{home}return/", returning, visitor, language.code)
            done = Expected(200, headers, rendering.page(site, language, "done").encode())
            yield self._asks(f"{home}done/", done, visitor, language.code)
            yield self._first_page(site, language, visitor, headers)
            for form in site.forms.values():
                yield self._form(site, form, language, visitor, headers)

    def _asks(self, path: str, expected: Expected, visitor: Visitor, language: str) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            answer = await self._ask(path, visitor, language)
            if answer is not None:
                self._compare(path, answer, expected, visitor)

        return ask

    def _first_page(
        self, site: Site, language: Language, visitor: Visitor, headers: dict[str, str]
    ) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            path = f"/nojs/{language.code}/"
            answer = await self._ask(path, visitor, language.code)
            if answer is None:
                return
            if answer.status == 503:
                self.report.note("The form is not open, so the first page without JavaScript was not compared")
                return
            only = next(iter(site.forms.values())) if len(site.forms) == 1 else None
            body = _blank(site, only, language, answer.body)
            self._compare(path, answer, Expected(200, headers, body), visitor)

        return ask

    def _form(
        self, site: Site, form: FormFile, language: Language, visitor: Visitor, headers: dict[str, str]
    ) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            path = f"/nojs/{language.code}/"
            answer = await self._ask(path, visitor, language.code, {"step": "begin", "form": form.id})
            if answer is not None:
                body = _blank(site, form, language, answer.body, begun=True)
                self._compare(f"{path} (form {form.id})", answer, Expected(200, headers, body), visitor)

        return ask

    async def _ask(self, path: str, visitor: Visitor, language: str, form: dict[str, str] | None = None) -> Answer | None:
        """Ask twice at most, because a line may break once."""
        for attempt in range(2):
            if len(self.report.unanswered) >= MOST_UNANSWERED:
                return None
            try:
                return await self.live.ask(path, visitor, language, form)
            except UnreadableError as error:
                self.report.differs(path, str(error), visitor.name)
                return None
            except UnansweredError as error:
                if attempt:
                    self.report.unanswered[path] = f"{error} (asked as: {visitor.name})"
        return None

    def _compare(self, path: str, answer: Answer, expected: Expected, visitor: Visitor) -> None:
        self.report.compare(path, answer, expected, visitor.name, secure=self.live.secure)


def _blank(site: Site, form: FormFile | None, language: Language, found: bytes, *, begun: bool = False) -> bytes:
    """Return a page without JavaScript as the server renders it, with the two values that it draws for each visitor."""
    fields: nojs_fields.Fields = {"step": ["begin"], "form": [form.id]} if begun and form else {}
    if form is None:
        return rendering.form_page(site, language, {}).encode()
    ticket, sooner = _TICKET.search(found), _SOONER.search(found)
    fewer = int(sooner[1]) if sooner else 0
    fields["sooner"] = [str(min(fewer, site.rules(form).fuzz_days))]
    return rendering.form_page(site, language, fields, ticket[1].decode() if ticket else "").encode()


def _stated_by(manifest: Answer | None) -> _Manifest | None:
    if manifest is None or manifest.status != 200:
        return None
    try:
        return msgspec.json.decode(manifest.body, type=_Manifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
