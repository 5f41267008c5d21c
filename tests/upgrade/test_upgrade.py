"""After `intake migrate`, everything in a store of an earlier commit opens and works."""

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from crypto import case as protocol
from crypto import entry, keylist, keyring, receipt, unlocker
from crypto.case import ServedOwnCase, StoredEntry, StoredHold, VerifiedGroup
from crypto.encoding import GroupId, MemberId, b64, new_id, unb64
from crypto.keylist import KeyList, SignedEntry
from crypto.keyring import Keyring
from crypto.secret import Secret
from crypto.unlocker import Unlocker
from intake.service.service import utc_now
from tests.support import requester
from tests.support.authenticator import Authenticator
from tests.support.processes import started
from tests.support.terminal import enrol
from tests.support.upgraded import Upgraded, errors_of

LEFT = "lee"  # a member who left before the upgrade
HANDLES = ("sam", "kim")


def test_a_store_of_an_earlier_version_is_not_served_before_it_is_migrated(before: Upgraded) -> None:
    refused = before.intake("status")
    if refused.returncode == 0:
        pytest.skip("the schema has not changed since that commit")
    (error,) = errors_of(refused)
    assert refused.returncode == 2
    assert "run `intake upgrade`" in error


def test_after_an_upgrade_everyone_signs_in_with_passphrase_paper_code_and_passkey(upgraded: Upgraded) -> None:
    with upgraded.serving() as client:
        signs_in_by_each_way(upgraded, client)


def test_after_an_upgrade_every_case_opens_as_before(upgraded: Upgraded) -> None:
    with upgraded.serving():
        cases_open_as_before(upgraded)


def test_after_an_upgrade_every_receipt_opens(upgraded: Upgraded) -> None:
    with upgraded.serving() as client:
        receipts_open(upgraded, client)


async def test_the_form_stays_closed_until_a_coordinator_has_signed_in_and_receipts_open_meanwhile(upgraded: Upgraded) -> None:
    with upgraded.serving() as client:
        receipts_open(upgraded, client)
        closed = client.post("/api/form/offer", json={"case": new_id()})
        assert (closed.status_code, closed.json()["type"]) == (503, "urn:sealed-intake:no-recent-sign-in"), closed.text
        upgraded.terminal("kim")("case", "list")
        assert client.post("/api/form/offer", json={"case": new_id()}).status_code == 200
        assert await sent(upgraded.server)


async def test_after_an_upgrade_members_and_requesters_continue_to_work(upgraded: Upgraded) -> None:
    with upgraded.serving() as client:
        await work_goes_on(upgraded, client)


def test_after_an_upgrade_a_waiting_newcomer_is_added_and_an_earlier_invitation_works(upgraded: Upgraded) -> None:
    with upgraded.serving():
        newcomers_are_added(upgraded)


def test_after_an_upgrade_cases_expire_on_their_day_and_the_rest_stays(upgraded: Upgraded) -> None:
    purges_on_its_day(upgraded)


def test_a_backup_from_before_an_upgrade_is_restored_by_the_present_code(before: Upgraded) -> None:
    restores_the_old_backup(before)


async def test_on_postgresql_an_upgraded_store_opens_and_works(upgraded_shared: Upgraded) -> None:
    with upgraded_shared.serving() as client:
        signs_in_by_each_way(upgraded_shared, client)
        cases_open_as_before(upgraded_shared)
        receipts_open(upgraded_shared, client)
        await work_goes_on(upgraded_shared, client)
        newcomers_are_added(upgraded_shared)
    purges_on_its_day(upgraded_shared)


def signs_in_by_each_way(upgraded: Upgraded, client: httpx.Client) -> None:
    """Sign both coordinators in by each of their ways; one of them also has a passkey."""
    group = GroupId(upgraded.record["group"])
    for handle in HANDLES:
        person = upgraded.record["people"][handle]
        for way in (
            unlocker.from_passphrase(person["passphrase"], group, handle),
            unlocker.from_paper_code(person["paper"], group, handle),
        ):
            ring = signed_in(client, group, handle, way)
            assert (ring.member, [epoch.seed for epoch in ring.epochs]) == (person["member"], person["epochs"])
    key = upgraded.record["passkey"]
    with httpx.Client(base_url=upgraded.server.replace("127.0.0.1", "localhost")) as named:
        way = unlocker.from_passkey(Secret(unb64(key["output"])), group, key["handle"])
        begun = named.post("/api/desk/passkeys/begin", json={"handle_id": unlocker.handle_id(group, key["handle"])}).json()
        assert b64(authenticator(key).id) in [credential["id"] for credential in begun["options"]["allowCredentials"]]
        origin = str(named.base_url).rstrip("/")
        shown = {"token": begun["token"], "credential": authenticator(key).show(begun["options"], origin)}
        assert signed_in(named, group, key["handle"], way, shown).member == upgraded.record["people"][key["handle"]]["member"]


ASKED_LATER = ("text_message", "who_else", "call_language")


