"""One group over the real code: members' terminal clients, requesters, their adversaries, and what truly happened.

Honest members act through `intake.cli`, the client that people use. Adversaries have every key and file that they could get,
and send whatever can be made of them. `Watched` records what honest people did and checks what their clients believe.
"""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import typer

from crypto import case as protocol
from crypto import entry, keylist, receipt, snapshot, statement
from crypto.age import Recipient
from crypto.case import OwnCase, ServedOwnCase, StoredEntry, VerifiedGroup
from crypto.encoding import CaseId, b64, new_id, to_json, unb64
from crypto.entry import Kind
from crypto.errors import CryptoError, StaleSnapshotError
from crypto.keylist import Change, KeyList, SignedEntry
from crypto.recovery import RECOVERY
from crypto.snapshot import Snapshot
from crypto.statement import Statement
from intake.cli import group, proposals, recovery, rotation
from intake.cli.desk import Desk
from intake.cli.errors import CommandError
from intake.cli.member import Member
from intake.cli.opened import OpenedCase
from tests.model.founding import PASSPHRASE
from tests.model.host import Refused, StoredCase
from tests.model.oracle import Violation
from tests.model.people import Person, Wish
from tests.model.session import connect
from tests.model.watched import Watched
from tests.support.world import request as content_of

CASE_DAYS = 30


