"""A dishonest server changes its answers. The browser refuses them in words, sends nothing and loses nothing."""

import base64
import contextlib
import datetime as dt
import json
import os
import sqlite3
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import pytest
from playwright import sync_api as playwright
from playwright.sync_api import Browser, Page, Route, expect

from crypto import age, grant, keylist, names, statement
from crypto.age import Identity
from crypto.encoding import CaseId, EpochId, GroupId, MemberId, b64, new_id, unb64
from crypto.grant import Address, CaseKeys
from crypto.keylist import Change, SignedEntry
from crypto.labels import Label
from crypto.signing import Author, SigningKey
from intake.cli.member import Member
from tests.support.browser import (
    HANDLE,
    PASSPHRASE,
    Site,
    add_member,
    begin,
    come_back,
    operate,
    reach,
    renew,
    sign_in,
    to_check,
    to_list,
    visit,
)
from tests.support.changed_answers import fulfil
from tests.support.submitted import submit_request

Answer = dict[str, Any]
DISTRUST = "cannot be trusted or opened"


def lie(page: Page, address: str, change: Callable[[Answer], Answer | None]) -> None:
    """Change the server's answers. An answer for which `change` returns None stays as it is."""

    def handle(route: Route) -> None:
        with contextlib.suppress(playwright.Error):  # the page has given this request up
            fulfil(route, lambda answer: change(answer) or answer)

    page.route(address, handle)


def write_request(page: Page, site: Site, words: str, fragment: str = "") -> None:
    page.goto("about:blank")
    page.goto(f"{site.address}/en/{fragment}")
    begin(page)
    reach(page, "words").fill(words)
    to_check(page)
    page.get_by_role("button", name="Lock and send").click()


def stored(site: Site) -> list[str]:
    return [case["line"] for case in json.loads(operate(site, "case", "list", "--json"))]


def test_a_server_that_offers_a_coordinator_with_its_own_key_gets_no_request(browser: Browser, site: Site) -> None:
    def with_own_key(answer: Answer) -> None:
        body = json.loads(answer["seats"][0]["body"])
        body["recipient"] = str(Identity.generate().recipient)
        answer["seats"][0]["body"] = json.dumps(body, separators=(",", ":"))

    def with_own_member(answer: Answer) -> None:
        body = json.loads(answer["seats"][0]["body"])
        body |= {"from_": body.pop("from"), "recipient": str(Identity.generate().recipient), "member": new_id()}
        mine = statement.Body(**body)
        signed = statement.sign(mine, SigningKey.generate())
        answer["seats"][0] = {"body": signed.body, "signature": signed.signature}

    for change in (with_own_key, with_own_member):
        with visit(browser) as page:
            sent: list[str] = []
            page.on("request", lambda request: sent.append(request.url))  # noqa: B023
            lie(page, "**/api/form/offer", change)
            write_request(page, site, "milk")
            expect(page.locator("#send-problem")).to_contain_text("out of date")
            assert not any(url.endswith("/api/form/cases") for url in sent)
            page.get_by_role("button", name="Change: What should we know?").click()
            expect(page.locator("#need-words")).to_have_value("milk")
    assert stored(site) == []


def entries_of(site: Site) -> list[SignedEntry]:

    answer = httpx.get(f"{site.address}/api/form/keylist").json()
    return [SignedEntry(**entry) for entry in answer["entries"]]


def as_json(entry: SignedEntry) -> Answer:
    return {"body": entry.body, "signatures": dict(entry.signatures)}


@pytest.fixture
def of_two(site: Site) -> Site:
    add_member(site, "kim", by=["Sam"])
    operate(site, "group", "show", handle="Sam")  # this pins the head
    return site


def dropped(answer: Answer, _: Site) -> None:
    answer["entries"] = answer["entries"][:-1]


def reordered(answer: Answer, _: Site) -> None:
    answer["entries"] = answer["entries"][::-1]


def without_a_signature(answer: Answer, _: Site) -> None:
    answer["entries"][-1]["signatures"] = {}


def forked(answer: Answer, _: Site) -> None:
    """Return another first entry under the same group id, signed correctly by a key of the server's."""
    group = GroupId(json.loads(answer["entries"][0]["body"])["group"])
    key, member = SigningKey.generate(), MemberId(new_id())
    answer["entries"] = [as_json(keylist.found_group(group, member, key, "2026-11-20"))]


