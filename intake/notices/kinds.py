"""The kinds of service that notices are sent to: the form of each kind's address, and its options.

Coordinators have entered these forms since the first version: `ntfys://host/topic`, `gotifys://host/token`,
`matrixs://user:password@host/#room`, `tgram://token/chat`, `signals://host/from/to`, `mailtos://user:password@host/to`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from intake.notices.errors import Fault, TargetError
from intake.notices.mail_servers import MAIL_SERVERS
from intake.notices.targets import MAX_RECIPIENTS, Gotify, Mail, Matrix, Ntfy, Server, Signal, Target, Telegram

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*\.?|(?=.*:.*:)[0-9a-f:.]{2,45}", re.ASCII)
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,400}", re.ASCII)
_FOLDER = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~-]{1,100}", re.ASCII)
_ROOM = re.compile(r"([#!]?)([A-Za-z0-9._=+-]{1,200})(:[A-Za-z0-9.-]{1,200}(?::[0-9]{1,5})?)?", re.ASCII)
_BOT = re.compile(r"(?:bot)?([0-9]{3,32}):([A-Za-z0-9_-]{10,100})", re.ASCII)
_CHAT = re.compile(r"(-?[0-9]{1,32}|@?[A-Za-z_][A-Za-z0-9_-]{1,63})(?::([0-9]{1,10}))?", re.ASCII)
_TOPIC_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_PHONE = re.compile(r"\+?([0-9]{7,15})", re.ASCII)
_SIGNAL_GROUP = re.compile(r"@?(?:group\.)?([A-Za-z0-9_=-]{10,200})", re.ASCII)
_EMAIL = re.compile(r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64})@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)", re.ASCII)
_PRIORITIES = {"min": 1, "low": 2, "default": 3, "normal": 3, "high": 4, "max": 5, "emergency": 5}
_GOTIFY_PRIORITIES = {"low": 0, "moderate": 3, "normal": 5, "high": 8, "emergency": 10}
_YES_NO = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
T = TypeVar("T")
HTTP, HTTPS = 80, 443
TELEGRAM = Server("api.telegram.org", HTTPS, True)
NTFY = Server("ntfy.sh", HTTPS, True)


@dataclass(frozen=True, slots=True, repr=False)
class Parts:
    """The decoded parts of an address. They are not checked yet."""

    secure: bool
    host: str
    port: str
    user: str
    password: str
    path: tuple[str, ...]
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of service: whether it uses TLS, its options, and what checks the parts of its addresses."""

    secure: bool
    options: frozenset[str]
    read: Callable[[Parts], Target]


def _ntfy(parts: Parts) -> Ntfy:
    topics, token = _all_recipients(parts), parts.options.get("token", "")
    user, password = parts.user, parts.password
    server = _server(parts) if topics else NTFY
    if not topics and not (user or parts.port):
        topics = (parts.host,)  # `ntfys://topic` means a topic of ntfy.sh
    if not token and (parts.options.get("auth") == "token" or (user.startswith("tk_") and not password)):
        token = password or user
    if parts.options.get("auth", "basic") not in ("basic", "token"):
        raise TargetError(Fault.OPTION)
    priority = _choice(parts, "priority", _PRIORITIES | {str(number): number for number in range(1, 6)}, 3)
    _all(_TOPIC, topics)
    return Ntfy(server, topics, _optional(_TOKEN, token), "" if token else user, "" if token else password, priority)


def _gotify(parts: Parts) -> Gotify:
    _all(_FOLDER, parts.path)
    if parts.user:
        raise TargetError(Fault.FORM)
    priority = _choice(parts, "priority", _GOTIFY_PRIORITIES | {str(number): number for number in range(11)}, 5)
    return Gotify(_server(parts), "".join(f"/{name}" for name in parts.path[:-1]), parts.path[-1], priority)


def _matrix(parts: Parts) -> Matrix:
    rooms = _all_recipients(parts)
    _all(_ROOM, rooms)
    user, password = parts.user, parts.password
    token = parts.options.get("token", "") or ("" if user and password else user or password)
    if not token and not (user and password):
        raise TargetError(Fault.FORM)
    rooms = tuple(room if room.startswith(("#", "!")) else f"#{room}" for room in rooms)
    return Matrix(_server(parts), rooms, _optional(_TOKEN, token), "" if token else user, "" if token else password)


