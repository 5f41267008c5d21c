"""The tests search for a canary in everything that the browser sends, the server writes and Chromium keeps.

strace records the bytes of every write of the server's process to any file, deleted ones included.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Request, Route, expect

from tests.support.browser import (
    ARGS,
    CHROMIUM,
    HANDLE,
    PASSPHRASE,
    PATIENCE,
    Site,
    add_member,
    ask_for_help,
    begin,
    come_back,
    operate,
    reach,
    sign_in,
    to_check,
)
from tests.support.canary import ASCII_PART, CANARY, holds
from tests.support.desk_words import type_everywhere
from tests.support.processes import enrol_at, started

STRACE = [
    "strace",
    "-f",
    "-qq",
    "-yy",
    "-xx",
    "-s",
    "1000000",
    "-e",
    "trace=write,pwrite64,writev,pwritev,sendto,sendmsg",
    "-o",
]
_WRITE = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(?:p?writev?(?:64)?|sendto|sendmsg)\(\d+<(.*?)>, (.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Wire:
    """Everything that a browser sends."""

    def __init__(self, context: BrowserContext) -> None:
        self.sent: list[bytes] = []
        context.on("request", self._note)

    def _note(self, request: Request) -> None:
        headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        self.sent.append(f"{request.method} {request.url}\n{headers}\n".encode() + (request.post_data_buffer or b""))

    @property
    def paths(self) -> list[str]:
        return [line.split()[1].decode().split("/", 3)[3] for line in self.sent]


@contextmanager
def traced(environment: dict[str, str], folder: Path) -> Iterator[tuple[Site, Path]]:
    """Start a server with a coordinator, and record each of its writes. Its temporary files have their own folder."""
    log, temporary = folder / "trace", folder / "tmp"
    temporary.mkdir()
    environment = {**environment, "TMPDIR": str(temporary)}
    with started(environment, before=[*STRACE, str(log)]) as (client, link):
        done = enrol_at(environment, link, PASSPHRASE)
        assert done.returncode == 0, done.stderr
        fingerprint = done.stdout.splitlines()[1].replace(" ", "")
        yield Site(str(client.base_url).rstrip("/"), environment, folder, fingerprint), log


def written(log: Path) -> dict[str, bytes]:
    """Return everything that was written, by file. `-yy` names the file (or socket) of each descriptor."""
    data_of: dict[str, bytes] = {}
    for line in log.read_text("ascii", "replace").splitlines():
        match = _WRITE.match(line)
        if match:
            data = b"".join(bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(match[2]))
            data_of[match[1]] = data_of.get(match[1], b"") + data
    return {bytes.fromhex(name.replace("\\x", "")).decode() if "\\x" in name else name: data for name, data in data_of.items()}


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


@contextmanager
def profile(engine: Playwright, folder: Path, **options: object) -> Iterator[BrowserContext]:
    """Start a browser with a profile on disk, as a person's has."""
    context = engine.chromium.launch_persistent_context(folder, executable_path=CHROMIUM, args=ARGS, **options)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def fill(page: Page) -> None:
    """Type the canary into every field and press Enter in each."""
    for question, ending in (("words", ""), ("contact", "-name"), ("contact", "-how"), ("contact", "-safe_time")):
        reach(page, question)
        field = page.locator(f"#need-{question}{ending}")
        field.fill(CANARY)
        field.press("Enter")


