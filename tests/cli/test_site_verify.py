"""`intake site verify` names what a host changed. Each test is one thing that a host could do."""

import datetime as dt
import gzip
import json
import re
from collections.abc import Callable, Iterator
from functools import cache

import msgspec
import pytest
from typer.testing import CliRunner, Result

from crypto import keylist, site_settings
from crypto.encoding import as_dict, new_id
from crypto.errors import SignatureError
from crypto.keylist import KeyList
from crypto.labels import Label
from crypto.signing import SigningKey
from intake import settings
from intake.cli import site_check
from intake.cli.errors import CommandError
from intake.cli.main import app as commands
from intake.server import app
from intake.service.service import Service, utc_now
from intake.site import public_settings
from intake.site.public_settings import PublicSettings
from intake.site.render import Site
from tests.support.form_files import HEAD, WORDS
from tests.support.installation import FakeClock, Installation
from tests.support.lying_host import Host, Lie, Told, honest, hosted
from tests.support.services import dripping, flooding, listening, silent

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'
FORM = HEAD.replace("title", 'languages = ["en", "ar", "fr"]\ntitle', 1) + WORDS
LANGUAGES = ("en", "ar", "fr", "so")
_SITES: dict[bytes, Site] = {}


def rendered_once(public: PublicSettings) -> Site:
    """Render each site once for all tests, and leave out the desk in most languages: both take most of their time."""
    body = public_settings.to_bytes(public)
    if body not in _SITES:
        site = _SITES[body] = Site(public)
        left_out = site.languages.keys() - {*LANGUAGES}
        site.files = {address: file for address, file in site.files.items() if address.split("/")[1] not in left_out}
    return _SITES[body]


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Open a service with its own form, logo, colour and phone, and a group of one."""
    folder = tmp_path_factory.mktemp("group")
    (folder / "logo.svg").write_text(LOGO)
    (folder / "form.toml").write_text(FORM)
    config = settings.read(
        {
            "INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_FORMS": f"{folder}/form.toml",
            "INTAKE_LOGO": f"{folder}/logo.svg", "INTAKE_COLOUR": "#1e3a8a", "INTAKE_PHONE": "555 01 02",
            "INTAKE_GROUP_NAME": "Nachbarn <& Freunde>", "INTAKE_DANGER_PHONE": "112; fr=15",
            "INTAKE_SIGNED_SETTINGS": f"{folder}/signed.json",
        }
    )  # fmt: skip
    clock = FakeClock()
    clock.now = utc_now()
    service = Service.open(config, clock, upgrade=True)
    installation = Installation(service, clock, [])
    installation.found(1)
    yield installation
    service.close()


@pytest.fixture(scope="module")
def running(group: Installation) -> Iterator[Host]:
    """Run the group's host."""
    with hosted(app.build(group.service, rendered_once(public_settings.publish(group.service.settings)))) as host:
        yield host


