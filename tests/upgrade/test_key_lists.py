"""Newer rules read some key lists differently. `intake migrate` says so in one line and changes nothing."""

import datetime as dt
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from crypto import keylist
from crypto.encoding import GroupId, MemberId, as_dict, new_id
from crypto.keylist import Change
from crypto.signing import SigningKey
from tests.support.upgraded import Upgraded, errors_of

BEFORE = Path(__file__).parents[1] / "vectors" / "before"
BY_DATE: dict[str, list[dict[str, Any]]] = json.loads((BEFORE / "by-date.json").read_text())
IDENTITY_POINT = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"  # an Ed25519 key under which anyone signs anything


def put(upgraded: Upgraded, entries: list[dict[str, Any]]) -> None:
    """Put another key list into the store."""
    with closing(sqlite3.connect(Path(upgraded.environment["INTAKE_DATA"]) / "store.db")) as store, store:
        store.execute("DELETE FROM keylist")
        rows = [(number, entry["body"], json.dumps(entry["signatures"])) for number, entry in enumerate(entries)]
        store.executemany("INSERT INTO keylist (number, body, signatures) VALUES (?, ?, ?)", rows)


def dump(upgraded: Upgraded) -> list[str]:
    with closing(sqlite3.connect(Path(upgraded.environment["INTAKE_DATA"]) / "store.db")) as store:
        return list(store.iterdump())


def refused(upgraded: Upgraded) -> str:
    """Return the line of `intake migrate` and that of a server's start; check that nothing was changed."""
    then = dump(upgraded)
    said = [upgraded.intake(command) for command in ("migrate", "run")]
    (migrated,), (started,) = (errors_of(run) for run in said)
    assert [run.returncode for run in said] == [2, 2]
    assert migrated == started
    assert dump(upgraded) == then
    assert "The store was not changed" in migrated
    assert "docs/howto/upgrade.md" in migrated
    return migrated


def test_a_key_list_with_an_invalid_key_is_refused_before_anything_is_changed(before: Upgraded) -> None:
    founder, key = MemberId(new_id()), SigningKey.generate()
    first = keylist.found_group(GroupId(new_id()), founder, key, "2026-11-01")
    keys = keylist.verify([first], dt.date(2026, 11, 1))
    body = keylist.next_body(keys, Change.ENROL, "2026-11-01", member=new_id(), key=IDENTITY_POINT)
    put(before, [as_dict(first), as_dict(keylist.sign(body, {founder: key}))])
    refusal = refused(before)
    assert "cannot read entry 1 of the key list: a key of small order" in refusal


def test_a_key_list_with_an_entry_that_took_effect_only_by_its_date_is_refused(before: Upgraded) -> None:
    put(before, BY_DATE["went_on"])
    refusal = refused(before)
    assert "entry 2 of the key list (enrol, 2026-11-02) was signed by one of two members and took effect by its date" in refusal
    assert "cannot read entry 3" in refusal


def test_an_entry_that_one_member_signed_last_is_pending_again_and_migrate_reports_it(before: Upgraded) -> None:
    put(before, BY_DATE["waited"])
    done = before.intake("migrate")
    assert done.returncode == 0, done.stderr
    assert "entry 2 of the key list (enrol, 2026-11-02) waits for the other member" in done.stdout