def cases_open_as_before(upgraded: Upgraded) -> None:
    """Check that each case shows a coordinator what the earlier code showed, without a warning.

    A member who has left granted one of kim's cases. Opening that case makes new keys, and an entry in the case says so.
    """
    untouched = upgraded.case("unopened")["case"]
    for handle in HANDLES:
        terminal = upgraded.terminal(handle)
        listed = {row["case"] for row in json.loads(terminal("case", "list", "--json"))}
        assert listed == {*upgraded.record["shown"][handle], untouched}
        for case, then in upgraded.record["shown"][handle].items():
            shown = json.loads(terminal("case", "show", case, "--json"))
            if (handle, case) == ("kim", upgraded.case("left")["case"]):
                assert (told_of(shown, "keys"), told_of(shown, "status")) == ([""], ["new", "new"])
                at = next(index for index, row in enumerate(shown["entries"]) if row["kind"] == "keys")
                del shown["entries"][at], shown["entries"][-1]
            assert told_of(shown, "progress") in ([], ["read"]), "opening a case writes its progress for the requester"
            shown["entries"] = [row for row in shown["entries"] if row["kind"] != "progress"]
            assert shown.pop("requester_sees") in ("waiting", "read", "answered")
            assert [shown["contact"].pop(name) for name in ASKED_LATER] == ["", "", ""]
            assert (shown.pop("written_down"), shown.pop("tags")) == (None, [])
            assert shown == then, (handle, case)
    assert words_of(json.loads(upgraded.terminal("sam")("case", "show", untouched, "--json"))) == "words of unopened"
    kim = json.loads(upgraded.terminal("kim")("case", "show", untouched, "--json"))
    assert (words_of(kim), kim["status"], kim["warnings"]) == ("words of unopened", "new", [])


def receipts_open(upgraded: Upgraded, client: httpx.Client) -> None:
    """Check that each receipt shows what the earlier code showed, in the requester's client and without JavaScript."""
    keys = key_list(client)
    for part, case in upgraded.record["cases"].items():
        page = nojs(client, "return/", {"code": case["code"], "step": "open"})
        if part == "withdrawn":
            assert page.status_code == 404
            continue
        assert page.status_code == 200
        assert (case["words"] in page.text) == (part != "hidden"), part
        opened = receipt.stretch(case["code"], keys.group)
        back = requester.unpacked(client.post("/api/form/return", json={"token": b64(opened.token.reveal())}))
        assert back["case"] == case["case"]
        own = protocol.open_own(served_own(back), opened, VerifiedGroup(keys))
        assert (own.warnings, own.hold is not None) == ((), part == "held"), part
        said = [stored.content.text for stored in own.entries if isinstance(stored.content, entry.Text)]
        then = next((shown[case["case"]] for shown in upgraded.record["shown"].values() if case["case"] in shown), None)
        if then and part not in ("hidden", "handed"):
            shared = {"message", "correction", "hold"}
            assert said == [shown_entry["text"] for shown_entry in then["entries"] if shown_entry["kind"] in shared], part
        for text in said:
            assert text in page.text, part
    handed = nojs(client, "return/", {"code": upgraded.case("handed")["code"], "step": "open"}).text
    for text in ("before it was handed over", "after it was handed over", "to whoever has it now"):
        assert text in handed


async def work_goes_on(upgraded: Upgraded, client: httpx.Client) -> None:
    """Answer, write back, share, hand over, rotate, decide, submit, withdraw."""
    sam, kim = upgraded.terminal("sam"), upgraded.terminal("kim")
    case = upgraded.case("answered")
    holder = next(handle for handle in HANDLES if case["case"] in upgraded.record["shown"][handle])
    other = next(handle for handle in HANDLES if handle != holder)
    upgraded.terminal(holder)("case", "reply", case["case"], "after the upgrade")
    page = nojs(client, "return/", {"code": case["code"], "step": "message", "text": "and after it, too"})
    assert "after the upgrade" in page.text
    shown = json.loads(upgraded.terminal(holder)("case", "show", case["case"], "--json"))
    assert {"after the upgrade", "and after it, too"} <= {entry["text"] for entry in shown["entries"]}
    if case["case"] not in upgraded.record["shown"][other]:
        upgraded.terminal(holder)("case", "share", case["case"], other)
    assert json.loads(upgraded.terminal(other)("case", "show", case["case"], "--json"))["entries"] == shown["entries"]
    for terminal in (sam, kim):
        assert json.loads(terminal("keys", "rotate", "--json")) == {"rotated": True, "unreadable_cases": 0}
        for row in json.loads(terminal("case", "list", "--json")):
            assert json.loads(terminal("case", "show", row["case"], "--json"))["warnings"] == []
    written = upgraded.case("written")["case"]
    holder = next(handle for handle in HANDLES if written in upgraded.record["shown"][handle])
    other = next(handle for handle in HANDLES if handle != holder)
    upgraded.terminal(holder)("case", "hand-over", written, other)
    assert "Yes, both." in upgraded.terminal(other)("case", "show", written)
    new = await sent(upgraded.server)
    assert new.body["case"] in {row["case"] for row in json.loads(sam("case", "list", "--json"))}
    assert "new words" in sam("case", "show", new.body["case"])
    for token in (new.token, upgraded.case("noted")["token"]):
        assert client.post("/api/form/withdraw", json={"token": token}).json() == {"destroyed": True}
    verified = upgraded.intake(
        "keylist", "verify", "--server", upgraded.server, "--fingerprint", upgraded.record["fingerprint"]
    )
    assert verified.returncode == 0, verified.stderr


