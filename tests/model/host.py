"""The host of one group, in memory: the server's answers, and every way in which a host may lie.

Like python-tuf's repository simulator, it replaces the transport of the real client, so nothing uses a network. An honest host
keeps
the server's rules. A lying one stores and answers anything.
"""

import contextlib
import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx
import msgspec

from crypto import keylist, recovery, snapshot, statement
from crypto.age import Recipient
from crypto.encoding import CaseId, MemberId, as_dict, from_dict, unb64
from crypto.entry import digest_of
from crypto.errors import CryptoError
from crypto.keylist import Change, KeyList, SignedEntry
from crypto.recovery import RECOVERY, SignedDeal
from crypto.signing import Signed, SigningKey
from crypto.snapshot import Snapshot

RETENTION = SigningKey.generate().verifying_key.text
Answer = dict[str, Any]


class Refused(Exception):
    """Raised when the host refuses a request, with the problem's kind."""


@dataclass
class Account:
    """What the server keeps of a member or a newcomer."""

    member: MemberId
    handle_id: str
    unlockers: list[Answer]
    keyring: Answer
    candidate: Signed
    name: str | None
    statement: Signed
    next_statement: Signed | None = None
    staged: dict[CaseId, Answer] = field(default_factory=dict)


@dataclass
class StoredCase:
    """A case as the server keeps it. All files are b64."""

    id: CaseId
    lookup: str
    expires: str
    receipt_grant: str
    grants: dict[str, Answer]
    shared: list[str]
    desk: list[str] = field(default_factory=list)
    version: int = 0
    open: bool = True
    hold: Answer | None = None

    def said(self, which: str) -> list[Answer]:
        """The entries of a sequence, with their digests."""
        files: list[str] = getattr(self, which)
        return [{"number": n, "digest": digest_of(unb64(file)), "file": file} for n, file in enumerate(files)]


@dataclass
class Lies:
    """What a lying host answers instead of what it stores. Empty means the truth."""

    clock: int = 0  # days
    entries: int | None = None  # the number of entries shown
    statements: dict[MemberId, Signed] = field(default_factory=dict)
    cases: dict[CaseId, CaseId] = field(default_factory=dict)
    keyrings: dict[MemberId, Answer] = field(default_factory=dict)
    snapshot: Signed | None = None
    unfounded: bool = False
    reordered: bool = False  # signatures of proposals, and whatever has no order of its own


