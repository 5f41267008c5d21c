"""All parts of one installation without a server, on days that tests choose."""

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert

from crypto import case as protocol
from crypto import entry, receipt
from crypto.age import Identity, Recipient
from crypto.encoding import CaseId, MemberId, new_id
from crypto.signing import SigningKey
from intake.store import schema
from intake.store.cases import cases, submissions
from intake.store.cases.cases import NewGrant
from intake.store.cases.row_keys import RowKeys, epoch_purpose
from intake.store.cases.row_sealer import Leaf
from intake.store.cases.submissions import Stored, Submission
from intake.store.deletion.purge_store import PurgeStore
from intake.store.engines.engine import Database
from intake.store.engines.postgresql import AdvisoryLocks
from intake.store.members import sign_in
from intake.store.migrations import upgrade
from retention.days import DayRoots
from retention.key_stores.file import FileKeyStore
from retention.key_stores.locks import FileLocks
from retention.matching import check_belonging
from retention.policy import Policy
from retention.run import Job
from tests.support.postgres import Cluster

TODAY = dt.date(2026, 11, 20)


@dataclass
class World:
    """All parts of one installation, without a server."""

    folder: Path
    database: Database
    key_store: FileKeyStore
    store: PurgeStore
    roots: DayRoots
    row_keys: RowKeys
    job: Job
    members: dict[MemberId, Identity]
    url: str = ""
    cluster: Cluster | None = None

    @classmethod
    def open(
        cls,
        folder: Path,
        members: dict[MemberId, Identity] | None = None,
        key_store: Path | None = None,
        url: str = "",
        today: dt.date = TODAY,
        *,
        migrated: bool = False,
    ) -> "World":
        """Open or make an installation in `folder`. Like a server's start, refuse parts that do not belong together.

        Args:
            folder: the installation's folder.
            members: the coordinators' keys.
            key_store: the folder of the key store, if it is not in `folder`.
            url: the address of a PostgreSQL, or nothing for SQLite.
            today: the day on which it is opened.
            migrated: the store has this version's schema. On PostgreSQL, this saves granting 600 tables to the roles again.
        """
        home = key_store or folder / "key-store"
        folder.mkdir(parents=True, exist_ok=True)
        database = Database(url or folder / "store.db")
        try:
            if not migrated:
                database.run(upgrade.upgrade)
            database.run(upgrade.check)
            files = FileKeyStore(home)
            locks = AdvisoryLocks(url) if url else FileLocks(home)
            store = PurgeStore(database)
            roots = DayRoots(files, locks, store.store_id)
            check_belonging(files, locks, store, today)
            row_keys = RowKeys(store.store_id, files, roots)
            database.run(lambda tx: sign_in.adopt(tx, row_keys))
        except BaseException:
            database.close()
            raise
        job = Job(files, locks, roots, store, SigningKey.generate(), Policy())
        return cls(folder, database, files, store, roots, row_keys, job, members or {}, url)

    def enrol(self, member: MemberId) -> None:
        """Give a member an epoch key and its deletion key, without an enrolment."""
        identity = Identity.generate()
        self.members[member] = identity
        generation = self.key_store.make(epoch_purpose(member, identity.recipient.id))
        with self.database.transaction() as tx:
            values = {"member": member, "id": identity.recipient.id, "generation": generation, "statement": "", "current": True}
            tx.execute(insert(schema.epochs).values(values))

    def submission(self, words: str, expires: dt.date, receipt_lookup: str = "") -> tuple[Submission, Identity]:
        """Return a request as a browser encrypts it, and its case key."""
        case, for_receipt = CaseId(new_id()), Identity.generate()
        seats: list[tuple[str, Recipient]] = [(member, identity.recipient) for member, identity in self.members.items()]
        sealed = protocol.seal_new(
            case, lambda to: request(words, expires, to), for_receipt.recipient, seats, TODAY.isoformat()
        )
        new = Submission(
            case=case,
            lookup=receipt_lookup or receipt.lookup_of(case.encode()),
            expires=sealed.deletion,
            request=sealed.request,
            for_requester=True,
            receipt_grant=sealed.receipt_grant,
            grants=tuple(NewGrant(grant.member, grant.epoch, grant.file) for grant in sealed.grants),
            sealed_by="browser",
        )
        return new, sealed.case_key

    def submit(self, words: str, expires: dt.date, today: dt.date = TODAY) -> tuple[str, Identity]:
        """Store a request; return its id and case key."""
        new, key = self.submission(words, expires)
        with self.database.transaction() as tx:
            assert submissions.submit(tx, self.row_keys, [new], today) == [Stored()]
        return new.case, key

    def withdraw(self, case: str, today: dt.date = TODAY) -> Leaf:
        """Withdraw a case; return its location. Its leaf is not punctured yet."""
        with self.database.transaction() as tx:
            location = cases.find(tx, case, today).location
            cases.withdraw(tx, location)
        return location

    def read(self, case: str, key: Identity, today: dt.date = TODAY) -> str:
        """Return what a holder of the case key reads of the stored request."""
        with self.database.transaction() as tx:
            case_row = cases.find(tx, case, today)
            first = cases.entries(tx, self.row_keys, case_row.location, entry.Sequence.SHARED)[0]
        assert first.file is not None
        position = entry.Position(CaseId(case), entry.Sequence.SHARED, 0)
        mac = entry.shared_mac_key(key, CaseId(case))
        content = entry.open_(first.file, position, [key], {0: mac}, lambda *_: SigningKey.generate().verifying_key).content
        assert isinstance(content, entry.Request)
        return content.answers[0].values[0]

    def stolen(self, target: Path) -> "Stolen":
        """Return a thief's copy of the current store and key store."""
        shutil.copytree(self.folder, target, ignore=shutil.ignore_patterns("key-store", "*.in-use"))
        shutil.copytree(self.folder / "key-store", target / "key-store-then")
        if self.cluster is None:
            return Stolen(self, target, "")
        self.close()  # PostgreSQL copies a database only while nobody uses it
        return Stolen(self, target, self.cluster.new(like=self.url))

    def close(self) -> None:
        """Close the store."""
        self.roots.drop_all()
        self.job.locks.close()
        self.database.close()


@dataclass
class Stolen:
    """A copy of a store, to open with the key store of that time or the current one."""

    world: World
    folder: Path
    url: str

    def open(self, key_store: Path | None = None, today: dt.date = TODAY) -> World:
        """Open it with the members' keys, and with the key store of that time unless another is given."""
        home = key_store or self.folder / "key-store-then"
        return World.open(self.folder, self.world.members, home, self.url, today, migrated=True)


def request(words: str, expires: dt.date, recipients: entry.Recipients) -> entry.Request:
    """Return the content of an entry 0."""
    return entry.Request(
        form="sample",
        language="en",
        direction="need",
        answers=[entry.Answer(question="words", text="In your words", values=[words], labels=[])],
        contact=entry.Contact(how="", voicemail="", say_who="", safe_time="", return_only=True),
        name="",
        deletion=expires.isoformat(),
        shown=True,
        recipients=recipients,
        sealed_by="browser",
    )


def reopen(world: World, today: dt.date) -> None:
    """Open the same installation again in this process, as a server's start does."""
    fresh = World.open(world.folder, world.members, url=world.url, today=today)
    world.database, world.key_store, world.store, world.roots = fresh.database, fresh.key_store, fresh.store, fresh.roots
    job = world.job
    world.row_keys = fresh.row_keys
    world.job = job.__class__(fresh.key_store, fresh.job.locks, fresh.roots, fresh.store, job.signing_key, job.policy)
