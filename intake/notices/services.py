"""Sends one fixed sentence to each kind of service.

A notice contains nothing that makes a device contact another host: no icon, picture, link, attachment or formatting.
`tests/notices/test_bytes_sent.py` checks the bytes.
"""

import base64
import contextlib
import json
import secrets
import smtplib
from contextlib import closing
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import singledispatch
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

from intake.notices.connection import HTTP, Dialler, tls
from intake.notices.errors import NoticeError
from intake.notices.targets import Gotify, Mail, Matrix, Ntfy, Signal, Target, Telegram

_MATRIX = "/_matrix/client/v3"
_DEVICE = "NOTICES"  # the device id of a sign-in with a password; always the same, so that devices do not accumulate
_ID_WITHOUT_SERVER = 43  # characters of a room id that names no server (from room version 12 on)


def send(target: Target, sentence: str, dialler: Dialler) -> None:
    """Send one notice.

    Raises:
        NoticeError: the notice was not sent, or was sent to some of its recipients only.
    """
    try:
        _send(target, sentence, dialler)
    except (OSError, ValueError, RecursionError, HTTPException, smtplib.SMTPException):
        raise NoticeError from None


@singledispatch
def _send(target: Target, sentence: str, dialler: Dialler) -> None:
    raise NoticeError


@_send.register
def _ntfy(target: Ntfy, sentence: str, dialler: Dialler) -> None:
    headers = _bearer(target.token) if target.token else _basic(target.user, target.password)
    with closing(dialler.http(target.server)) as http:
        for topic in target.topics:
            _post(http, "/", {"topic": topic, "message": sentence, "priority": target.priority}, headers)


@_send.register
def _gotify(target: Gotify, sentence: str, dialler: Dialler) -> None:
    message = {"message": sentence, "priority": target.priority}
    with closing(dialler.http(target.server)) as http:
        _post(http, f"{target.folder}/message", message, {"X-Gotify-Key": target.token})


@_send.register
def _telegram(target: Telegram, sentence: str, dialler: Dialler) -> None:
    with closing(dialler.http(target.server)) as http:
        for chat, topic in target.chats:
            message: dict[str, Any] = {"chat_id": chat, "text": sentence, "disable_notification": target.silent}
            message |= {"message_thread_id": topic} if topic else {}
            _post(http, f"/bot{target.token}/sendMessage", message, {})


@_send.register
def _signal(target: Signal, sentence: str, dialler: Dialler) -> None:
    headers = _basic(target.user, target.password)
    with closing(dialler.http(target.server)) as http:
        for recipient in target.recipients:
            message = {"message": sentence, "number": target.sender, "recipients": [recipient], "text_mode": "normal"}
            _post(http, "/v2/send", message, headers)


@_send.register
def _matrix(target: Matrix, sentence: str, dialler: Dialler) -> None:
    with closing(dialler.http(target.server)) as http:
        headers, user = (_bearer(target.token), "") if target.token else _sign_in(http, target)
        if not user and not all(map(_names_its_server, target.rooms)):
            user = _text(_ask(http, "GET", "/account/whoami", None, headers), "user_id")
        for room in target.rooms:
            named = room if _names_its_server(room) else f"{room}:{user.partition(':')[2]}"
            joined = _text(_ask(http, "POST", f"/join/{quote(named, safe='')}", {}, headers), "room_id")
            path = f"/rooms/{quote(joined, safe='')}/send/m.room.message/{secrets.token_hex(16)}"
            _ask(http, "PUT", path, {"msgtype": "m.text", "body": sentence}, headers)
        if not target.token:
            with contextlib.suppress(NoticeError, OSError, ValueError, HTTPException):  # the notice was sent
                _ask(http, "POST", "/logout", {}, headers)


def _sign_in(http: HTTP, target: Matrix) -> tuple[dict[str, str], str]:
    identifier = {"type": "m.id.user", "user": target.user}
    login = {"type": "m.login.password", "identifier": identifier, "password": target.password, "device_id": _DEVICE}
    session = _ask(http, "POST", "/login", login, {})
    return _bearer(_text(session, "access_token")), _text(session, "user_id")


def _names_its_server(room: str) -> bool:
    return ":" in room or (room.startswith("!") and len(room) == 1 + _ID_WITHOUT_SERVER)


@_send.register
def _mail(target: Mail, sentence: str, dialler: Dialler) -> None:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = target.sender
    message["To"] = ", ".join(target.recipients)
    message["Subject"] = sentence
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=target.sender.rpartition("@")[2])
    message.set_content(sentence)
    with dialler.smtp(target.server) as server:
        if target.starttls:
            server.starttls(context=tls())
        if target.login:
            server.login(target.login, target.password)
        if server.sendmail(target.sender, target.recipients, message.as_bytes()):
            raise NoticeError


def _ask(http: HTTP, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
    return json.loads(_exchange(http, method, f"{_MATRIX}{path}", body, headers))


def _text(answer: Any, name: str) -> str:
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        raise NoticeError
    return value


def _post(http: HTTP, path: str, body: Any, headers: dict[str, str]) -> None:
    _exchange(http, "POST", path, body, headers)


def _exchange(http: HTTP, method: str, path: str, body: Any, headers: dict[str, str]) -> bytes:
    """Send a request and return the body of its answer. Every status but 200 and 201 is a failure, also a redirect."""
    sent = None if body is None else json.dumps(body).encode()
    http.request(method, path, sent, {**headers, **({} if sent is None else {"Content-Type": "application/json"})})
    answer = http.getresponse()
    if answer.status not in (200, 201):
        http.close()
        raise NoticeError
    return answer.read()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _basic(user: str, password: str) -> dict[str, str]:
    if not user:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
