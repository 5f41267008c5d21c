"""What each kind of service is sent, byte for byte: nothing in it makes a device contact anyone but the chosen service."""

import base64
import json
import re
from email import message_from_bytes, policy
from typing import Any

import pytest

from intake.notices.connection import Bounds, Dialler
from intake.notices.errors import NoticeError
from intake.notices.kinds import KINDS
from intake.notices.parser import parse
from intake.notices.services import send
from intake.notices.targets import Server, Telegram
from tests.support.services import OK, Service, always, http, listening, mail

SENTENCE = "Something is waiting at the desk."
HOSTS = ("127.0.0.1",)


def notify(url: str, sentence: str = SENTENCE) -> None:
    send(parse(url, tuple(KINDS), HOSTS), sentence, Dialler(HOSTS, Bounds(5)))


def requests(service: Service) -> list[tuple[str, dict[str, str], Any]]:
    """The requests that a service received: first line, head, body."""
    received, rest = [], service.everything
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        names = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(names.get("content-length", "0"))
        received.append((first, names, json.loads(rest[:length]) if length else None))
        rest = rest[length:]
    return received


def head(service: Service, **more: str) -> dict[str, str]:
    """All headers that a request may have."""
    return {"host": f"127.0.0.1:{service.port}", "accept-encoding": "identity", **more}


def check(service: Service, line: str, body: Any, **more: str) -> None:
    """Check that a service received this request and nothing else."""
    [(first, names, sent)] = requests(service)
    assert (first, sent) == (f"{line} HTTP/1.1", body)
    length = names.pop("content-length")
    assert length.isdecimal()
    assert names == head(service, **({"content-type": "application/json"} | more))


def test_ntfy_is_sent_topic_and_sentence_without_icon_link_or_action() -> None:
    with listening(always()) as service:
        notify(f"ntfy://127.0.0.1:{service.port}/desk")
        check(service, "POST /", {"topic": "desk", "message": SENTENCE, "priority": 3})
    with listening(always()) as service:
        notify(f"ntfy://ana:s%20t@127.0.0.1:{service.port}/desk?priority=high")
        basic = "Basic " + base64.b64encode(b"ana:s t").decode()
        check(service, "POST /", {"topic": "desk", "message": SENTENCE, "priority": 4}, authorization=basic)
    with listening(always()) as service:
        notify(f"ntfy://tk_1@127.0.0.1:{service.port}/desk")
        check(service, "POST /", {"topic": "desk", "message": SENTENCE, "priority": 3}, authorization="Bearer tk_1")


def test_gotify_receives_only_the_sentence() -> None:
    with listening(always()) as service:
        notify(f"gotify://127.0.0.1:{service.port}/push/Atoken")
        check(service, "POST /push/message", {"message": SENTENCE, "priority": 5}, **{"x-gotify-key": "Atoken"})


def test_telegram_is_sent_the_sentence_as_plain_text() -> None:
    with listening(always()) as service:
        target = Telegram(Server("127.0.0.1", service.port, False), "123:token", (("-100", 7),), False)
        send(target, SENTENCE, Dialler(HOSTS, Bounds(5)))
        body = {"chat_id": "-100", "text": SENTENCE, "disable_notification": False, "message_thread_id": 7}
        check(service, "POST /bot123:token/sendMessage", body)


def test_a_signal_gateway_is_sent_the_sentence_without_attachments() -> None:
    with listening(always(OK.replace(b"200 OK", b"201 Created"))) as service:
        notify(f"signal://127.0.0.1:{service.port}/+4912345678/+4987654321")
        body = {"message": SENTENCE, "number": "+4912345678", "recipients": ["+4987654321"], "text_mode": "normal"}
        check(service, "POST /v2/send", body)


def test_each_recipient_of_an_address_is_sent_one_notice_over_one_connection() -> None:
    with listening(always()) as service:
        notify(f"ntfy://127.0.0.1:{service.port}/a/b/c")
        assert [body["topic"] for _, _, body in requests(service)] == ["a", "b", "c"]
        assert service.connections == 1


def homeserver(request: bytes) -> bytes:
    answers = {
        b"/login": {"access_token": "given", "user_id": "@ana:example.org"},
        b"/whoami": {"user_id": "@ana:example.org"},
        b"/join/": {"room_id": "!room:example.org"},
    }
    line = request.partition(b"\r\n")[0]
    body = json.dumps(next((answer for part, answer in answers.items() if part in line), {})).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def test_matrix_is_sent_plain_text_without_discovery() -> None:
    with listening(http(homeserver)) as service:
        notify(f"matrix://ana:secret@127.0.0.1:{service.port}/#desk")
        login, join, sent, logout = requests(service)
        assert login[0] == "POST /_matrix/client/v3/login HTTP/1.1"
        assert login[2] == {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": "ana"},
            "password": "secret",
            "device_id": "NOTICES",
        }
        assert (join[0], join[2]) == ("POST /_matrix/client/v3/join/%23desk%3Aexample.org HTTP/1.1", {})
        assert re.fullmatch(
            r"PUT /_matrix/client/v3/rooms/%21room%3Aexample.org/send/m.room.message/[0-9a-f]{32} HTTP/1.1", sent[0]
        )
        assert sent[2] == {"msgtype": "m.text", "body": SENTENCE}
        assert logout[0] == "POST /_matrix/client/v3/logout HTTP/1.1"
        assert {request[1].get("authorization") for request in (join, sent, logout)} == {"Bearer given"}