class World(Watched):
    """A group in which honest members, requesters and adversaries act."""

    # Clients

    def sign_in(self, person: Person) -> Desk | None:
        """Open a session of an honest member's client and check it; None if it refuses or is refused."""
        with self.acting(person):
            client = connect(self.host)
            desk: Desk | None = self.attempt(lambda: Desk(Member.sign_in(client, person.handle, PASSPHRASE, self.clock)))
            if desk is None:
                return None
            self.check_view(person, desk.me.keys)
            person.last_seen = self.today
            seat = desk.me.seats.get(person.id)
            if seat is None or (self.today - seat.first).days >= desk.me.keys.epoch_days:
                self.rotate(person, desk)
            self._note_epochs()
            return desk

    def rotate(self, person: Person, desk: Desk) -> None:
        """Make a new epoch key. The old one is no longer its owner's."""
        self.attempt(lambda: rotation.rotate(desk.me, lambda done, of: None))
        self._note_epochs()

    @contextlib.contextmanager
    def acting(self, person: Person) -> Iterator[None]:
        """Record everything signed in this block as this person's will."""
        before, self._acting = self._acting, person
        try:
            yield
        finally:
            self._acting = before

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do what an honest client does; None if it or the host refuses."""
        try:
            return act()
        except (CryptoError, Refused, CommandError, typer.Exit):
            return None
        except self.crashes:
            return None

    def decide(self, person: Person, kind: Change, **what: Any) -> None:
        """An honest member proposes or agrees."""
        desk = self.sign_in(person)
        if desk is not None:
            with self.acting(person):
                self.attempt(lambda: group.decide(desk.me, kind, **what))
                self.check_view(person, desk.me.keys)

    def deal(self, person: Person, threshold: int, tester: Person) -> None:
        """An honest member makes a recovery key and all others sign, the one who tests it last."""
        desk = self.sign_in(person)
        if desk is None or person is tester:
            return
        with self.acting(person):
            self.attempt(lambda: recovery.deal(desk.me, threshold, tester.id))
        for other in [colleague for colleague in self.people if colleague not in (person, tester)] + [tester]:
            for entry_ in [
                proposal for proposal in self.host.proposals.values() if keylist.body_of(proposal).kind is Change.RECOVERY
            ]:
                self.sign(other, entry_)

    def recover(self, person: Person, of: Person, to: Person) -> None:
        """A member proposes to give somebody's cases to another, or signs a colleague's proposal."""
        key = self.host.keys.all_members[of.id].text
        for proposal in self.host.proposals.values():
            body = keylist.body_of(proposal)
            if (body.kind, body.member, body.key) == (Change.RECOVER, to.id, key):
                self.sign(person, proposal)
                return
        body = keylist.next_body(self.host.keys, Change.RECOVER, self.today.isoformat(), member=to.id, key=key)
        self.sign(person, SignedEntry(body=to_json(body).decode(), signatures={}))

    def sign(self, person: Person, entry_: SignedEntry) -> None:
        """Agree to a proposal about the recovery key. A dishonest member gives their signature and no share."""
        body = keylist.body_of(entry_)
        if not person.honest:
            if person.id in self.members:
                with contextlib.suppress(Refused, CryptoError):
                    self.host.decide(person.id, keylist.sign(body, {person.id: self.signing_key(person)}))
            return
        desk = self.sign_in(person)
        if desk is None:
            return
        shown = next((proposal for proposal in proposals.open_proposals(desk.me) if proposal.body == entry_.body), entry_)
        with self.acting(person):
            if body.kind is Change.RECOVERY:
                self.attempt(lambda: recovery.agree_to_deal(desk.me, shown))
            else:
                self.attempt(lambda: recovery.agree(desk.me, body))
            self.check_view(person, desk.me.keys)
        for rogue in [someone for someone in self.people if not someone.honest]:
            self.shares.check(rogue.id, self.ledger, self.host.keys.needed)

    def take_over(self, person: Person) -> None:
        """A member opens the recovery key for every decision that names them."""
        desk = self.sign_in(person)
        if desk is not None:
            with self.acting(person):
                self.attempt(lambda: recovery.open_all(desk, lambda done, of: None))

    # Cases, as an honest member's client sees them

    def look(self, desk: Desk, case: CaseId) -> OpenedCase | None:
        """Open and check a case; None if the client refuses the answer."""
        opened: OpenedCase | None = self.attempt(lambda: desk.read(case))
        if opened is not None:
            if opened.id != case:
                raise Violation("cases", "a case that is shown as another")
            self.check_authors(opened.shared, desk.me.keys, desk.me.snapshot)
            self.check_authors(opened.desk, desk.me.keys, desk.me.snapshot)
        return opened

    def in_case(self, person: Person, case: CaseId, act: Callable[[Desk], Any]) -> None:
        """An honest member works in a case: nobody without a grant reads it."""
        desk = self.sign_in(person)
        if desk is None or self.look(desk, case) is None:
            return
        with self.acting(person):
            self._meant = case
            self.attempt(lambda: act(desk))
            self._meant = None

    # Requesters

    def seats(self) -> tuple[KeyList, list[Statement], str]:
        """What a requester's client believes of the group. It has the fingerprint from a poster, and its own clock."""
        host = self.host
        keys = self._keys_of_requester()
        shown = host.shown_snapshot()
        if shown is None:
            raise Refused("no recent sign-in")
        newest = snapshot.verify(shown, keys, self.today)
        seats = []
        for signed in host.offer():
            with contextlib.suppress(CryptoError):  # the next assignee is used instead
                seats.append(statement.verify(signed, keys, self.today, newest))
        different = list({seat.member: seat for seat in seats}.values())
        if not different:
            raise Refused("no seats")
        return keys, different[:2], host.deal["recipient"] if host.deal else ""

    def ask(self, *, honest: bool = True) -> Wish:
        """Make a new request. Raises `CryptoError` if the client refuses."""
        _, seats, deal = self.seats()
        wish = Wish(CaseId(new_id()), receipt.generate(), self.today, honest)
        own = receipt.stretch(wish.code, self.group)
        until = self.today + dt.timedelta(days=CASE_DAYS)
        grantees = [(str(seat.member), seat.recipient) for seat in seats]
        if deal:
            grantees.append((RECOVERY, Recipient.parse(deal)))
        new = protocol.seal_new(
            wish.case,
            lambda to: content_of("a bed for two", until, to),
            own.identity.recipient,
            grantees,
            self.today.isoformat(),
        )
        grants = {grant.member: {"epoch": grant.epoch, "file": b64(grant.file)} for grant in new.grants}
        self.made[entry.digest_of(new.request)] = ("", True)
        if honest:
            self.given(wish.case, grants)
        else:
            self.adversary.own(wish.case, new.case_key, legitimate=True)
        files = [b64(new.request)]
        self.host.store(StoredCase(wish.case, own.lookup, new.deletion, b64(new.receipt_grant), grants, files))
        self.deletion.put(wish.case, until, {"shared/0": new.request, "receipt": new.receipt_grant})
        self.wishes.append(wish)
        return wish

    def read(self, wish: Wish) -> OwnCase | None:
        """Return what a receipt's holder sees; None if their client refuses the answer."""
        opened: OwnCase | None = self.attempt(lambda: self._read(wish))
        return opened

    def _read(self, wish: Wish) -> OwnCase:
        keys = self._keys_of_requester()
        own = receipt.stretch(wish.code, self.group)
        stored = self.host.by_lookup(own.lookup)
        entries = [StoredEntry(row["number"], row["digest"], row["file"]) for row in stored.said("shared")]
        newest = self._newest(keys)
        opened = protocol.open_own(
            ServedOwnCase(stored.id, unb64(stored.receipt_grant), entries), own, VerifiedGroup(keys, newest)
        )
        self.check_authors(opened.entries, keys, newest)
        return opened

    def write_back(self, wish: Wish) -> None:
        """The requester answers."""
        opened = self.read(wish)
        if opened is None:
            return
        by = receipt.stretch(wish.code, self.group).identity.recipient
        new = protocol.seal_own_next(opened, by, Kind.MESSAGE, "thank you", self.today.isoformat())
        self.made[entry.digest_of(new.file)] = ("", True)
        if wish.honest:
            self.sealed(wish.case, new.file)
        self.host.cases[opened.grant.case].shared.append(b64(new.file))

    def _newest(self, keys: KeyList) -> Snapshot | None:
        """The snapshot that a requester's client checks a case against; None if a member has to sign in first."""
        shown = self.host.shown_snapshot()
        try:
            return snapshot.verify(shown, keys, self.today) if shown else None
        except StaleSnapshotError:
            return None

    def _keys_of_requester(self) -> KeyList:
        """The list as a requester's client verifies it, with the fingerprint from a poster."""
        keys = keylist.verify(self.host.shown_entries(), self.today, fingerprint=self.fingerprint)
        self.check_view(None, keys)
        return keys

    # Guarantees