class Host:
    """Everything that the server stores, and its answers."""

    def __init__(self, today: Callable[[], dt.date], *, lying: bool) -> None:
        self._today = today
        self.lying = lying
        self.lies = Lies()
        self.entries: list[SignedEntry] = []
        self.proposals: dict[str, SignedEntry] = {}
        self.accounts: dict[MemberId, Account] = {}
        self.names: tuple[int, str] | None = None
        self.cases: dict[CaseId, StoredCase] = {}
        self.snapshots: list[Signed] = []  # newest first, as far as the server keeps them
        self.old_snapshots: list[Signed] = []
        self.invites: set[str] = set()
        self.deal: Answer | None = None
        self.deals: dict[str, Answer] = {}  # signed, by their name in the key list
        self.shares: list[Answer] = []
        self.old_statements: list[tuple[MemberId, Signed]] = []
        self.old_keyrings: list[tuple[MemberId, Answer]] = []
        self._verified: tuple[object, KeyList] | None = None
        self.on_entry: Callable[[MemberId, SignedEntry], None] = lambda member, entry: None
        self.on_snapshot: Callable[[MemberId, Snapshot], None] = lambda member, found: None
        self.on_file: Callable[[MemberId, bytes], None] = lambda member, file: None
        self.on_share: Callable[[str], None] = lambda file: None
        self.on_grants: Callable[[MemberId, dict[str, Answer]], None] = lambda member, grants: None

    @property
    def day(self) -> dt.date:
        """The day by the host's clock."""
        return self._today() + dt.timedelta(days=self.lies.clock)

    @property
    def keys(self) -> KeyList:
        """The list as the server itself verifies it. A lying one accepts any date."""
        day = self.day
        if self.lying:
            day = max(self._today(), dt.date.fromisoformat(keylist.body_of(self.entries[-1]).day))
        at = (len(self.entries), self.entries[-1].hash, day)
        if self._verified is None or self._verified[0] != at:
            self._verified = (at, keylist.verify(self.entries, day))
        return self._verified[1]

    def client(self, member: MemberId | None = None) -> httpx.Client:
        """A connection to this host. `member` has a session already."""
        return httpx.Client(transport=httpx.MockTransport(Session(self, member).handle), base_url="http://host")

    def shown_entries(self) -> list[SignedEntry]:
        """The key list that the host answers with."""
        return self.entries[: self.lies.entries]

    def shown_statements(self) -> list[Signed]:
        """The current epoch statements of everyone who sent one."""
        return [self.lies.statements.get(member, account.statement) for member, account in self.accounts.items()]

    def shown_case(self, case: CaseId) -> StoredCase:
        """The case that the host answers with for this id."""
        found = self.cases.get(self.lies.cases.get(case, case))
        if found is None:
            raise Refused("not-found")
        return found

    def by_lookup(self, lookup: str) -> StoredCase:
        """The case of a receipt."""
        for case in self.cases.values():
            if case.lookup == lookup:
                return self.shown_case(case.id)
        raise Refused("not-found")

    def newest(self) -> Snapshot | None:
        """The newest snapshot that clients would accept today."""
        for signed in self.snapshots:
            with contextlib.suppress(CryptoError):
                return snapshot.verify(signed, self.keys, self.day)
        return None

    def shown_snapshot(self) -> Signed | None:
        """The snapshot that the host answers with."""
        newest = self.newest()
        return self.lies.snapshot or (newest.signed if newest else None)

    def accept(self, member: MemberId, signed: Signed) -> None:
        """Accept a member's snapshot if it matches the store. A lying host accepts any."""
        try:
            found = snapshot.read(signed, self.keys)
        except CryptoError:
            raise Refused("invalid") from None
        if not self.lying:
            if found.member != member or abs(found.day - self.day) > dt.timedelta(days=snapshot.CLOCK_DAYS):
                raise Refused("invalid")
            present = (self.keys.head, self._present_statements(), *self.named())
            named = (found.head, found.statements, found.names, found.names_digest)
            if named != present or found.version != self.version() + 1:
                raise Refused("stale")
        self.on_snapshot(member, found)
        pending = self.keys.pending
        earlier = [one for one in self.snapshots if json.loads(one.body)["member"] == found.member]
        evidence = [one for one in earlier if pending and json.loads(one.body)["number"] >= pending.body.number][-1:]
        self.old_snapshots += earlier
        self.snapshots = [signed, *(one for one in self.snapshots if one not in earlier or one in evidence)]

    def named(self) -> tuple[int, str | None]:
        """The number and digest of the names file."""
        return (self.names[0], digest_of(unb64(self.names[1]))) if self.names else (0, None)

    def snapshot_of(self, number: int) -> Signed | None:
        """One of all snapshots that were ever accepted."""
        every = [*self.snapshots, *self.old_snapshots]
        return every[number % len(every)] if every else None

    def version(self) -> int:
        """The highest version of a snapshot."""
        return max((int(json.loads(one.body)["version"]) for one in self.snapshots), default=0)

    def _present_statements(self) -> dict[MemberId, str]:
        found = {}
        for account in self.accounts.values():
            with contextlib.suppress(CryptoError):
                statement.check(account.statement, self.keys, self.day)
                found[account.member] = statement.hash_of(account.statement)
        return found

    def offer(self) -> list[Signed]:
        """The assignees for a new case, fewest cases first."""
        held = {member: sum(member in case.grants for case in self.cases.values()) for member in self.accounts}
        if self.lying:
            return self.shown_statements()
        seats, newest = [], self.newest()
        for signed in self.shown_statements() if newest else []:
            assert newest is not None
            with contextlib.suppress(CryptoError):
                seat = statement.verify(signed, self.keys, self.day, newest)
                seats.append((held.get(seat.member, 0), signed))
        return [signed for _, signed in sorted(seats, key=lambda one: one[0])]

    def store(self, case: StoredCase) -> None:
        """Store a new case, with grants to the assignees alone."""
        if not self.lying:
            self._check_grants(case.grants)
        self.cases[case.id] = case

    def decide(self, member: MemberId, entry: SignedEntry) -> int:
        """Add a member's signature to the next entry, and return how many it still lacks. A lying host appends anything."""
        self.on_entry(member, entry)
        before = self.proposals.get(entry.body)
        if before is not None:
            entry = SignedEntry(body=entry.body, signatures={**before.signatures, **entry.signatures}, evidence=entry.evidence)
        if entry.evidence is not None and entry.evidence not in self.snapshots and not self.lying:
            raise Refused("invalid")
        try:
            if before is None and not self.lying:
                keylist.check_new(entry, self.day)
            lacking = self.check_entry(entry)
            if lacking:
                self.proposals[entry.body] = entry
                return lacking
            day = dt.date.fromisoformat(keylist.body_of(entry).day)
            after = keylist.verify([*self.entries, entry], max(day, self._today()) if self.lying else self.day)
        except CryptoError:
            raise Refused("invalid") from None
        body = keylist.body_of(entry)
        if body.kind is Change.RECOVERY and not after.pending:
            self.deal = self._current_deal(body.key)
        self.append(entry)
        return 0

    def _current_deal(self, key: str) -> Answer | None:
        if key not in self.deals:
            return None
        recipient = json.loads(self.deals[key]["body"])["recipient"]
        return {"id": Recipient.parse(recipient).id, "recipient": recipient}

    def keep_share(self, purpose: str, giver: MemberId, to: str, file: str) -> None:
        """Store an encrypted share for its member."""
        self.on_share(file)
        self.shares.append({"purpose": purpose, "giver": giver, "to": to, "file": file})

    def check_entry(self, entry: SignedEntry) -> int:
        """Check the server's rules for the next entry. A lying host has no calendar."""
        day = dt.date.fromisoformat(keylist.body_of(entry).day) if self.lying else self.day
        return keylist.check_proposal(self.keys, entry, day)

    def append(self, entry: SignedEntry) -> None:
        """Append to the list."""
        self.entries.append(entry)
        self.proposals.clear()

    def state(self, member: MemberId, signed: Signed) -> None:
        """Store a member's current statement in place of the one before."""
        if not self.lying:
            try:
                found = statement.check(signed, self.keys, self.day)
            except CryptoError:
                raise Refused("invalid") from None
            if found.member != member or found.first < statement.first_day(self.accounts[member].statement):
                raise Refused("invalid")
        account = self.accounts[member]
        self.old_statements.append((member, account.statement))
        account.statement = signed

    def seats(self) -> dict[str, str]:
        """The epoch of each member's current statement."""
        found = {}
        for account in self.accounts.values():
            try:
                found[str(account.member)] = str(statement.check(account.statement, self.keys, self.day).recipient.id)
            except CryptoError:
                continue
        if self.deal:
            found[RECOVERY] = self.deal["id"]
        return found

    def _check_grants(self, grants: dict[str, Answer]) -> None:
        now = self.seats()
        if not set(grants) - {RECOVERY} or (self.deal is not None) != (RECOVERY in grants):
            raise Refused("stale")
        if any(now.get(member) != one["epoch"] for member, one in grants.items()):
            raise Refused("stale")

    def replace_grants(self, case: StoredCase, version: int, grants: dict[str, Answer]) -> None:
        """Hand over, share, or open for the first time."""
        if not self.lying:
            self._check_grants(grants)
            if version != case.version:
                raise Refused("stale")
        case.grants, case.version = grants, case.version + 1