def test_a_canary_sealed_in_the_browser_is_nowhere_else(
    engine: Playwright, environment: dict[str, str], tmp_path: Path
) -> None:
    with traced(environment, tmp_path) as (site, log):
        with profile(engine, tmp_path / "profile") as context:
            wire = Wire(context)
            page = context.new_page()
            page.goto(f"{site.address}/en/#{site.fingerprint}")
            begin(page)
            fill(page)
            code = ask_for_help(page, site, CANARY)
            come_back(page, site, code)
            expect(page.get_by_text(CANARY)).to_be_visible()
            page.get_by_label("Write to the group").fill(CANARY)
            page.get_by_role("button", name="Send as a message").click()
            expect(page.get_by_text("Your message is sent.")).to_be_visible()
            page.wait_for_timeout(1000)
        assert {"api/form/offer", "api/form/cases", "api/form/return", "api/form/entries"} <= set(wire.paths)
        assert not [request for request in wire.sent if holds(request)]
        digits = code.replace(" ", "").encode()
        assert not [request for request in wire.sent if digits in request or code.encode() in request]
    bytes_by_file = written(log)
    assert any(name.endswith("store.db") for name in bytes_by_file)
    assert any(name.endswith("store.db-journal") for name in bytes_by_file)
    assert len(b"".join(bytes_by_file.values())) > 100_000
    assert not [name for name, data in bytes_by_file.items() if holds(data) or digits in data]
    kept = files_below(tmp_path / "profile")
    assert len(kept) > 10
    assert not [name for name, data in kept.items() if holds(data) or digits in data]
    assert not [
        name for folder in ("var", "key-store", "tmp") for name, data in files_below(tmp_path / folder).items() if holds(data)
    ]


def test_everything_that_a_coordinator_types_stays_in_the_memory_of_their_browser(
    engine: Playwright, environment: dict[str, str], tmp_path: Path
) -> None:
    with traced(environment, tmp_path) as (site, log):
        with profile(engine, tmp_path / "requesters") as context:
            ask_for_help(context.new_page(), site, CANARY)
        add_member(site, "kim", by=[HANDLE])
        with profile(engine, tmp_path / "profile") as context:
            wire = Wire(context)
            page = context.new_page()
            sign_in(page, site)
            page.get_by_label("Search").fill(CANARY)
            page.get_by_role("listitem").get_by_text(CANARY).wait_for()
            type_everywhere(page, CANARY, "kim")
            page.locator("ul.cases button").first.click()
            page.get_by_label("Reply", exact=True).fill(CANARY)
            page.get_by_role("button", name="Sign out").click()
            page.get_by_role("heading", name="Desk").wait_for()
            page.wait_for_timeout(1000)
        for sent in ("/entries", "/names", "/draft", "api/form/cases"):
            assert any(sent in path for path in wire.paths), sent
        assert not [request for request in wire.sent if holds(request)]
    assert not [name for name, data in written(log).items() if holds(data)]
    kept = files_below(tmp_path / "profile")
    assert len(kept) > 10
    assert not [name for name, data in kept.items() if holds(data) or PASSPHRASE.encode() in data]
    assert not [
        name for folder in ("var", "key-store", "tmp") for name, data in files_below(tmp_path / folder).items() if holds(data)
    ]


def held(route: Route) -> None:
    """Make sure that the script never arrives."""


