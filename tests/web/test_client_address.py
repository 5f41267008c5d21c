"""The client's address in the exact forms that proxies send. No client can pass for another."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from intake.web.client_address import TrustedProxies, parse

PROXY = "10.0.0.5"
CLIENT = "192.0.2.7"
FORGED = "203.0.113.9"
PROXIES = TrustedProxies([ip_network("10.0.0.5/32"), ip_network("10.1.0.0/16"), ip_network("2001:db8:ffff::/48")])


def connection(*lines: str, peer: str = PROXY, **others: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in lines]
    headers += [(name.replace("_", "-").encode(), value.encode()) for name, value in others.items()]
    return HTTPConnection({"type": "http", "client": (peer, 4711), "headers": headers})


def said(*lines: str, peer: str = PROXY, **others: str) -> str:
    return str(PROXIES.client_address(connection(*lines, peer=peer, **others)))


# The lines that arrive after a client has sent `X-Forwarded-For: 203.0.113.9` itself.
@pytest.mark.parametrize(
    ("lines", "client"),
    [
        # nginx, `proxy_set_header X-Forwarded-For $remote_addr`, and $proxy_add_x_forwarded_for
        pytest.param([CLIENT], CLIENT, id="nginx-remote-addr"),
        pytest.param([f"{FORGED}, {CLIENT}"], CLIENT, id="nginx-add"),
        pytest.param(["::ffff:192.0.2.7"], CLIENT, id="nginx-dual-stack-socket"),
        pytest.param(["2001:db8::7"], "2001:db8::7", id="nginx-ipv6"),
        pytest.param([f"{CLIENT}:4711"], CLIENT, id="nginx-remote-addr-and-port"),
        pytest.param(["unix:"], "None", id="nginx-unix-socket"),
        # Caddy, and its `trusted_proxies`
        pytest.param([CLIENT], CLIENT, id="caddy"),
        pytest.param([f"{FORGED}, {CLIENT}"], CLIENT, id="caddy-trusting"),
        pytest.param(["fe80::7%eth0"], "fe80::7", id="caddy-link-local-zone"),
        # HAProxy, `option forwardfor`; `set-header X-Forwarded-For %[src]`, `%ci:%cp`
        pytest.param([FORGED, CLIENT], CLIENT, id="haproxy-a-line-of-its-own"),
        pytest.param([FORGED, FORGED, "2001:db8::7"], "2001:db8::7", id="haproxy-ipv6"),
        pytest.param([FORGED, "::ffff:c000:207"], CLIENT, id="haproxy-dual-stack-socket"),
        pytest.param([f"{CLIENT}:51234"], CLIENT, id="haproxy-ci-cp"),
        # Traefik (Go), with and without `forwardedHeaders.insecure`
        pytest.param([CLIENT], CLIENT, id="traefik"),
        pytest.param([f"{FORGED}, {CLIENT}"], CLIENT, id="traefik-insecure"),
        # Apache, mod_proxy_http
        pytest.param([f"{FORGED}, {CLIENT}"], CLIENT, id="apache"),
        pytest.param([f"{FORGED},{FORGED}, 2001:db8::7"], "2001:db8::7", id="apache-ipv6"),
        # Load balancers that keep the port
        pytest.param(["[2001:db8::7]:51234"], "2001:db8::7", id="ipv6-with-port"),
        pytest.param(["[2001:db8::7]"], "2001:db8::7", id="ipv6-in-brackets"),
        pytest.param(["[::ffff:192.0.2.7]:51234"], CLIENT, id="mapped-with-port"),
        # Chains
        pytest.param([f"{FORGED}, {CLIENT}, 10.1.2.3"], CLIENT, id="two-proxies"),
        pytest.param([FORGED, f"{CLIENT}:9, [2001:db8:ffff::1]:80", "::ffff:10.1.2.3"], CLIENT, id="three-proxies"),
        pytest.param([f"10.1.2.3\t,{CLIENT}\t"], CLIENT, id="tabs"),
        pytest.param(["10.1.2.3"], "10.1.2.3", id="a-proxy-asks-itself"),
    ],
)
def test_the_client_is_found_in_the_form_of_each_proxy(lines: list[str], client: str) -> None:
    assert said(*lines) == client


@pytest.mark.parametrize("header", ["forwarded", "x_real_ip", "x_client_ip", "true_client_ip", "cf_connecting_ip"])
def test_a_header_that_proxies_pass_on_as_the_client_wrote_it_is_not_read(header: str) -> None:
    value = f'for="{FORGED}"' if header == "forwarded" else FORGED
    assert said(CLIENT, **{header: value}) == CLIENT
    assert said(**{header: value}) == "None"


def test_a_client_without_a_proxy_cannot_name_another_address() -> None:
    assert said(FORGED, peer=CLIENT) == CLIENT
    assert said(f"{FORGED}, {PROXY}", peer=f"::ffff:{CLIENT}") == CLIENT


def test_a_proxy_without_a_valid_address_gives_none_and_never_the_clients_own_header() -> None:
    assert said() == "None"
    for nothing in ("", " ", "unknown", "_hidden", "unix:", "help.example", "192.0.2.7.9", "1.2.3.4:123456", "[", "[]:1", "²"):
        assert said(FORGED, nothing) == "None"
        assert said(f"{FORGED}, {nothing}") == "None"


def test_visitors_over_ipv4_at_a_socket_for_both_are_not_one_source() -> None:
    first, second = (PROXIES.client_address(connection(peer=f"::ffff:192.0.{part}.1")) for part in (2, 3))
    assert (str(first), str(second)) == ("192.0.2.1", "192.0.3.1")


def test_a_proxy_named_as_a_mapped_address_is_the_same_proxy() -> None:
    mapped = TrustedProxies([ip_network("::ffff:10.0.0.5/128"), ip_network("::ffff:10.8.0.0/112")])
    for peer in (PROXY, f"::ffff:{PROXY}", "10.8.255.1"):
        assert str(mapped.client_address(connection(CLIENT, peer=peer))) == CLIENT
    assert str(mapped.client_address(connection(FORGED, peer="10.9.0.1"))) == "10.9.0.1"
    assert str(TrustedProxies([ip_network("::/0")]).client_address(connection(FORGED, peer=CLIENT))) == CLIENT


ELEMENTS = st.one_of(st.ip_addresses().map(str), st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00")))


@given(st.lists(ELEMENTS, max_size=6), st.booleans(), st.ip_addresses().filter(lambda address: parse(str(address)) == address))
def test_only_the_address_that_the_proxy_adds_counts(forged: list[str], extended: bool, client: object) -> None:
    lines = [", ".join([*forged, str(client)])] if extended else [*forged, str(client)]
    trusting = TrustedProxies([ip_network(f"{PROXY}/32")])
    if client != ip_address(PROXY):
        assert trusting.client_address(connection(*lines)) == client
