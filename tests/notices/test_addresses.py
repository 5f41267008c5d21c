"""No notice is sent into the server's network: addresses, hosts and options are refused before any host is contacted."""

import pytest

from intake.notices.addresses import is_public
from intake.notices.errors import Fault, TargetError
from intake.notices.kinds import KINDS
from intake.notices.parser import parse
from intake.notices.targets import Gotify, Mail, Matrix, Ntfy, Server, Signal, Telegram

BOT = "123456789:AAabcdefghijklmnopqrstuvwxyz"


def fault(url: str, hosts: tuple[str, ...] = (), allowed: tuple[str, ...] = tuple(KINDS)) -> Fault | None:
    try:
        parse(url, allowed, hosts)
    except TargetError as error:
        return error.fault
    return None


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.0.9", "168.63.129.16", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1",
        "::127.0.0.1", "::7f00:1", "::93.184.216.34", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1", "64:ff9b::93.184.216.34", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378::1",
        "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:5db8:d822::1", "3fff::1", "5f00::1",
        "fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "", "nonsense",
        "127.1", "0x7f.0.0.1",
    ],
)  # fmt: skip
def test_an_address_that_leads_into_a_private_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "172.15.255.255", "172.32.0.1", "2606:4700:4700::1111", "2a00::1"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8443", "localhost", "LOCALHOST", "localhost.", "api.localhost", "printer", "printer.local", "db.internal",
        "router.lan", "x.home.arpa", "something.onion", "[::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]", "[::127.0.0.1]",
        "[fec0::1]", "127.1", "0177.0.0.1", "0x7f000001", "2130706433", "a.0x7f", "127.0.0.1.", "10.0.0.1", "169.254.169.254",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "kind", ["ntfys://{}/topic", "gotifys://{}/token", "matrixs://token@{}/!room:a.b", "signals://{}/4912345678"]
)
def test_a_stolen_session_cannot_name_a_host_of_the_servers_network(kind: str, host: str) -> None:
    assert fault(kind.format(host)) is Fault.HOST


def test_a_stolen_session_cannot_name_a_mail_server_of_the_servers_network() -> None:
    assert fault("mailtos://a:b@192.168.1.1?from=a@b.org") is Fault.HOST
    assert fault("mailtos://a:b@example.org?smtp=127.0.0.1") is Fault.HOST
    assert fault("mailtos://a:b@example.org?smtp=127.0.0.1:25") is Fault.FORM


def test_notices_are_sent_to_public_hosts_or_only_to_the_named_hosts() -> None:
    assert fault("ntfys://93.184.216.34/topic") is None
    assert fault("ntfys://10.0.0.5/topic", ("10.0.0.5",)) is None
    assert fault("ntfys://93.184.216.34/topic", ("10.0.0.5",)) is Fault.HOST
    assert fault(f"tgram://{BOT}/1", ("ntfy.example.org",)) is Fault.HOST
    assert fault("ntfys://topic", ("ntfy.example.org",)) is Fault.HOST
    assert fault("mailtos://a:b@gmail.com", ("gmail.com",)) is Fault.HOST


@pytest.mark.parametrize(
    "option", ["redirect", "rto", "cto", "verify", "overflow", "format", "retry", "wait", "tz", "store", "+h", ""]
)
@pytest.mark.parametrize(
    "address",
    [
        "ntfys://example.org/t", "gotifys://example.org/t", "matrixs://t@example.org/!r:a.b", f"tgram://{BOT}/1",
        "signals://example.org/+4912345678", "mailtos://a:b@example.org",
    ],
)  # fmt: skip
def test_an_option_that_is_not_on_the_list_is_refused_with_any_value(address: str, option: str) -> None:
    assert fault(address) is None
    for value in ("yes", "no", "90000", ""):
        assert fault(f"{address}?{option}={value}") is Fault.OPTION


@pytest.mark.parametrize(
    "option",
    ["image", "avatar_url", "click", "actions", "attach", "filename", "email", "delay", "xtags", "tags", "icon", "mode"],
)
def test_an_option_that_makes_a_device_contact_someone_else_is_refused(option: str) -> None:
    assert fault(f"ntfys://example.org/t?{option}=https://evil.example/x.png") is Fault.OPTION


def test_matrix_takes_no_discovery_and_no_webhooks() -> None:
    for option in ("discovery=yes", "mode=slack", "mode=t2bot", "path=/x", "e2ee=yes"):
        assert fault(f"matrixs://token@example.org/!room:example.org?{option}") is Fault.OPTION