@pytest.fixture
def host(running: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Return the host, which is honest again after each test."""
    monkeypatch.setattr(site_check, "Site", rendered_once)
    yield running
    running.lie = honest


def verify(address: str, *more: str) -> Result:
    return CliRunner().invoke(commands, ["site", "verify", address, *more])


def changing(path: str, change: Callable[[bytes], bytes]) -> Lie:
    """Return a lie that changes the body at one address."""

    def lie(answer: Told) -> None:
        if answer.path == path:
            answer.body = change(answer.body)

    return lie


def test_an_honest_host_of_a_group_with_its_own_form_and_logo_is_equal(host: Host) -> None:
    result = verify(host.address)
    assert result.exit_code == 0, result.output
    assert "is equal to release" in result.output
    assert "No coordinator has signed the settings" in result.output
    assert {"/en/", "/ar/desk/", "/nojs/fr/return/", "/exit/en/", "/"} <= set(host.paths)
    assert any(path.startswith("/s/logo.") for path in host.paths)


def test_one_changed_byte_of_a_script_is_found(host: Host) -> None:
    def lie(answer: Told) -> None:
        if answer.path.startswith("/s/form."):
            answer.body = answer.body[:-2] + bytes([answer.body[-2] ^ 1]) + answer.body[-1:]

    host.lie = lie
    result = verify(host.address)
    assert result.exit_code == 1
    assert "/s/form." in result.output
    assert "Only as" not in result.output


def test_an_inline_script_in_one_language_is_found_and_shown(host: Host) -> None:
    host.lie = changing("/ar/", lambda body: body.replace(b"</main>", b"<script>steal()</script></main>"))
    result = verify(host.address)
    assert result.exit_code == 1
    assert "/ar/: line" in result.output
    assert "steal()" in result.output
    assert "/en/" not in result.output


def test_a_host_that_drops_the_content_security_policy_of_one_page_is_found(host: Host) -> None:
    def lie(answer: Told) -> None:
        if answer.path == "/fr/desk/":
            del answer.headers["content-security-policy"]

    host.lie = lie
    result = verify(host.address)
    assert result.exit_code == 1
    assert "/fr/desk/: header content-security-policy is missing" in result.output


def test_a_header_that_makes_a_browser_act_is_found(host: Host) -> None:
    added = {"en": "set-cookie", "ar": "link", "fr": "refresh", "so": "service-worker-allowed"}

    def lie(answer: Told) -> None:
        language = answer.path.split("/")[1]
        if answer.path == f"/{language}/desk/" and language in added:
            answer.headers[added[language]] = "0; url=https://evil.example"

    host.lie = lie
    result = verify(host.address)
    assert result.exit_code == 1
    for language, name in added.items():
        assert f"/{language}/desk/: header {name} is added" in result.output


def test_another_page_for_one_kind_of_browser_is_found_and_the_browser_named(host: Host) -> None:
    def lie(answer: Told) -> None:
        if answer.path == "/en/" and "iPhone" in answer.asked["user-agent"]:
            answer.body = answer.body.replace(b"/s/form.", b"/s/evil.")

    host.lie = lie
    result = verify(host.address)
    assert result.exit_code == 1
    assert "Only as: Safari on an iPhone" in result.output


def test_another_page_for_who_comes_with_a_cookie_is_found(host: Host) -> None:
    def lie(answer: Told) -> None:
        if "cookie" in answer.asked and answer.path == "/en/desk/":
            answer.body += b" "

    host.lie = lie
    assert verify(host.address).exit_code == 1


def test_a_form_without_javascript_that_sends_elsewhere_is_found(host: Host) -> None:
    def lie(answer: Told) -> None:
        if answer.path == "/nojs/fr/" and b"ticket" in answer.body:
            answer.body = answer.body.replace(b'action="/nojs/fr/"', b'action="/nojs/evil/"')

    host.lie = lie
    result = verify(host.address)
    assert result.exit_code == 1
    assert "/nojs/fr/ (form need)" in result.output


def test_settings_that_are_not_those_of_the_pages_are_found(host: Host) -> None:
    host.lie = changing("/settings.json", lambda body: body.replace(b"555 01 02", b"555 66 66"))
    report = json.loads(verify(host.address, "--json").stdout)
    assert {"/manifest.json", "/en/"} <= {found["address"] for found in report["differences"]}


def test_a_question_that_the_server_of_this_release_refuses_is_named(host: Host) -> None:
    host.lie = changing("/settings.json", lambda body: body.replace(b"What should we know?", b"Which passport do you have?"))
    assert "refuses this question: need, words" in verify(host.address).output


def test_a_page_that_is_withheld_is_found(host: Host) -> None:
    def lie(answer: Told) -> None:
        if answer.path == "/ar/about/":
            answer.status, answer.body = 404, b""

    host.lie = lie
    result = verify(host.address)
    assert (result.exit_code, "/ar/about/: answers 404 instead of 200" in result.output) == (1, True)


def test_a_redirect_to_another_host_is_named_and_not_followed(host: Host) -> None:
    def lie(answer: Told) -> None:
        if answer.path in ("/", "/en/"):
            answer.status, answer.headers["location"] = 302, "https://evil.example/\x9b2J"

    host.lie = lie
    result = verify(host.address)
    assert result.exit_code == 1
    assert "/en/: answers 302 and sends people to https://evil.example/" in result.output
    assert "\x9b" not in result.output


def test_a_quick_exit_to_another_address_is_found(host: Host) -> None:
    def lie(answer: Told) -> None:
        if answer.path == "/exit/fr/":
            answer.headers["location"] = "https://evil.example/"

    host.lie = lie
    assert "/exit/fr/: header location is" in verify(host.address).output


def test_another_release_is_named_with_what_to_install(host: Host) -> None:
    host.lie = changing("/manifest.json", lambda _: b'{"version": "0.0.9", "files": {}}')
    result = verify(host.address)
    assert result.exit_code == 1
    assert "serves '0.0.9'" in result.output
    assert "Install that version" in result.output


def test_another_version_of_what_renders_pages_is_named_beside_the_differences(host: Host) -> None:
    host.lie = changing("/manifest.json", lambda body: re.sub(rb'"babel": "[^"]*"', b'"babel": "1.2.3"', body))
    result = verify(host.address)
    assert (result.exit_code, "made with babel '1.2.3'" in result.output) == (1, True), result.output


def test_a_release_without_settings_is_named(host: Host) -> None:
    host.lie = changing("/manifest.json", lambda _: b'{"files": {}}')
    result = verify(host.address)
    assert (result.exit_code, "does not say which release" in result.output) == (1, True)


def test_a_body_that_unpacks_to_gigabytes_is_bounded(host: Host) -> None:
    bomb = gzip_bomb()

    def lie(answer: Told) -> None:
        if answer.path == "/fr/about/" and "gzip" in answer.asked["accept-encoding"]:
            answer.body = bomb
            answer.headers["content-encoding"] = "gzip"

    host.lie = lie
    result = verify(host.address)
    assert (result.exit_code, "cut off or has more than" in result.output) == (1, True), result.output


@cache
def gzip_bomb() -> bytes:
    return gzip.compress(bytes(50_000_000), 9)


@pytest.mark.parametrize(
    ("talk", "code"), [(silent, 3), (dripping, 3), (flooding, 1)], ids=["silent", "one byte at a time", "endless"]
)
def test_an_answer_that_never_ends_is_given_up(talk: Callable[..., None], code: int) -> None:
    with listening(talk) as service:
        result = verify(f"http://127.0.0.1:{service.port}", "--seconds", "1")
        assert result.exit_code == code, result.output
        assert service.connections < 3


def test_a_host_that_stops_answering_in_the_middle_is_reported_as_not_asked(host: Host) -> None:
    def lie(answer: Told) -> None:
        answer.stalls = answer.path.endswith("/desk/")

    host.lie = lie
    result = verify(host.address, "--seconds", "1")
    assert (result.exit_code, "could not be compared" in result.output) == (3, True), result.output


def test_nobody_at_the_address_is_not_a_difference() -> None:
    assert verify("http://127.0.0.1:9", "--json").exit_code == 3


@pytest.mark.parametrize("address", ["help.example", "ftp://help.example", "https://help.example/en/", "https://"])
def test_an_address_that_is_no_sites_is_refused_before_anything_is_asked(address: str) -> None:
    with pytest.raises(CommandError, match="not the address of a site"):
        raise verify(address).exception or AssertionError


def test_the_report_for_scripts_lists_each_difference_and_its_visitors(host: Host) -> None:
    host.lie = changing("/fr/", lambda body: body + b"\n")
    report = json.loads(verify(host.address, "--json").stdout)
    assert report["equal"] is False
    assert [(found["address"], len(found["visitors"])) for found in report["differences"]] == [("/fr/", 4)]


def keys_of(group: Installation) -> KeyList:
    return group.service.database.run(group.service.keys)


def fingerprint_of(group: Installation) -> str:
    return keylist.fingerprint_digits(keys_of(group))


def body_of(by: Installation, keys: KeyList, text: str = "", **changes: str) -> site_settings.Body:
    body = site_settings.Body(
        format=Label.SITE.value,
        group=keys.group,
        member=by.members[0].id,
        day=utc_now().date().isoformat(),
        head=keys.head,
        settings=text,
    )
    return msgspec.structs.replace(body, **changes)


def sign(group: Installation, change: Callable[[str], str] = lambda text: text) -> None:
    """Write the signature that the host publishes."""
    config = group.service.settings
    text = change(public_settings.to_bytes(public_settings.publish(config)).decode())
    signed = site_settings.sign(body_of(group, keys_of(group), text), group.members[0].signing)
    assert config.signed_settings
    config.signed_settings.write_text(json.dumps(as_dict(signed)))


def test_settings_that_a_coordinator_signed_are_equal_with_the_posters_digits(host: Host, group: Installation) -> None:
    sign(group)
    result = verify(host.address, "--fingerprint", fingerprint_of(group))
    assert result.exit_code == 0, result.output
    assert "A coordinator signed the settings of these pages on" in result.output


def test_settings_that_were_changed_since_the_signature_are_named(host: Host, group: Installation) -> None:
    sign(group, lambda text: text.replace("555 01 02", "555 77 77"))
    result = verify(host.address)
    assert result.exit_code == 1
    assert re.search(r"changed since a coordinator signed them on \S+: phone", result.output), result.output


@pytest.mark.parametrize("who", ["a stranger", "another group", "another day"])
def test_a_signature_that_is_no_present_coordinators_is_refused(group: Installation, who: str) -> None:
    keys = keys_of(group)
    stranger, tomorrow = SigningKey.generate(), (utc_now().date() + dt.timedelta(days=1)).isoformat()
    key = stranger if who == "a stranger" else group.members[0].signing
    fields = {"another group": {"group": new_id()}, "another day": {"day": tomorrow}}.get(who, {})
    signed = site_settings.sign(body_of(group, keys, **fields), key)
    with pytest.raises(SignatureError):
        site_settings.verify(signed, keys, utc_now().date())


def test_a_host_without_a_signature_does_not_pass_with_the_posters_digits(host: Host, group: Installation) -> None:
    assert group.service.settings.signed_settings
    group.service.settings.signed_settings.unlink(missing_ok=True)
    result = verify(host.address, "--fingerprint", fingerprint_of(group))
    assert (result.exit_code, "No coordinator has signed" in result.output) == (1, True)


def test_a_key_list_of_another_group_does_not_pass_with_the_posters_digits(host: Host) -> None:
    result = verify(host.address, "--fingerprint", "1234" * 10)
    assert (result.exit_code, "the key list does not verify" in result.output) == (1, True)