def with_a_reader_of_its_own(answer: Answer, site: Site) -> None:

    keys = keylist.verify(entries_of(site), dt.datetime.now(dt.UTC).date())
    key = SigningKey.generate()
    body = keylist.next_body(keys, Change.ENROL, keys.days[-1].isoformat(), member=new_id(), key=key.verifying_key.text)
    member = next(iter(keys.members))
    answer["entries"].append(as_json(keylist.sign(body, {member: key})))


@pytest.mark.parametrize("change", [dropped, reordered, without_a_signature, forked, with_a_reader_of_its_own])
def test_a_server_that_drops_reorders_forks_or_extends_the_key_list_is_found_out(
    browser: Browser, of_two: Site, change: Callable[[Answer, Site], None]
) -> None:
    with visit(browser) as page:
        lie(page, "**/api/form/keylist", lambda answer: change(answer, of_two))
        page.goto(f"{of_two.address}/en/desk/")
        page.get_by_label("Handle").fill("Sam")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_role("heading", name="Your cases")).to_have_count(0)
    with visit(browser) as page:
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        lie(page, "**/api/form/keylist", lambda answer: change(answer, of_two))
        page.goto(f"{of_two.address}/en/#{of_two.fingerprint}")
        expect(page.locator("#problem")).to_be_visible()
        assert not any(url.endswith("/api/form/cases") for url in sent)


def test_a_server_that_swaps_a_grant_or_an_entry_between_cases_is_found_out(browser: Browser, site: Site) -> None:
    with visit(browser) as person, visit(browser) as page:
        codes = [submit_request(site, words) for words in ("milk", "a ride")]
        case_of = {case["line"]: case["case"] for case in json.loads(operate(site, "case", "list", "--json"))}
        other: Answer = {}
        sign_in(page, site)

        def remember(answer: Answer) -> None:
            if answer["case"] == case_of["a ride"]:
                other.update(answer)

        lie(page, "**/api/desk/cases/*", remember)
        page.get_by_role("listitem").get_by_text("a ride").click()
        page.get_by_role("heading", name="A request").wait_for()
        page.unroute_all(behavior="ignoreErrors")
        to_list(page)
        for swapped in ("grant", "shared"):
            lie(page, f"**/api/desk/cases/{case_of['milk']}", lambda answer: {**answer, swapped: other[swapped]})  # noqa: B023
            page.get_by_role("listitem").get_by_text("milk").click()
            expect(page.get_by_role("alert")).to_contain_text(DISTRUST)
            page.unroute_all(behavior="ignoreErrors")
        # The requester's page refuses it too: here, a reply from another case.
        operate(site, "case", "reply", case_of["a ride"], "we come at six")
        taken: Answer = {}
        come_back_with(person, site, codes[1], taken)
        expect(person.get_by_text("we come at six")).to_be_visible()
        lie(person, "**/api/form/return", lambda answer: {**answer, "entries": [*answer["entries"], *taken["entries"][1:]]})
        come_back(person, site, codes[0])
        expect(person.get_by_text("we come at six")).to_have_count(0)
        expect(person.get_by_text("missing or was changed")).to_be_visible()


def come_back_with(page: Page, site: Site, code: str, kept: Answer) -> None:
    lie(page, "**/api/form/return", lambda answer: kept.update(answer))
    come_back(page, site, code)
    page.unroute_all(behavior="ignoreErrors")


def test_a_server_that_writes_an_answer_to_the_requester_is_found_out(browser: Browser, site: Site) -> None:
    with visit(browser) as person:
        code = submit_request(site, "milk")
        operate(site, "case", "list")

        def with_a_word_of_its_own(answer: Answer) -> None:
            # Encrypted to the case, as anyone with its recipient can, but without the key that authenticates answers.
            forged = age.encrypt(os.urandom(1024), [Identity.generate().recipient])
            digest = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
            answer["entries"].append({"number": 1, "digest": digest, "file": forged})

        lie(person, "**/api/form/return", with_a_word_of_its_own)
        come_back(person, site, code)
        expect(person.get_by_text("missing or was changed")).to_be_visible()
        expect(person.get_by_text("milk")).to_be_visible()


def test_a_server_that_replays_an_old_keyring_opens_nothing_with_it(browser: Browser, site: Site) -> None:
    old: Answer = {}
    with visit(browser) as page:
        submit_request(site, "milk")
        lie(page, "**/api/desk/session", lambda answer: old.update(answer))
        sign_in(page, site)
        page.unroute_all(behavior="ignoreErrors")
        renew(page)
        # This window has seen the newer keyring.
        lie(page, "**/api/desk/keyring", lambda answer: {"keyring": old["keyring"]} if "keyring" in answer else None)
        page.get_by_role("button", name="Renew now").click()
        expect(page.get_by_text("Your keys are renewed.")).to_be_visible()
    with visit(browser) as page:
        lie(page, "**/api/desk/session", lambda answer: {**answer, "keyring": old["keyring"]})
        page.goto(f"{site.address}/en/desk/")
        page.get_by_label("Handle").fill("Sam")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("old copy of your keys")
        expect(page.get_by_text("milk")).to_have_count(0)
    assert stored(site) == ["milk"]


