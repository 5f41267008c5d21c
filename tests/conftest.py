"""A real store on a real disk, its keeper beside it, a group of two, and days that are handed in."""

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import insert

from crypto import entry, grant, receipt
from crypto.age import Identity
from crypto.encoding import CaseId, EpochId, MemberId, b64, new_id
from crypto.labels import Label
from crypto.signing import SigningKey
from intake.store import cases, migrate, tables
from intake.store.cases import NewGrant, Submission
from intake.store.engine import Database
from intake.store.retention import PurgeStore
from intake.store.vault import Vault, epoch_purpose
from retention.days import DayRoots, check_belonging
from retention.file_keeper import FileKeeper
from retention.policy import Policy
from retention.run import Job
from tests.processes import free_port

TODAY = dt.date(2026, 11, 20)


@dataclass
class World:
    """All parts of one installation, without a server."""

    folder: Path
    database: Database
    keeper: FileKeeper
    store: PurgeStore
    roots: DayRoots
    vault: Vault
    job: Job
    members: dict[MemberId, Identity]

    @classmethod
    def open(cls, folder: Path, members: dict[MemberId, Identity] | None = None, keeper: Path | None = None) -> "World":
        """Open (or make) what is in `folder`; as a server start does, refusing what does not belong together."""
        database = Database(folder / "store.db")
        try:
            with database.transaction() as tx:
                migrate.upgrade(tx)
                migrate.check(tx)
            files = FileKeeper(keeper or folder / "keeper")
            store = PurgeStore(database)
            roots = DayRoots(files, store.store_id)
            check_belonging(files, store)
        except BaseException:
            database.close()
            raise
        key = SigningKey.generate()
        job = Job(files, roots, store, key, Policy())
        return cls(folder, database, files, store, roots, Vault(store.store_id, files, roots), job, members or {})

    def enrol(self, member: MemberId) -> None:
        """An epoch key with its lock key, without the ceremony."""
        identity = Identity.generate()
        self.members[member] = identity
        generation = self.keeper.make(epoch_purpose(member, identity.recipient.id))
        with self.database.transaction() as tx:
            values = {"member": member, "id": identity.recipient.id, "generation": generation, "statement": "", "current": True}
            tx.execute(insert(tables.epochs).values(values))

    def submission(self, words: str, expires: dt.date, receipt_lookup: str = "") -> tuple[Submission, Identity]:
        """A request as a browser seals it, and its case key."""
        case, case_key, for_receipt = CaseId(new_id()), Identity.generate(), Identity.generate()
        mac = entry.shared_mac_key(case_key, case)
        content = request(words, expires, case_key, for_receipt)
        sealed = entry.seal(
            entry.Place(case, entry.Sequence.SHARED, 0),
            entry.Kind.REQUEST,
            content,
            day=TODAY.isoformat(),
            previous="",
            recipients=[case_key.recipient, for_receipt.recipient],
            mac_key=mac,
        )
        given = receipt.ReceiptGrant(
            format=Label.RECEIPT_GRANT.value,
            case=case,
            recipient=str(case_key.recipient),
            mac=b64(mac.reveal()),
            request=entry.digest_of(sealed),
            shown=True,
            deletion=expires.isoformat(),
        )
        grants = tuple(
            NewGrant(
                member,
                identity.recipient.id,
                grant.seal(
                    grant.Address(case, member, EpochId(identity.recipient.id)),
                    grant.CaseKeys((case_key,), ()),
                    identity.recipient,
                ),
            )
            for member, identity in self.members.items()
        )
        new = Submission(
            case=case,
            lookup=receipt_lookup or receipt.lookup_of(case.encode()),
            expires=expires.isoformat(),
            request=sealed,
            for_requester=True,
            receipt_grant=receipt.seal_grant(given, for_receipt.recipient),
            grants=grants,
            sealed_by="browser",
        )
        return new, case_key

    def submit(self, words: str, expires: dt.date, today: dt.date = TODAY) -> tuple[str, Identity]:
        """Store a request; its id and case key."""
        new, key = self.submission(words, expires)
        with self.database.transaction() as tx:
            assert cases.submit(tx, self.vault, new, today)
        return new.case, key

    def read(self, case: str, key: Identity, today: dt.date = TODAY) -> str:
        """What a holder of the case key reads of the stored request."""
        with self.database.transaction() as tx:
            found = cases.find(tx, case, today)
            first = cases.entries(tx, self.vault, found.where, entry.Sequence.SHARED)[0]
        assert first.file is not None
        place = entry.Place(CaseId(case), entry.Sequence.SHARED, 0)
        mac = entry.shared_mac_key(key, CaseId(case))
        content = entry.open_(first.file, place, [key], [mac], lambda member: SigningKey.generate().verifying_key).content
        assert isinstance(content, entry.Request)
        return content.answers[0].values[0]

    def close(self) -> None:
        """Let the store go."""
        self.database.close()


def request(words: str, expires: dt.date, case_key: Identity, for_receipt: Identity) -> entry.Request:
    """The content of an entry 0."""
    return entry.Request(
        form="sample",
        language="en",
        direction="need",
        answers=[entry.Answer(question="words", text="In your words", values=[words], labels=[])],
        contact=entry.Contact(how="", voicemail="", say_who="", safe_time="", return_only=True),
        name="",
        deletion=expires.isoformat(),
        shown=True,
        recipients=entry.Recipients(case=str(case_key.recipient), receipt=str(for_receipt.recipient)),
        sealed_by="browser",
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two coordinators, day keys made ahead, nothing submitted."""
    made = World.open(tmp_path / "var")
    for _ in range(2):
        made.enrol(MemberId(new_id()))
    made.job.run(TODAY)
    yield made
    made.close()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    values = {"INTAKE_DATA": str(tmp_path / "var"), "INTAKE_KEEPER": str(tmp_path / "keeper"), "INTAKE_PORT": str(free_port())}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **values}