class Session:
    """One client's requests, answered as the server's routes answer them."""

    def __init__(self, host: Host, member: MemberId | None) -> None:
        self._host = host
        self._member = member

    def handle(self, request: httpx.Request) -> httpx.Response:
        """The answer to one request."""
        body = json.loads(request.content) if request.content else {}
        for method, pattern, name in _ROUTES:
            found = re.fullmatch(pattern, request.url.path)
            if method == request.method and found:
                try:
                    answer = getattr(self, name)(body, *found.groups())
                except Refused as refused:
                    problem = {"type": f"urn:sealed-intake:{refused}", "title": str(refused), "detail": str(refused)}
                    return httpx.Response(409, json=problem)
                return httpx.Response(200, content=msgspec.json.encode(answer))
        raise AssertionError(f"{request.method} {request.url.path} is not simulated")

    @property
    def _me(self) -> Account:
        host = self._host
        account = host.accounts.get(self._member) if self._member else None
        if account is None or (not host.lying and account.member not in host.keys.members):
            raise Refused("sign-in")
        return account

    # The group

    def _keylist(self, _: Answer) -> Answer:
        host = self._host
        shown = host.shown_snapshot()
        return {
            "entries": [as_dict(one) for one in host.shown_entries()],
            "snapshot": as_dict(shown) if shown else None,
            "today": host.day.isoformat(),
        }

    def _sign_in(self, sent: Answer) -> Answer:
        host = self._host
        for account in host.accounts.values():
            known = [one["authentication"] for one in account.unlockers]
            if account.handle_id == sent["handle_id"] and sent["authentication"] in known:
                self._member = account.member
                keyring = host.lies.keyrings.get(account.member, self._me.keyring)
                return {"member": account.member, "keyring": keyring["file"]}
        raise Refused("sign-in")

    def _sign_out(self, _: Answer) -> Answer:
        return {}

    def _group(self, _: Answer) -> Answer:
        me, host = self._me.member, self._host
        proposals = list(host.proposals.values())
        if host.lies.reordered:
            proposals = [_reordered(one) for one in proposals]
        return {
            "statements": [as_dict(one) for one in host.shown_statements()],
            "snapshots": [as_dict(one) for one in host.snapshots],
            "names": host.names[1] if host.names else None,
            "names_number": host.names[0] if host.names else 0,
            "candidates": [{"signed": as_dict(one.candidate), "name": one.name} for one in host.accounts.values()],
            "proposals": [as_dict(one) for one in proposals],
            "deal": host.deal,
            "deals": list(host.deals.values()),
            "inactive": [],
            "hanging": {},
            "open": {me: sum(me in case.grants for case in host.cases.values())},
        }

    def _decide(self, sent: Answer) -> Answer:
        return {"number": sent["number"], "lacking": self._host.decide(self._me.member, from_dict(SignedEntry, sent["entry"]))}

    def _put_snapshot(self, sent: Answer) -> Answer:
        self._host.accept(self._me.member, from_dict(Signed, sent))
        return {"version": 0}

    def _held(self, _: Answer) -> Answer:
        me = self._me.member
        held = [one for one in self._host.cases.values() if me in one.grants]
        return {"held": [{"case": one.id, "request": one.said("shared")[0]["digest"], "until": one.expires} for one in held]}

    def _put_keyring(self, sent: Answer) -> Answer:
        me = self._me
        if sent["number"] <= me.keyring["number"]:
            raise Refused("stale")
        self._host.old_keyrings.append((me.member, me.keyring))
        me.keyring = sent
        return {"number": sent["number"]}

    def _put_names(self, sent: Answer) -> Answer:
        self._me  # noqa: B018  # a session is needed
        if self._host.names is None or sent["number"] > self._host.names[0]:
            self._host.names = (sent["number"], sent["file"])
        return {"number": sent["number"]}

    def _name(self, _: Answer, member: str) -> Answer:
        account = self._host.accounts.get(MemberId(member))
        if account is None or account.name is None:
            raise Refused("not-found")
        return {"name": account.name}

    # Rotation

    def _rotation(self, _: Answer) -> Answer:
        me = self._me
        if me.next_statement is None:
            return {"epoch": "", "statement": None, "missing": 0, "grants": [], "older": []}
        waiting = [case for case in self._host.cases.values() if me.member in case.grants and case.id not in me.staged]
        grants = [
            {
                "case": one.id,
                "version": one.version,
                "epoch": one.grants[me.member]["epoch"],
                "grant": one.grants[me.member]["file"],
            }
            for one in waiting
        ]
        epoch, stated = _epoch_of(me.next_statement), as_dict(me.next_statement)
        older = [one["epoch"] for one in grants]
        return {"epoch": epoch, "statement": stated, "missing": len(waiting), "grants": grants, "older": older}

    def _begin_rotation(self, sent: Answer) -> Answer:
        me = self._me
        me.next_statement, me.staged = from_dict(Signed, sent["statement"]), {}
        self._put_keyring(sent["keyring"])
        return {"started": True}

    def _stage(self, sent: Answer) -> Answer:
        me = self._me
        me.staged |= {CaseId(one["case"]): one for one in sent["grants"]}
        return {"missing": 0}

    def _commit(self, sent: Answer) -> Answer:
        me, host = self._me, self._host
        assert me.next_statement is not None
        host.state(me.member, me.next_statement)
        for case in host.cases.values():
            if case.id in me.staged and case.id not in sent["lost"]:
                case.grants[me.member] = {"epoch": _epoch_of(me.next_statement), "file": me.staged[case.id]["file"]}
        me.next_statement, me.staged = None, {}
        self._put_names(sent["names"])
        self._put_keyring(sent["keyring"])
        host.accept(me.member, from_dict(Signed, sent["snapshot"]))
        return {"rotated": True}

    # Cases

    def _mine(self, case: str) -> StoredCase:
        me, host = self._me.member, self._host
        found = host.cases.get(CaseId(case))
        if found is None or not (host.lying or me in found.grants or self._may_recover(found)):
            raise Refused("not-found")
        return found

    def _may_recover(self, case: StoredCase) -> bool:
        return any(self._member == one.to and one.of in case.grants for one in self._host.keys.recovered)

    def _case(self, _: Answer, case: str) -> Answer:
        me = self._me.member
        self._mine(case)
        shown = self._host.shown_case(CaseId(case))
        grantee = me if me in shown.grants else RECOVERY
        if grantee not in shown.grants:
            raise Refused("not-found")
        return {
            "case": shown.id, "expires": shown.expires, "latest": shown.expires, "open": shown.open, "opened": bool(shown.desk),
            "head": self._host.shown_entries()[-1].hash, "sealed_by": "browser",
            "version": shown.version, "hold": shown.hold, "grantee": grantee,
            "epoch": shown.grants[grantee]["epoch"], "grant": shown.grants[grantee]["file"],
            "holders": [{"member": member, "epoch": one["epoch"]} for member, one in shown.grants.items()],
            "shared": shown.said("shared"), "desk": shown.said("desk"),
        }  # fmt: skip

    def _add_entry(self, sent: Answer, case: str) -> Answer:
        files: list[str] = getattr(self._mine(case), sent["sequence"])
        if sent["number"] != len(files):
            raise Refused("stale")
        self._host.on_file(self._me.member, unb64(sent["file"]))
        files.append(sent["file"])
        return {"number": sent["number"]}

    def _replace_grants(self, sent: Answer, case: str) -> Answer:
        grants = {one["member"]: {"epoch": one["epoch"], "file": one["file"]} for one in sent["grants"]}
        self._host.on_grants(self._me.member, grants)
        self._host.replace_grants(self._mine(case), sent["version"], grants)
        return {"version": sent["version"] + 1}

    # Recovery

    def _deal(self, sent: Answer) -> Answer:
        host, me = self._host, self._me.member
        entry, signed = from_dict(SignedEntry, sent["entry"]), from_dict(SignedDeal, sent["deal"])
        body = keylist.body_of(entry)
        found = recovery.read_deal(signed, host.keys.group, body.key, host.keys.key_of)
        if set(sent["shares"]) != set(host.keys.members) or set(signed.signatures) != {me} or body.member in ("", me):
            raise Refused("invalid")
        host.deals[body.key] = as_dict(signed)
        for to, file in sent["shares"].items():
            host.keep_share(found.id, me, to, file)
        host.keep_share(entry.hash, me, body.member, sent["share"])
        return {"number": sent["number"], "lacking": host.decide(me, entry)}

    def _sign_recovery(self, sent: Answer) -> Answer:
        host, me = self._host, self._me.member
        entry = from_dict(SignedEntry, sent["entry"])
        body = keylist.body_of(entry)
        if sent["share"]:
            host.keep_share(entry.hash, me, sent.get("to", body.member), sent["share"])
        if sent["deal"]:
            deal = host.deals[body.key]
            host.deals[body.key] = {**deal, "signatures": {**deal["signatures"], me: sent["deal"]}}
        return {"number": sent["number"], "lacking": host.decide(me, entry)}

    def _recovered(self, _: Answer, number: str) -> Answer:
        host, me = self._host, self._me.member
        for one in host.keys.recovered:
            if one.number == int(number) and one.to == me:
                return {"of": one.of, "to": me, "cases": [case.id for case in host.cases.values() if one.of in case.grants]}
        raise Refused("not-found")

    def _shares(self, _: Answer) -> Answer:
        me = self._me.member
        proposed = self._host.proposals.values()
        undecided = {one.hash for one in proposed if keylist.body_of(one).kind is Change.RECOVER and not self._host.lying}
        waiting = [share for share in self._host.shares if share["to"] == me and share["purpose"] not in undecided]
        return {"shares": [{k: share[k] for k in ("purpose", "giver", "file")} for share in waiting]}

    def _drop_shares(self, _: Answer, purpose: str) -> Answer:
        me = self._me.member
        self._host.shares = [one for one in self._host.shares if (one["purpose"], one["to"]) != (purpose, me)]
        return {"taken": True}

    # Enrolment

    def _look(self, sent: Answer) -> Answer:
        host = self._host
        if sent["invite"] not in host.invites:
            raise Refused("invite")
        founded = bool(host.entries) and not host.lies.unfounded
        statements = [as_dict(one) for one in host.shown_statements()] if founded else []
        return {"today": host.day.isoformat(), "retention": RETENTION, "founded": founded, "statements": statements}

    def _found(self, sent: Answer) -> Answer:
        host = self._host
        if not host.entries:
            host.entries = [from_dict(SignedEntry, one) for one in sent["entries"]]
            host.names = (1, sent["names"])
            self._put_account(sent, None)
            host.snapshots = [from_dict(Signed, sent["snapshot"])]
        return {"enrolled": True}

    def _join(self, sent: Answer) -> Answer:
        candidate, _ = statement.verify_candidate(from_dict(Signed, sent["candidate"]), self._host.keys.group)
        self._put_account(sent, sent["name"])
        assert candidate.member in self._host.accounts
        return {"waiting": True}

    def _put_account(self, sent: Answer, name: str | None) -> None:
        signed = from_dict(Signed, sent["candidate"])
        member = MemberId(json.loads(signed.body)["member"])
        self._host.accounts[member] = Account(
            member=member,
            handle_id=sent["unlockers"][0]["handle_id"],
            unlockers=sent["unlockers"],
            keyring={"number": 1, "file": sent["keyring"]},
            candidate=signed,
            name=name,
            statement=from_dict(Signed, sent["statement"]),
        )

    # Requesters

    def _offer(self, _: Answer) -> Answer:
        host = self._host
        return {"seats": [as_dict(one) for one in host.offer()], "recovery": host.deal["recipient"] if host.deal else ""}