def test_a_server_that_shows_a_member_an_older_snapshot_than_they_signed_is_found_out(browser: Browser, site: Site) -> None:
    older: Answer = {}
    with visit(browser) as page:
        lie(page, "**/api/form/keylist", lambda answer: older.update(answer))
        sign_in(page, site)
        page.unroute_all(behavior="ignoreErrors")
        renew(page)
    with visit(browser) as page:
        lie(page, "**/api/form/keylist", lambda answer: {**answer, "snapshot": older["snapshot"]})
        page.goto(f"{site.address}/en/desk/")
        page.get_by_label("Handle").fill(HANDLE)
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_role("heading", name="Your cases")).to_have_count(0)


def test_a_server_that_puts_other_names_in_place_of_the_groups_is_not_believed(browser: Browser, site: Site) -> None:
    with httpx.Client(base_url=site.address, timeout=60) as client:
        me = Member.sign_in(client, HANDLE, PASSPHRASE)
    book = names.Names(
        format=Label.NAMES.value, group=GroupId(me.keys.group), number=me.names_number, author=me.id,
        members={me.id: "mallory"}, head=me.keys.head,
    )  # fmt: skip
    forged = b64(names.seal(book, [seat.recipient for seat in me.seats.values()], me.ring.signing_key))
    with visit(browser) as page:
        lie(page, "**/api/desk/group", lambda answer: {**answer, "names": forged})
        sign_in(page, site)
        page.locator(".menu button").nth(1).click()
        expect(page.get_by_text(me.id[:6]).first).to_be_visible()
        expect(page.get_by_text("mallory")).to_have_count(0)


def test_a_server_that_grants_at_hand_over_in_a_colleagues_name_is_not_believed(browser: Browser, of_two: Site) -> None:
    """The new holder gets a grant that no colleague signed."""

    with visit(browser) as kim:
        submit_request(of_two, "milk")
        sign_in(kim, of_two, "kim")

        def forged(answer: Answer) -> Answer:
            recipient = _recipient_of(of_two, answer["epoch"])
            address = Address(CaseId(answer["case"]), MemberId(answer["holders"][0]["member"]), EpochId(answer["epoch"]))
            mine = next(holder["member"] for holder in answer["holders"] if holder["epoch"] == answer["epoch"])
            address = Address(address.case, MemberId(mine), address.epoch)
            colleague = next((holder["member"] for holder in answer["holders"] if holder["member"] != mine), mine)
            keys = CaseKeys((Identity.generate(),), (Identity.generate(),))
            head = entries_of(of_two)[-1].hash
            file = grant.seal(address, keys, recipient, Author(MemberId(colleague), SigningKey.generate(), head))
            return {**answer, "grant": file}

        lie(kim, "**/api/desk/cases/*", forged)
        kim.get_by_role("listitem").get_by_text("milk").click()
        expect(kim.get_by_role("alert")).to_contain_text(DISTRUST)


def _recipient_of(site: Site, epoch: str) -> age.Recipient:

    with sqlite3.connect(f"file:{site.folder / 'var' / 'store.db'}?mode=ro", uri=True) as db:
        for (text,) in db.execute("SELECT statement FROM epochs"):
            recipient = age.Recipient.parse(json.loads(json.loads(text)["body"])["recipient"])
            if recipient.id == epoch:
                return recipient
    raise AssertionError(unb64(epoch))


def test_a_host_that_denies_the_group_which_a_link_names_gets_no_keys(browser: Browser, site: Site) -> None:
    link = operate(site, "group", "invite").strip()
    with visit(browser) as newcomer:
        handed_in: list[str] = []
        newcomer.on(
            "request", lambda request: handed_in.append(request.url) if request.url.endswith(("/found", "/join")) else None
        )
        lie(newcomer, "**/api/desk/enrolment/", lambda answer: {**answer, "founded": False, "statements": []})
        newcomer.goto(link)
        expect(newcomer.get_by_role("alert")).to_contain_text("do not match this link")
        expect(newcomer.get_by_label("Handle")).to_have_count(0)
        assert handed_in == []