def newcomers_are_added(upgraded: Upgraded) -> None:
    """Add a newcomer who sent their keys before the upgrade, and one who follows a link from before it."""
    sam, kim = upgraded.terminal("sam"), upgraded.terminal("kim")
    assert "The decision takes effect" in sam("group", "approve", upgraded.record["digits"])
    assert "The decision is in force" in kim("group", "approve", upgraded.record["digits"])
    assert "open cases" in upgraded.terminal("noa")("group", "show")
    digits = enrol(upgraded.record["invite"].replace(port(upgraded.record["invite"]), upgraded.environment["INTAKE_PORT"]),
                   "seven other quiet words", "mia").splitlines()[1].strip()  # fmt: skip
    sam("group", "approve", digits)
    assert "The decision is in force" in kim("group", "approve", digits)


def purges_on_its_day(upgraded: Upgraded) -> None:
    """Check that after ten days the case of nine days is deleted and the others are kept."""
    later = (sys.executable, "-m", "tests.support.clock_ahead", "10")
    with started(upgraded.environment, line="serving", program=later) as (client, _):
        for part, status in (("short", 410), ("answered", 200), ("unopened", 200)):
            page = nojs(client, "return/", {"code": upgraded.case(part)["code"], "step": "open"})
            assert page.status_code == status, part


def restores_the_old_backup(upgraded: Upgraded) -> None:
    """Lose the database and restore the earlier code's backup, which the restore upgrades."""
    (Path(upgraded.environment["INTAKE_DATA"]) / "store.db").unlink()
    key = str(upgraded.folder / "backup-key.txt")
    command = ("restore", str(upgraded.folder / "backup.age"), "--identity", key, "--json")
    refused = upgraded.intake(*command)
    assert (refused.returncode, "this backup has no signature" in refused.stderr) == (2, True)
    done = upgraded.intake(*command, "--unsigned")
    assert done.returncode == 0, done.stderr
    members = json.loads(done.stdout)["members"]
    assert [members[upgraded.record["people"][handle]["member"]]["need_recovery"] for handle in HANDLES] == [0, 0]
    with upgraded.serving() as client:
        signs_in_by_each_way(upgraded, client)
        cases_open_as_before(upgraded)
        receipts_open(upgraded, client)


def signed_in(client: httpx.Client, group: GroupId, handle: str, way: Unlocker, passkey: Any = None) -> Keyring:
    """Sign in with one unlocker; return the keyring that it opens."""
    body = {
        "handle_id": unlocker.handle_id(group, handle),
        "kind": way.kind.value,
        "authentication": b64(way.authentication.reveal()),
        "passkey": passkey,
    }
    answer = client.post("/api/desk/session", json=body)
    assert answer.status_code == 201, answer.text
    session = answer.json()
    return keyring.open_(unb64(session["keyring"]), [way.identity], group, MemberId(session["member"]), handle)


def authenticator(passkey: dict[str, Any]) -> Authenticator:
    """Return the security key that was registered with the earlier code."""
    key = Authenticator()
    private = load_pem_private_key(passkey["key"].encode(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    key.key, key.id, key.uses = private, unb64(passkey["id"]), passkey["uses"]
    return key


def key_list(client: httpx.Client) -> KeyList:
    answer = client.get("/api/form/keylist").json()
    return keylist.verify([SignedEntry(**entry) for entry in answer["entries"]], dt.date.fromisoformat(answer["today"]))


def served_own(back: dict[str, Any]) -> ServedOwnCase:
    """Return the server's answer to a receipt's holder."""
    stored = [StoredEntry(stored["number"], stored["digest"], stored["file"]) for stored in back["entries"]]
    kept = StoredHold(**back["hold"]) if back["hold"] else None
    return ServedOwnCase(back["case"], back["receipt_grant"], stored, kept)


def told_of(shown: dict[str, Any], kind: str) -> list[str]:
    """Return the texts of a case's entries of one kind."""
    return [row["text"] for row in shown["entries"] if row["kind"] == kind]


def words_of(shown: dict[str, Any]) -> str:
    return str(shown["answers"]["words"][0])


def nojs(client: httpx.Client, path: str, fields: dict[str, str]) -> httpx.Response:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client.post(f"/nojs/en/{path}", content=urlencode(fields), headers=headers)


async def sent(server: str) -> requester.Sealed:
    async with httpx.AsyncClient(base_url=server, timeout=60) as client:
        sealed = await requester.seal(client, "new words", utc_now().date())
        assert (await requester.submit(client, sealed.body)).status_code == 201
        return sealed


def port(link: str) -> str:
    return link.split("/en/")[0].rpartition(":")[2]
