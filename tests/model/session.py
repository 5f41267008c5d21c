"""One client's connection to the host in memory: the server's routes, without a network."""

import json
import re

import httpx2 as httpx
import msgspec

from crypto import keylist, recovery, statement
from crypto.encoding import CaseId, MemberId, as_dict, from_dict, unb64
from crypto.keylist import Change, SignedEntry
from crypto.recovery import RECOVERY, SignedDeal
from crypto.signing import Signed
from tests.model.host import RETENTION, Account, Answer, Host, Refused, StoredCase, epoch_of
from tests.support.requester import PARCEL, parcel


def connect(host: Host, member: MemberId | None = None) -> httpx.Client:
    """Return a connection to this host. `member` has a session already."""
    return httpx.Client(transport=httpx.MockTransport(Session(host, member).handle), base_url="http://host")


class Session:
    """One client's requests, answered as the server's routes answer them."""

    def __init__(self, host: Host, member: MemberId | None) -> None:
        self._host = host
        self._member = member

    def handle(self, request: httpx.Request) -> httpx.Response:
        """The answer to one request."""
        body = json.loads(request.content) if request.content else {}
        for method, pattern, name in _ROUTES:
            match = re.fullmatch(pattern, request.url.path)
            if method == request.method and match:
                try:
                    answer = getattr(self, name)(body, *match.groups())
                except Refused as refused:
                    problem = {"type": f"urn:sealed-intake:{refused}", "title": str(refused), "detail": str(refused)}
                    return httpx.Response(409, json=problem)
                if name == "_case":
                    return httpx.Response(200, content=parcel(answer), headers={"content-type": PARCEL})
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
            "entries": [as_dict(entry) for entry in host.shown_entries()],
            "snapshot": as_dict(shown) if shown else None,
            "today": host.day.isoformat(),
        }

    def _sign_in(self, sent: Answer) -> Answer:
        host = self._host
        for account in host.accounts.values():
            known = [unlocker["authentication"] for unlocker in account.unlockers]
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
            proposals = [_reordered(proposal) for proposal in proposals]
        return {
            "statements": [as_dict(signed) for signed in host.shown_statements()],
            "snapshots": [as_dict(signed) for signed in host.snapshots],
            "names": host.names[1] if host.names else None,
            "names_number": host.names[0] if host.names else 0,
            "candidates": [{"signed": as_dict(account.candidate), "name": account.name} for account in host.accounts.values()],
            "proposals": [as_dict(proposal) for proposal in proposals],
            "recovery_key": host.deal,
            "recovery_deals": list(host.deals.values()),
            "inactive": [],
            "recovery_grants": {},
            "open": {me: sum(me in case.grants for case in host.cases.values())},
        }

    def _decide(self, sent: Answer) -> Answer:
        return {
            "number": sent["number"],
            "missing_signatures": self._host.decide(self._me.member, from_dict(SignedEntry, sent["entry"])),
        }

    def _put_snapshot(self, sent: Answer) -> Answer:
        self._host.accept(self._me.member, from_dict(Signed, sent))
        return {"version": 0}

    def _held(self, _: Answer) -> Answer:
        me = self._me.member
        held = [case for case in self._host.cases.values() if me in case.grants]
        return {
            "held": [{"case": case.id, "request": case.said("shared")[0]["digest"], "until": case.expires} for case in held]
        }

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
                "case": case.id,
                "version": case.version,
                "epoch": case.grants[me.member]["epoch"],
                "grant": case.grants[me.member]["file"],
            }
            for case in waiting
        ]
        epoch, statement = epoch_of(me.next_statement), as_dict(me.next_statement)
        older = [row["epoch"] for row in grants]
        return {"epoch": epoch, "statement": statement, "missing": len(waiting), "grants": grants, "older": older}

    def _begin_rotation(self, sent: Answer) -> Answer:
        me = self._me
        me.next_statement, me.staged = from_dict(Signed, sent["statement"]), {}
        self._put_keyring(sent["keyring"])
        return {"started": True}

    def _stage(self, sent: Answer) -> Answer:
        me = self._me
        me.staged |= {CaseId(row["case"]): row for row in sent["grants"]}
        return {"missing": 0}

    def _commit(self, sent: Answer) -> Answer:
        me, host = self._me, self._host
        assert me.next_statement is not None
        host.state(me.member, me.next_statement)
        for case in host.cases.values():
            if case.id in me.staged and case.id not in sent["lost"]:
                case.grants[me.member] = {"epoch": epoch_of(me.next_statement), "file": me.staged[case.id]["file"]}
        me.next_statement, me.staged = None, {}
        self._put_names(sent["names"])
        self._put_keyring(sent["keyring"])
        host.accept(me.member, from_dict(Signed, sent["snapshot"]))
        return {"rotated": True}

    # Cases

    def _mine(self, case: str) -> StoredCase:
        me, host = self._me.member, self._host
        stored = host.cases.get(CaseId(case))
        if stored is None or not (host.lying or me in stored.grants or self._may_recover(stored)):
            raise Refused("not-found")
        return stored

    def _may_recover(self, case: StoredCase) -> bool:
        return any(self._member == decision.to and decision.of in case.grants for decision in self._host.keys.recovered)

    def _case(self, _: Answer, case: str) -> Answer:
        me = self._me.member
        self._mine(case)
        shown = self._host.shown_case(CaseId(case))
        grantee = me if me in shown.grants else RECOVERY
        if grantee not in shown.grants:
            raise Refused("not-found")
        return {
            "case": shown.id, "expires": shown.expires, "latest_expiry": shown.expires, "open": shown.open,
            "opened": bool(shown.desk),
            "head": self._host.shown_entries()[-1].hash, "sealed_by": "browser",
            "version": shown.version, "hold": shown.hold, "grantee": grantee,
            "epoch": shown.grants[grantee]["epoch"], "grant": unb64(shown.grants[grantee]["file"]),
            "holders": [{"member": member, "epoch": grant["epoch"]} for member, grant in shown.grants.items()],
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
        grants = {grant["member"]: {"epoch": grant["epoch"], "file": grant["file"]} for grant in sent["grants"]}
        self._host.on_grants(self._me.member, grants)
        self._host.replace_grants(self._mine(case), sent["version"], grants)
        return {"version": sent["version"] + 1}

    # Recovery

    def _deal(self, sent: Answer) -> Answer:
        host, me = self._host, self._me.member
        entry, signed = from_dict(SignedEntry, sent["entry"]), from_dict(SignedDeal, sent["deal"])
        body = keylist.body_of(entry)
        deal = recovery.read_deal(signed, host.keys.group, body.key, host.keys.key_of)
        if set(sent["shares"]) != set(host.keys.members) or set(signed.signatures) != {me} or body.member in ("", me):
            raise Refused("invalid")
        host.deals[body.key] = as_dict(signed)
        for to, file in sent["shares"].items():
            host.keep_share(deal.id, me, to, file)
        host.keep_share(entry.hash, me, body.member, sent["share"])
        return {"number": sent["number"], "missing_signatures": host.decide(me, entry)}

    def _sign_recovery(self, sent: Answer) -> Answer:
        host, me = self._host, self._me.member
        entry = from_dict(SignedEntry, sent["entry"])
        body = keylist.body_of(entry)
        if sent["share"]:
            host.keep_share(entry.hash, me, sent.get("to", body.member), sent["share"])
        if sent["deal"]:
            deal = host.deals[body.key]
            host.deals[body.key] = {**deal, "signatures": {**deal["signatures"], me: sent["deal"]}}
        return {"number": sent["number"], "missing_signatures": host.decide(me, entry)}

    def _recovered(self, _: Answer, number: str) -> Answer:
        host, me = self._host, self._me.member
        for decision in host.keys.recovered:
            if decision.number == int(number) and decision.to == me:
                return {
                    "of": decision.of,
                    "to": me,
                    "cases": [case.id for case in host.cases.values() if decision.of in case.grants],
                }
        raise Refused("not-found")

    def _shares(self, _: Answer) -> Answer:
        me = self._me.member
        proposed = self._host.proposals.values()
        undecided = {
            proposal.hash for proposal in proposed if keylist.body_of(proposal).kind is Change.RECOVER and not self._host.lying
        }
        waiting = [share for share in self._host.shares if share["to"] == me and share["purpose"] not in undecided]
        return {"shares": [{k: share[k] for k in ("purpose", "sender", "file")} for share in waiting]}

    def _drop_shares(self, _: Answer, purpose: str) -> Answer:
        me = self._me.member
        self._host.shares = [share for share in self._host.shares if (share["purpose"], share["to"]) != (purpose, me)]
        return {"taken": True}

    # Enrolment

    def _look(self, sent: Answer) -> Answer:
        host = self._host
        if sent["invite"] not in host.invites:
            raise Refused("invite")
        founded = bool(host.entries) and not host.lies.unfounded
        statements = [as_dict(signed) for signed in host.shown_statements()] if founded else []
        return {"today": host.day.isoformat(), "retention": RETENTION, "founded": founded, "statements": statements}

    def _found(self, sent: Answer) -> Answer:
        host = self._host
        if not host.entries:
            host.entries = [from_dict(SignedEntry, entry) for entry in sent["entries"]]
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
        return {"seats": [as_dict(signed) for signed in host.offer()], "recovery": host.deal["recipient"] if host.deal else ""}


def _reordered(proposal: SignedEntry) -> SignedEntry:
    return SignedEntry(body=proposal.body, signatures=dict(reversed(proposal.signatures.items())))


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