def cut(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.body()[: len(answer.body()) // 2])


def blocked(route: Route) -> None:
    route.abort()


@pytest.mark.parametrize("harm", [held, cut, blocked])
def test_a_canary_is_not_sent_when_the_script_does_not_load(
    engine: Playwright, shared_site: Site, tmp_path: Path, harm: object
) -> None:
    with profile(engine, tmp_path / "profile") as context:
        wire = Wire(context)
        page = context.new_page()
        page.route("**/s/form.*.js", harm)  # type: ignore[arg-type]
        page.goto(f"{shared_site.address}/en/", wait_until="commit")
        expect(page.get_by_text("I need something")).to_be_visible()
        page.get_by_text("I need something").click()
        fill(page)
        page.wait_for_timeout(300)
        assert page.locator("button").count() == 0
        assert page.locator("#need-words").input_value().startswith(CANARY)
    assert len(wire.sent) >= 3
    assert not [request for request in wire.sent if holds(request)]
    assert not [name for name, data in files_below(tmp_path / "profile").items() if holds(data)]


@pytest.mark.parametrize(
    "harm",
    [
        "Uint8Array.prototype.set = () => { throw new Error('no') }",
        "Crypto.prototype.getRandomValues = () => { throw new Error('no') }",
        "TextEncoder.prototype.encode = () => { throw new Error('no') }",
    ],
)
def test_a_canary_is_not_sent_when_sealing_fails_half_way(
    engine: Playwright, shared_site: Site, tmp_path: Path, harm: str
) -> None:
    with profile(engine, tmp_path / "profile") as context:
        wire = Wire(context)
        page = context.new_page()
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        fill(page)
        to_check(page)
        page.evaluate(f"() => {{ {harm} }}")
        page.get_by_role("button", name="Lock and send").click()
        expect(page.locator("#send-problem")).to_contain_text("What you wrote is still here.")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Change: What should we know?").click()
        assert page.locator("#need-words").input_value().startswith(CANARY)
    assert "api/form/cases" not in wire.paths
    assert not [request for request in wire.sent if holds(request)]


def test_the_search_finds_a_canary_that_is_there(engine: Playwright, site: Site, tmp_path: Path) -> None:
    """The control: the same tools on a page that does send and keep."""
    log = tmp_path / "trace"
    subprocess.run([*STRACE, str(log), "sh", "-c", f"echo {CANARY} > {tmp_path}/a"], check=True)
    assert [name for name, data in written(log).items() if holds(data)] == [f"{tmp_path}/a"]
    with profile(engine, tmp_path / "profile") as context:
        wire = Wire(context)
        page = context.new_page()
        page.goto(f"{site.address}/en/")
        page.evaluate("(words) => fetch('/healthz/live?' + btoa('x' + words), {method: 'POST', body: words})", ASCII_PART)
        page.evaluate("(words) => localStorage.setItem('a', words)", CANARY)
        page.wait_for_timeout(500)
    assert any(holds(request) for request in wire.sent)
    assert any(holds(data) for data in files_below(tmp_path / "profile").values())


def test_a_canary_on_the_path_without_javascript_is_not_on_disk_in_logs_or_temporary_files(
    engine: Playwright, environment: dict[str, str], tmp_path: Path
) -> None:
    with traced(environment, tmp_path) as (site, log):
        with profile(engine, tmp_path / "profile", java_script_enabled=False) as context:
            wire = Wire(context)
            page = context.new_page()
            page.goto(f"{site.address}/nojs/en/")
            page.get_by_role("button", name="I need something").click()
            for ending in ("words", "contact-name", "contact-how"):
                page.locator(f"#need-{ending}").fill(CANARY)
            page.get_by_role("button", name="Check your answers").click()
            page.wait_for_timeout(2100)  # the server refuses a page that is sent sooner
            page.get_by_role("button", name="Send").click()
            code = page.locator("#code").inner_text()
            page.goto(f"{site.address}/nojs/en/return/")
            page.get_by_label("The 24 digits").fill(code)
            page.get_by_role("button", name="Open").click()
            expect(page.get_by_text(CANARY).first).to_be_visible()
            page.get_by_label("Write to the group").fill(CANARY)
            page.get_by_role("button", name="Send as a message").click()
            expect(page.get_by_text("Your message is sent.")).to_be_visible()
            page.context.request.post(f"{site.address}/nojs/en/", multipart={"q-words": CANARY * 10_000})
        assert any(holds(request) for request in wire.sent), "the control: this path sends the canary"
        assert not [path for path in wire.paths if "?" in path]
        listed = operate(site, "case", "list", "--json")
        assert CANARY in listed
        assert operate(site, "case", "show", "--json", json.loads(listed)[0]["case"]).count('"sealed_by": "server"') == 1
    bytes_by_file = written(log)
    sockets = [name for name in bytes_by_file if name.startswith(("TCP", "socket", "UNIX"))]
    assert any(holds(bytes_by_file[name]) for name in sockets), "the control: answers to the requester contain the canary"
    assert any(name.endswith("store.db-journal") for name in bytes_by_file)
    assert not [name for name, data in bytes_by_file.items() if name not in sockets and holds(data)]
    assert files_below(tmp_path / "tmp") == {}
    assert not [
        name for folder in ("var", "key-store", "tmp") for name, data in files_below(tmp_path / folder).items() if holds(data)
    ]
