"""Computes what must be true from the signatures that members made and the true day, never from a date in a body.

Nothing of `crypto` decides here. An entry's text is read as plain JSON.
"""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from crypto.keylist import SignedEntry

WAIT = dt.timedelta(days=3)  # days between the other's first sight of an entry and its effect
ALONE = dt.timedelta(days=30)  # days if the other never signs in
SLACK = dt.timedelta(days=1)  # days; clocks and time zones differ, so a date of tomorrow is accepted


class Violation(AssertionError):
    """A guarantee of SECURITY.md that does not hold. `guarantee` is its name in the machine."""

    def __init__(self, guarantee: str, what: str) -> None:
        super().__init__(f"{guarantee}: {what}")
        self.guarantee = guarantee


@dataclass
class Ledger:
    """What truly happened: who signed what, on which day, and who saw it."""

    honest: set[str] = field(default_factory=set)
    consents: set[tuple[str, str]] = field(default_factory=set)  # honest member, text of an entry
    born: dict[str, dt.date] = field(default_factory=dict)  # hash of an entry: the day it first arrived
    seen: dict[tuple[str, str], dt.date] = field(default_factory=dict)  # member, hash: the day their client first verified it

    def approvals(self, entry: SignedEntry) -> set[str]:
        """Return whose will the entry is. Raises `Violation` for a signature that an honest member never made."""
        for member in entry.signatures:
            if member in self.honest and (member, entry.body) not in self.consents:
                raise Violation("members", "an entry in the name of a member who did not sign it")
        return set(entry.signatures)


def members_of(entries: Sequence[SignedEntry], ledger: Ledger, today: dt.date, *, pending: bool, host_lies: bool) -> set[str]:
    """Return the members by the quorum's will after `entries`.

    Args:
        pending: whether the accepting client says that its last undecided entry still waits.

    Raises:
        Violation: the list holds an entry that should have been refused, or one that took effect too early.
    """
    first = json.loads(entries[0].body)
    members, quorum, waiting = {first["member"]}, first["value"], None
    for entry in entries[1:]:
        body, signers = json.loads(entry.body), ledger.approvals(entry)
        kind = body["kind"]
        if kind in ("stop", "agree", "enact"):
            if waiting is None:
                raise Violation("members", "an answer to nothing")
            if kind == "enact":
                _check_wait(waiting, members, ledger, today, host_lies=host_lies)
            elif signers <= set(waiting.signatures):
                raise Violation("members", "an answer by the one who asked")
            if kind != "stop":
                members, quorum = _apply(json.loads(waiting.body), members, quorum)
            waiting = None
            continue
        if waiting is not None:
            _check_wait(waiting, members, ledger, today, host_lies=host_lies)
            members, quorum, waiting = *_apply(json.loads(waiting.body), members, quorum), None
        if not signers or not signers <= members:
            raise Violation("members", "an entry by someone who is not a member")
        if len(signers) >= min(quorum, len(members)) or (kind == "remove" and body["member"] in signers):
            members, quorum = _apply(body, members, quorum)
        elif len(members) == 2 and kind != "recover":
            waiting = entry
        else:
            raise Violation("members", "an entry that the quorum did not sign")
    if waiting is not None and not pending:
        _check_wait(waiting, members, ledger, today, host_lies=host_lies)
        members, quorum = _apply(json.loads(waiting.body), members, quorum)
    return members


def _apply(body: dict[str, object], members: set[str], quorum: int) -> tuple[set[str], int]:
    member = str(body["member"])
    match body["kind"]:
        case "enrol":
            return members | {member}, quorum
        case "remove":
            return members - {member}, quorum
        case "quorum":
            assert isinstance(body["value"], int)
            return members, body["value"]
    return members, quorum


def _check_wait(entry: SignedEntry, members: Iterable[str], ledger: Ledger, today: dt.date, *, host_lies: bool) -> None:
    signer = next(iter(entry.signatures))
    others = [member for member in members if member not in entry.signatures]
    if any(other not in ledger.honest for other in others):
        return  # they could agree at any time
    born = ledger.born.get(entry.hash, today)
    seen = [ledger.seen.get((other, entry.hash)) for other in others]
    if any(day is not None and today - day >= WAIT - SLACK for day in seen):
        return
    if today - born >= ALONE - 2 * SLACK:  # snapshot and entry may each be one day off
        return
    if host_lies and signer not in ledger.honest:
        return  # together they can hide the other's snapshots and date their own; SECURITY.md says so
    raise Violation("waiting", "what one of two signed alone took effect before the other had three days to stop it")