def _telegram(parts: Parts) -> Telegram:
    bot = _BOT.fullmatch(f"{parts.host}:{parts.port}")
    chats, topic = _all_recipients(parts), parts.options.get("topic", "0")
    _all(_CHAT, chats)
    if bot is None or parts.user or not _TOPIC_NUMBER.fullmatch(topic):
        raise TargetError(Fault.FORM)
    matches = [match for chat in chats if (match := _CHAT.fullmatch(chat))]
    named = tuple((_chat(match[1]), int(match[2] or topic)) for match in matches)
    return Telegram(TELEGRAM, f"{bot[1]}:{bot[2]}", named, _choice(parts, "silent", _YES_NO, False))


def _chat(text: str) -> str:
    return text if text.startswith("@") or text.removeprefix("-").isdecimal() else f"@{text}"


def _signal(parts: Parts) -> Signal:
    sender, *others = _all_recipients(parts) or ("",)
    if not (source := _PHONE.fullmatch(_dialled(sender))):
        raise TargetError(Fault.FORM)
    own = f"+{source[1]}"
    recipients = tuple(_signal_recipient(name) for name in others) or (own,)
    return Signal(_server(parts), parts.user, parts.password, own, recipients)


def _signal_recipient(text: str) -> str:
    if phone := _PHONE.fullmatch(_dialled(text)):
        return f"+{phone[1]}"
    if (group := _SIGNAL_GROUP.fullmatch(text)) and text.startswith(("@", "group.")):
        return f"group.{group[1]}"
    raise TargetError(Fault.FORM)


def _dialled(text: str) -> str:
    return re.sub(r"[ ().-]", "", text)


def _mail(parts: Parts) -> Mail:
    user = parts.options.get("user", parts.user)
    password = parts.options.get("pass", parts.password)
    domain = (user.rpartition("@")[2] if parts.host in ("", "_") else parts.host).lower()
    provider = MAIL_SERVERS.get(domain) if "smtp" not in parts.options else None
    host = parts.options.get("smtp", provider.host if provider else domain).lower()
    mode = parts.options.get("mode", ("ssl" if provider and provider.tls else "starttls") if parts.secure else "insecure")
    if mode not in ("ssl", "starttls") and (parts.secure or mode != "insecure"):
        raise TargetError(Fault.OPTION)
    port = {"ssl": 465, "starttls": 587, "insecure": 25}[mode]
    sender = parts.options.get("from") or f"{user.partition('@')[0]}@{domain}"
    recipients = _all_recipients(parts) or (sender,)
    _all(_EMAIL, (sender, *recipients))
    full = provider is not None and provider.whole_address and "@" not in user
    server = Server(_host(host), _port(parts.port, port), mode == "ssl")
    return Mail(server, mode == "starttls", f"{user}@{domain}" if full else user, password, sender, recipients)


def _server(parts: Parts) -> Server:
    return Server(_host(parts.host.lower()), _port(parts.port, HTTPS if parts.secure else HTTP), parts.secure)


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise TargetError(Fault.FORM)
    return text


def _port(text: str, default: int) -> int:
    if text and (not _PORT.fullmatch(text) or int(text) > 65535):
        raise TargetError(Fault.FORM)
    return int(text) if text else default


def _all_recipients(parts: Parts) -> tuple[str, ...]:
    names = (*parts.path, *(name.strip() for name in parts.options.get("to", "").split(",") if name.strip()))
    if len(names) > MAX_RECIPIENTS:
        raise TargetError(Fault.FORM)
    return names


def _all(pattern: re.Pattern[str], texts: tuple[str, ...]) -> None:
    if not texts or not all(pattern.fullmatch(text) for text in texts):
        raise TargetError(Fault.FORM)


def _optional(pattern: re.Pattern[str], text: str) -> str:
    if text and not pattern.fullmatch(text):
        raise TargetError(Fault.FORM)
    return text


def _choice(parts: Parts, name: str, values: Mapping[str, T], default: T) -> T:
    if name not in parts.options:
        return default
    try:
        return values[parts.options[name].lower()]
    except KeyError:
        raise TargetError(Fault.OPTION) from None


def _kind(secure: bool, options: str, read: Callable[[Parts], Target]) -> Kind:
    return Kind(secure, frozenset(options.split()), read)


KINDS = {
    f"{name}{'s' if secure else ''}": _kind(secure, options, read)
    for name, options, read in (
        ("ntfy", "auth priority to token", _ntfy),
        ("gotify", "priority", _gotify),
        ("matrix", "to token", _matrix),
        ("signal", "to", _signal),
        ("mailto", "from mode pass smtp to user", _mail),
    )
    for secure in (True, False)
} | {"tgram": _kind(True, "silent to topic", _telegram)}