@pytest.mark.parametrize(
    ("room", "asked"),
    [("!abc:b.org", ""), ("!" + "a" * 43, ""), ("!old", "%21old%3Aexample.org"), ("desk", "%23desk%3Aexample.org")],
)
def test_matrix_is_asked_who_signs_in_only_for_a_room_that_lacks_its_server(room: str, asked: str) -> None:
    with listening(http(homeserver)) as service:
        notify(f"matrix://syt_x@127.0.0.1:{service.port}/{room}")
        lines = [line for line, _, _ in requests(service)]
        assert ("GET /_matrix/client/v3/account/whoami HTTP/1.1" in lines) is bool(asked)
        assert not asked or f"POST /_matrix/client/v3/join/{asked} HTTP/1.1" in lines
        assert len(lines) == (3 if asked else 2)


def test_a_matrix_server_that_fails_to_sign_out_has_still_taken_the_notice() -> None:
    def answer(request: bytes) -> bytes:
        return b"HTTP/1.1 500 no\r\n\r\n" if b"/logout" in request else homeserver(request)

    with listening(http(answer)) as service:
        notify(f"matrix://ana:secret@127.0.0.1:{service.port}/#desk")


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense", b"[" * 100_000, b"[]", b'{"user_id": 3}', b'{"access_token": "t", "user_id": "@a:b"}',
        *(b'{"access_token": "t", "user_id": "@a:b", "room_id": %s}' % name for name in (b"3", b'"a b"', b'"\\u0000"')),
        b'{"access_token": "t\\r\\nHost: x", "user_id": "@a:b", "room_id": "!a:b"}',
        b'{"access_token": "\\u0441", "user_id": "@a:b", "room_id": "!a:b"}',
    ],
)  # fmt: skip
def test_an_invented_answer_of_a_matrix_server_is_a_failure(body: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with listening(always(answer)) as service, pytest.raises(NoticeError):
        notify(f"matrix://ana:secret@127.0.0.1:{service.port}/#desk")


def test_mail_is_one_sentence_of_plain_text_and_names_no_machine() -> None:
    sentence = "هناك ما ينتظر في المكتب."
    with listening(mail) as service:
        notify(f"mailto://ana:secret@127.0.0.1:{service.port}/ben@example.org?from=ana@example.org", sentence)
        assert service.connections == 1
        lines = service.everything
    envelope, _, rest = lines.partition(b"\r\ndata\r\n")
    assert envelope.split(b"\r\n") == [
        b"ehlo [127.0.0.1]",
        b"AUTH PLAIN " + base64.b64encode(b"\0ana\0secret"),
        b"mail FROM:<ana@example.org>",
        b"rcpt TO:<ben@example.org>",
    ]
    raw, _, end = rest.partition(b"\r\n.\r\n")
    assert end.upper() == b"QUIT\r\n"
    message = message_from_bytes(raw, policy=policy.SMTP)
    assert {name.lower() for name in message} == {
        "from", "to", "subject", "date", "message-id", "content-type", "content-transfer-encoding", "mime-version",
    }  # fmt: skip
    assert (message["From"], message["To"], message["Subject"]) == ("ana@example.org", "ben@example.org", sentence)
    assert message["Message-ID"].endswith("@example.org>")
    assert (message.get_content_type(), message.get_content().strip()) == ("text/plain", sentence)


def test_mail_without_a_password_does_not_sign_in() -> None:
    with listening(mail) as service:
        notify(f"mailto://127.0.0.1:{service.port}?from=ana@example.org")
        assert b"AUTH" not in service.everything.upper()


def test_nothing_of_a_notice_names_an_address_on_the_web() -> None:
    for url, talk in (
        ("ntfy://127.0.0.1:{}/desk", always()),
        ("gotify://127.0.0.1:{}/token", always()),
        ("signal://127.0.0.1:{}/+4912345678", always()),
        ("matrix://a:b@127.0.0.1:{}/#desk", http(homeserver)),
        ("mailto://a:b@127.0.0.1:{}?from=a@example.org", mail),
    ):
        with listening(talk) as service:
            notify(url.format(service.port))
            assert service.everything
            for word in (b"http:", b"https:", b"www.", b"icon", b"attach", b"click", b"user-agent", b".well-known"):
                assert word not in service.everything.lower(), (url, word)