@pytest.mark.parametrize(
    "url",
    [
        "", "nonsense", "ntfys:/93.184.216.34", "ntfys://", "ntfys:///topic", "ntfys://a b.org/topic", "ntfys://example.org/top%0aic",
        "ntfys://example.org/top/ic%2f", "ntfys://example.org:99999/t", "ntfys://example.org:0/t", "ntfys://example.org:x/t",
        "ntfys://[::1/t", "ntfys://[::1]x/t", "ntfys://example.org/" + "a" * 3000, "ntfys://example.org/" + "t/" * 6,
        "gotifys://example.org", "gotifys://example.org/../admin", "gotifys://user@example.org/token", "matrixs://example.org/!room",
        "matrixs://token@example.org", "matrixs://tok%20en@example.org/!a:b",
        "matrixs://token@example.org/@someone:example.org", "tgram://nonsense/1", f"tgram://{BOT}",
        f"tgram://{BOT}/1?topic=x", f"tgram://{BOT}/a%20b", "signals://example.org", "signals://example.org/call-me",
        "signals://example.org/+4912345678/nobody", "mailtos://example.org", "mailtos://a:b@example.org/not-an-address",
        "mailtos://a:b@example.org?from=a%0d%0aBcc:x@y.org", "ntfys://example.org/t%ff", "ntfys://example.org\n/t",
    ],
)  # fmt: skip
def test_an_address_that_is_not_whole_is_refused(url: str) -> None:
    assert fault(url) is Fault.FORM


def test_a_kind_that_the_operator_does_not_allow_is_refused() -> None:
    for url in ("json://example.org/t", "ntfy://example.org/t", "file:///etc/passwd"):
        assert fault(url, allowed=("ntfys", "file")) is Fault.KIND


def test_an_option_counts_once_and_has_its_own_values() -> None:
    for url in (
        "ntfys://example.org/t?priority=1&priority=2", "ntfys://example.org/t?priority=shrill", "ntfys://example.org/t?auth=none",
        "gotifys://example.org/t?priority=11", f"tgram://{BOT}/1?silent=perhaps", "mailtos://a:b@example.org?mode=insecure",
    ):  # fmt: skip
        assert fault(url) is Fault.OPTION, url


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("ntfys://ntfy.example.org/desk", Ntfy(Server("ntfy.example.org", 443, True), ("desk",), "", "", "", 3)),
        ("ntfys://desk", Ntfy(Server("ntfy.sh", 443, True), ("desk",), "", "", "", 3)),
        ("ntfy://u:p%40ss@Example.org:8080/a/b", Ntfy(Server("example.org", 8080, False), ("a", "b"), "", "u", "p@ss", 3)),
        ("ntfys://tk_abc@example.org/t?priority=high", Ntfy(Server("example.org", 443, True), ("t",), "tk_abc", "", "", 4)),
        ("ntfys://u:tk_abc@example.org/t?auth=token", Ntfy(Server("example.org", 443, True), ("t",), "tk_abc", "", "", 3)),
        ("ntfys://example.org/?to=a,b&token=tk_1", Ntfy(Server("example.org", 443, True), ("a", "b"), "tk_1", "", "", 3)),
        ("gotifys://example.org/push/Atoken.1?priority=high", Gotify(Server("example.org", 443, True), "/push", "Atoken.1", 8)),
        (
            "matrixs://ana:secret@matrix.example.org/#desk",
            Matrix(Server("matrix.example.org", 443, True), ("#desk",), "", "ana", "secret"),
        ),
        (
            "matrixs://syt_x@matrix.example.org:8448/!abc:example.org/desk",
            Matrix(Server("matrix.example.org", 8448, True), ("!abc:example.org", "#desk"), "syt_x", "", ""),
        ),
        (
            f"tgram://{BOT}/-100123:7/someone",
            Telegram(Server("api.telegram.org", 443, True), BOT, (("-100123", 7), ("@someone", 0)), False),
        ),
        (f"tgram://bot{BOT}/1?silent=yes&topic=3", Telegram(Server("api.telegram.org", 443, True), BOT, (("1", 3),), True)),
        (
            "signals://u:p@signal.example.org/+49 1234-5678/4987654321/@group.abcdefghijk=",
            Signal(Server("signal.example.org", 443, True), "u", "p", "+4912345678", ("+4987654321", "group.abcdefghijk=")),
        ),
        (
            "signal://signal.example.org/+4912345678",
            Signal(Server("signal.example.org", 80, False), "", "", "+4912345678", ("+4912345678",)),
        ),
        (
            "mailtos://ana:secret@example.org",
            Mail(Server("example.org", 587, False), True, "ana", "secret", "ana@example.org", ("ana@example.org",)),
        ),
        (
            "mailtos://ana:secret@gmail.com/ben@example.org",
            Mail(Server("smtp.gmail.com", 587, False), True, "ana@gmail.com", "secret", "ana@gmail.com", ("ben@example.org",)),
        ),
        (
            "mailtos://_?user=ana@example.org&pass=a%26b&smtp=mail.example.org&mode=ssl&to=ben@example.org",
            Mail(
                Server("mail.example.org", 465, True), False, "ana@example.org", "a&b", "ana@example.org", ("ben@example.org",)
            ),
        ),
        (
            "mailto://ana:s@example.org:26",
            Mail(Server("example.org", 26, False), False, "ana", "s", "ana@example.org", ("ana@example.org",)),
        ),
    ],
)
def test_addresses_that_earlier_versions_took_are_read_as_they_were(url: str, target: object) -> None:
    assert parse(url, tuple(KINDS), ()) == target


def test_a_target_does_not_show_its_secrets() -> None:
    assert repr(parse("ntfys://user:secret@example.org/t", ("ntfys",), ())) == "Ntfy()"
