"""Parse the public address, and refuse to serve people over a connection that others can tamper with."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from intake.errors import SettingsError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse(setting: str, text: str) -> str:
    """Return an origin as browsers write it (RFC 6454, 6.1): in lower case, without a default port. Empty stays empty.

    Args:
        setting: the setting's name, for the message.
        text: the setting's value.

    Raises:
        SettingsError: The text is not an origin, or has a path, a query or a user.
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _wrong(setting) from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path not in ("", "/") or not text.isascii():
        raise _wrong(setting)
    if parts.query or parts.fragment or "@" in parts.netloc or any(sign <= " " for sign in text):
        raise _wrong(setting)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}")


def parse_onion(text: str) -> str:
    """Return an onion address as `parse` does.

    Raises:
        SettingsError: The text is not an onion address.
    """
    origin = parse("INTAKE_ONION", text)
    if origin and not (urlsplit(origin).hostname or "").endswith(".onion"):
        raise SettingsError("INTAKE_ONION must be an .onion address, such as http://….onion")
    return origin


def check_transport(host: str, origin: str) -> None:
    """Refuse plain http between people and the pages, because anyone in between could replace the page that encrypts.

    Args:
        host: the address listened on.
        origin: as `parse` returns it.

    Raises:
        SettingsError: People would reach the pages over plain http.
    """
    if not (_safe(urlsplit(origin)) if origin else is_this_machine(host)):
        raise SettingsError(
            "people would reach the pages over plain http, where anyone in between could change them. Nothing was started. Set "
            "INTAKE_ORIGIN to the https:// address of a proxy in front, or to an .onion address (docs/howto/install-server.md)"
        )


def is_this_machine(host: str) -> bool:
    """Return whether a host's name or address can only be this machine's own (RFC 6761, 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _safe(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    return parts.scheme == "https" or host.endswith(".onion") or is_this_machine(host)


def _wrong(setting: str) -> SettingsError:
    return SettingsError(f"{setting} must be an address such as https://help.example, without a path")
