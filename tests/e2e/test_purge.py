"""A thief who copied everything reads nothing of a request after its expiry day and `intake retention run`."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select
from typer.testing import CliRunner

from crypto import entry, grant, keylist, keyring, unlocker
from crypto.encoding import CaseId, EpochId, GroupId, MemberId
from crypto.entry import Position, Request, Sequence
from crypto.keyring import Keyring
from intake.cli.main import app
from intake.service.service import Service
from intake.store import schema
from intake.store.cases import cases
from intake.store.cases.row_keys import RowKeys
from intake.store.deletion.purge_store import PurgeStore
from intake.store.engines.engine import Database
from intake.store.members import members
from retention.days import DayRoots
from retention.errors import LostKeyError
from retention.key_stores.file import FileKeyStore
from retention.key_stores.locks import FileLocks
from tests.support.browser import HANDLE, PASSPHRASE, ask_for_help, installation, visit

CANARY = "CanaryQ7x9mjWk3حليب"
DAYS = 1


class Thief:
    """A thief with a copy of the database, a copy of the key store and the coordinator's passphrase. They ask no server."""

    def __init__(self, database: Path, key_store: Path) -> None:
        self._database = Database(database)
        files = FileKeyStore(key_store)
        store = PurgeStore(self._database).store_id
        self._row_keys = RowKeys(store, files, DayRoots(files, FileLocks(key_store), store))

    def keyring(self) -> tuple[Keyring, keylist.KeyList]:
        with self._database.transaction() as tx:
            keys = keylist.verify(members.entries(tx), dt.datetime.now(dt.UTC).date())
            member = MemberId(next(iter(keys.members)))
            file = members.keyring(tx, self._row_keys, member)
        name = unlocker.normalise_handle(HANDLE)
        way = unlocker.from_passphrase(PASSPHRASE, keys.group, name)
        return keyring.open_(file, [way.identity], GroupId(keys.group), member, name), keys

    def words(self, ring: Keyring, keys: keylist.KeyList) -> str:
        """Return the request's text from the rows, without any check of days or of the case."""
        with self._database.transaction() as tx:
            id_ = tx.scalars(select(schema.cases.c.id)).one()
            case_row = cases.find(tx, id_, dt.date.min)
            epoch, file = cases.grant_of(tx, self._row_keys, case_row.location, ring.member)
            said = cases.entries(tx, self._row_keys, case_row.location, Sequence.SHARED)
        case = CaseId(id_)
        held = grant.open_(file, grant.Address(case, ring.member, EpochId(epoch)), ring.identities, keys.author_key).keys
        macs = {number: entry.shared_mac_key(key, case) for number, key in enumerate(held.case_keys)}
        assert said[0].file is not None
        first = entry.open_(said[0].file, Position(case, Sequence.SHARED, 0), held.case_keys, macs, keys.author_key).content
        assert isinstance(first, Request)
        return first.answers[1].values[0]

    def close(self) -> None:
        self._database.close()


def test_after_its_day_not_even_all_keys_and_an_old_copy_open_a_request(
    browser: Browser, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, key_store, stolen = Path(environment["INTAKE_DATA"]), Path(environment["INTAKE_KEY_STORE"]), tmp_path / "stolen"
    with installation(environment, tmp_path) as site, visit(browser) as page:
        ask_for_help(page, site, CANARY, days=DAYS)
    shutil.copytree(data, stolen / "var")
    shutil.copytree(key_store, stolen / "key-store")

    # The control: with the earlier deletion keys and the passphrase, the thief opens it.
    control = Thief(stolen / "var" / "store.db", stolen / "key-store")
    ring, keys = control.keyring()
    assert control.words(ring, keys) == CANARY
    control.close()

    midnight = dt.datetime.combine(dt.datetime.now(dt.UTC).date(), dt.time(), dt.UTC) + dt.timedelta(days=1 + DAYS)
    monkeypatch.setattr(Service.open.__func__, "__defaults__", (lambda: midnight,))  # type: ignore[attr-defined]
    dry = CliRunner().invoke(app, ["retention", "run", "--dry-run", "--json"])
    due = {day: cases for day, cases in json.loads(dry.output)["days"].items() if cases}
    assert due == {midnight.date().isoformat(): 1}
    done = CliRunner().invoke(app, ["retention", "run", "--json"])
    assert (done.exit_code, json.loads(done.output)["cases"], json.loads(done.output)["scrub"]) == (0, 1, "clean")

    # The same old database and the coordinator's keys, with the deletion keys from after the run.
    thief = Thief(stolen / "var" / "store.db", key_store)
    with pytest.raises(LostKeyError):
        thief.words(ring, keys)
    thief.close()
    left = Database(data / "store.db")
    with left.transaction() as tx:
        assert tx.scalars(select(schema.cases.c.id)).all() == []
    left.close()
