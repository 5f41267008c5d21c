"""Adds strict headers to every answer, refuses writes from other sites' pages, and logs errors without content."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intake.errors import ForeignOriginError, MisdirectedError
from intake.server.health import PATHS_BY_ADDRESS
from intake.service import operator_log
from intake.service.operator_log import Event
from intake.settings import Settings
from intake.web.origin import is_this_machine
from intake.web.problems import refusal

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types lit-html workers"
)
_OFF = (
    "accelerometer", "ambient-light-sensor", "attribution-reporting", "autoplay", "bluetooth", "browsing-topics",
    "camera", "captured-surface-control", "clipboard-read", "compute-pressure", "cross-origin-isolated",
    "deferred-fetch", "display-capture", "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope",
    "hid", "identity-credentials-get", "idle-detection", "join-ad-interest-group", "keyboard-map", "local-fonts",
    "magnetometer", "microphone", "midi", "otp-credentials", "payment", "picture-in-picture",
    "run-ad-auction", "screen-wake-lock", "serial",
    "shared-storage", "speaker-selection", "storage-access", "sync-xhr", "unload", "usb", "web-share",
    "window-management", "xr-spatial-tracking",
)  # fmt: skip
_SELF = ("publickey-credentials-create", "publickey-credentials-get")  # the desk's passkeys
HEADERS = {
    "content-security-policy": CSP,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": ", ".join([*(f"{name}=()" for name in _OFF), *(f"{name}=(self)" for name in _SELF)]),
}
_SAFE = {"GET", "HEAD"}
NOJS_PREFIX = "/nojs/"
STRICT_TRANSPORT = "max-age=63072000; includeSubDomains"  # two years


class SecurityHeadersMiddleware:
    """Add the security headers to every answer, including errors. Keep a file's own policy.

    Args:
        app: the wrapped application.
        secure: whether people reach this service over TLS, so that browsers must use TLS from now on.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        headers = {**HEADERS, "strict-transport-security": STRICT_TRANSPORT} if secure else HEADERS
        self._headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        self._headers.append((b"cache-control", b"no-store"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to the answer's start."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name for name, _ in given}  # lower case (ASGI)
                message["headers"] = [*given, *(header for header in self._headers if header[0] not in names)]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class CloseUnreadMiddleware:
    """Announce that the connection closes if the app answers a request before it has read the body.

    `http_protocol` does not wait for the rest. Without this header, a client would send its next request into a closed
    connection.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note whether the body was read before the answer starts."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        read = False

        async def receive_and_note() -> Message:
            nonlocal read
            message = await receive()
            read = read or not message.get("more_body", False)
            return message

        async def send_with_close(message: Message) -> None:
            if message["type"] == "http.response.start" and not read:
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        await self._app(scope, receive_and_note, send_with_close)


class ErrorLogMiddleware:
    """Log an unhandled exception's type and source line, never its message."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log an exception."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # `on_failure` has already answered
            operator_log.log(Event.FAILED, error)


class TrustedHostMiddleware:
    """Refuse requests for another host, such as an attacker's name that resolves to this address (DNS rebinding).

    Args:
        app: the wrapped application.
        hosts: the accepted values of `Host`. Empty accepts any host, because the service has no public address yet.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request for a foreign host with 421."""
        foreign = self._hosts and scope["type"] == "http" and Headers(scope=scope).get("host", "").lower() not in self._hosts
        if foreign and scope["path"] not in PATHS_BY_ADDRESS:
            await refusal(MisdirectedError("the request names a host that this server does not serve. Nothing was changed"))(
                scope, receive, send
            )
            return
        await self._app(scope, receive, send)


def own_hosts(settings: Settings) -> frozenset[str]:
    """Return the public address, the onion address, and this machine itself."""
    if not settings.origin:
        return frozenset()
    public = [urlsplit(address).netloc.lower() for address in (settings.origin, settings.theme.onion) if address]
    return frozenset([*public, *(f"{name}:{settings.port}" for name in ("localhost", "127.0.0.1", "[::1]"))])


def own_origins(settings: Settings) -> frozenset[str]:
    """Return the origins that browsers name on this service's own pages. Empty without a public address, as `own_hosts`."""
    local = {f"http://{host}" for host in own_hosts(settings) if is_this_machine(urlsplit(f"//{host}").hostname or "")}
    return frozenset([*local, settings.origin, settings.theme.onion]) - {""} if settings.origin else frozenset()


class SameOriginMiddleware:
    """Refuse writes that a browser sends for another site, by `Sec-Fetch-Site`, or by `Origin` if that is missing.

    Args:
        app: the wrapped application.
        origins: as `own_origins` returns them. Empty means the origin of the requested host.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a foreign write with 403."""
        write = scope["type"] == "http" and scope["method"] not in _SAFE
        if write and not self._same_origin(Headers(scope=scope), scope["path"]):
            await refusal(
                ForeignOriginError("the request comes from another site's page. Nothing was changed. Use this site's pages")
            )(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _same_origin(self, headers: Headers, path: str) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = headers.get("origin")
        if origin == "null":
            # A browser from before 2023 sends this with our own forms, whose pages send no referrer. The no-JavaScript pages
            # use no cookie, so an attacker who could forge such a post could as well send it directly.
            return path.startswith(NOJS_PREFIX)
        if origin is None:
            return True  # a command-line client, which has no cookies of a browser
        # Compare the text and never parse it, because browsers write an origin in one form only.
        host = headers.get("host", "").lower()
        allowed = self._origins or {f"http://{host}", f"https://{host}"}
        return origin in allowed and origin.endswith(f"://{host}")
