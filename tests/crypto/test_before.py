"""Data of an earlier version still open. They are frozen in tests/vectors/before/, so that no change of a reader breaks them.

The browser client reads the same file: intake/client/src/tests/crypto/before.test.ts.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from crypto import case as protocol
from crypto import entry, keylist, keyring, names, receipt, statement, unlocker
from crypto.age import Identity
from crypto.case import Reader, ServedCase, ServedOwnCase, StoredEntry, StoredHold, VerifiedGroup
from crypto.encoding import GroupId, MemberId, unb64
from crypto.keylist import KeyList, SignedEntry
from crypto.secret import Secret
from crypto.signing import Signed, VerifyingKey
from crypto.unlocker import Unlocker

WRITTEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "before" / "group.json").read_bytes())
GROUP = GroupId(WRITTEN["group"])
TODAY = dt.date.fromisoformat(WRITTEN["today"])
CASES = [(part, handle) for part, case in WRITTEN["cases"].items() for handle in case["grants"]]


def key_list() -> KeyList:
    entries = [SignedEntry(**fields) for fields in WRITTEN["entries"]]
    return keylist.verify(entries, TODAY, group=GROUP, fingerprint=WRITTEN["fingerprint"])


def identities(handle: str) -> list[Identity]:
    return [Identity(Secret(unb64(seed))) for seed in WRITTEN["people"][handle]["epochs"]]


def stored(served: list[dict[str, Any]], without: list[int]) -> list[StoredEntry]:
    return [
        StoredEntry(row["number"], row["digest"], None if row["number"] in without else unb64(row["file"])) for row in served
    ]


def ways(handle: str) -> list[Unlocker]:
    person, passkey = WRITTEN["people"][handle], WRITTEN["passkey"]
    unlockers = [
        unlocker.from_passphrase(person["passphrase"], GROUP, handle),
        unlocker.from_paper_code(person["paper"], GROUP, handle),
    ]
    if passkey["handle"] == handle:
        unlockers.append(unlocker.from_passkey(Secret(unb64(passkey["output"])), GROUP, handle))
    return unlockers


def test_the_key_list_of_an_earlier_version_verifies() -> None:
    keys = key_list()
    people = WRITTEN["people"].values()
    assert (set(keys.members), len(keys.all_members)) == ({person["member"] for person in people}, 3)
    assert (keys.quorum, keys.pending, keys.recovery is not None) == (2, None, True)


def test_the_statements_of_an_earlier_version_verify() -> None:
    for handle, person in WRITTEN["people"].items():
        (mine,) = [signed for signed in WRITTEN["statements"] if json.loads(signed["body"])["member"] == person["member"]]
        assert statement.check(Signed(**mine), key_list(), TODAY).recipient == identities(handle)[-1].recipient


@pytest.mark.parametrize("handle", WRITTEN["people"])
def test_each_way_opens_a_keyring_of_an_earlier_version(handle: str) -> None:
    person = WRITTEN["people"][handle]
    for way in ways(handle):
        ring = keyring.open_(unb64(person["keyring"]), [way.identity], GROUP, MemberId(person["member"]), handle)
        assert [epoch.seed for epoch in ring.epochs] == person["epochs"]
        assert (ring.number, len(ring.shares)) == (person["number"], person["shares"])
        assert ring.signing_key.verifying_key == key_list().members[MemberId(person["member"])]


@pytest.mark.parametrize("handle", WRITTEN["people"])
def test_the_names_of_an_earlier_version_open(handle: str) -> None:
    written = WRITTEN["names"]
    book = names.open_(unb64(written["file"]), identities(handle), GROUP, key_list().author_key)
    assert book.number == written["number"]
    assert book.members.items() <= written["members"].items()


def test_a_candidate_of_an_earlier_version_has_the_same_digits() -> None:
    written = WRITTEN["candidates"][-1]  # the others are members by now
    candidate, digits = statement.verify_candidate(Signed(**written["signed"]), GROUP)
    assert digits.replace(" ", "") == WRITTEN["digits"]
    key = VerifyingKey(candidate.key)
    assert list(names.open_(unb64(written["name"]), identities("kim"), GROUP, lambda *_: key).members.values()) == ["noa"]


@pytest.mark.parametrize(("part", "handle"), CASES)
def test_a_case_of_an_earlier_version_opens_at_the_desk(part: str, handle: str) -> None:
    case = WRITTEN["cases"][part]
    given = case["grants"][handle]
    kept = StoredHold(**case["hold"]) if case["hold"] else None
    served = ServedCase(
        case=case["case"],
        grantee=given["grantee"],
        epoch=given["epoch"],
        grant=unb64(given["grant"]),
        expires=case["expires"],
        shared=stored(case["shared"], []),
        desk=stored(case["desk"], []),
        hold=kept,
    )
    identity = next(key for key in identities(handle) if key.recipient.id == given["epoch"])
    opened = protocol.open_case(case["case"], served, Reader(given["grantee"], identity, VerifiedGroup(key_list())))
    assert [case["words"]] in [answer.values for answer in opened.request.answers]
    texts = [getattr(read.content, "text", "") for read in (*opened.shared[1:], *opened.desk)]
    assert [text for text in texts if text] == [row["text"] for row in case["shown"] if row["text"] not in ("", "new")]
    assert (opened.warnings, bool(opened.hold and opened.hold.in_force)) == ((), part == "held")


@pytest.mark.parametrize("part", WRITTEN["cases"])
def test_a_receipt_of_an_earlier_version_opens(part: str) -> None:
    case = WRITTEN["cases"][part]
    given = case["receipt"]
    opened = receipt.stretch(given["code"], GROUP)
    assert opened.lookup == given["lookup"]
    kept = StoredHold(**given["hold"]) if given["hold"] else None
    served = ServedOwnCase(case["case"], unb64(given["grant"]), stored(case["shared"], given["without"]), kept)
    own = protocol.open_own(served, opened, VerifiedGroup(key_list()))
    if part != "hidden":
        request = own.entries[0].content
        assert isinstance(request, entry.Request)
        assert [case["words"]] in [answer.values for answer in request.answers]
    shared = ("message", "correction", "hold")
    texts = [read.content.text for read in own.entries if isinstance(read.content, entry.Text)]
    assert texts == [row["text"] for row in case["shown"] if row["kind"] in shared]
    assert (own.warnings, own.key.number, own.hold is not None) == ((), int(part == "handed"), part == "held")