def recipient_of(signed: Signed) -> Recipient:
    """The member whom a statement names, verified or not."""
    return Recipient.parse(json.loads(signed.body)["recipient"])


def _epoch_of(signed: Signed) -> str:
    return recipient_of(signed).id


def _reordered(one: SignedEntry) -> SignedEntry:
    return SignedEntry(body=one.body, signatures=dict(reversed(one.signatures.items())))


_CASE = "/api/desk/cases/([^/]+)"
_ROUTES = [
    ("GET", "/api/form/keylist", "_keylist"),
    ("POST", "/api/desk/session", "_sign_in"),
    ("DELETE", "/api/desk/session", "_sign_out"),
    ("GET", "/api/desk/group", "_group"),
    ("POST", "/api/desk/keylist", "_decide"),
    ("PUT", "/api/desk/snapshot", "_put_snapshot"),
    ("GET", "/api/desk/held", "_held"),
    ("PUT", "/api/desk/keyring", "_put_keyring"),
    ("PUT", "/api/desk/names", "_put_names"),
    ("GET", "/api/desk/names/([^/]+)", "_name"),
    ("GET", "/api/desk/rotation", "_rotation"),
    ("POST", "/api/desk/rotation", "_begin_rotation"),
    ("PUT", "/api/desk/rotation/grants", "_stage"),
    ("POST", "/api/desk/rotation/commit", "_commit"),
    ("GET", _CASE, "_case"),
    ("POST", f"{_CASE}/entries", "_add_entry"),
    ("PUT", f"{_CASE}/grants", "_replace_grants"),
    ("POST", "/api/desk/recovery/deal", "_deal"),
    ("POST", "/api/desk/recovery/sign", "_sign_recovery"),
    ("GET", "/api/desk/recovery/cases/([0-9]+)", "_recovered"),
    ("GET", "/api/desk/recovery/shares", "_shares"),
    ("DELETE", "/api/desk/recovery/shares/([^/]+)", "_drop_shares"),
    ("POST", "/api/desk/enrolment/", "_look"),
    ("POST", "/api/desk/enrolment/found", "_found"),
    ("POST", "/api/desk/enrolment/join", "_join"),
]
