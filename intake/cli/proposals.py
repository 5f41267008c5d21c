"""Proposals and newcomers that wait for a group's decision, for `intake group`."""

from crypto import keylist, statement
from crypto.errors import CryptoError
from crypto.keylist import Body, Change, SignedEntry
from crypto.signing import Signed
from crypto.statement import Candidate
from intake.cli.member import Member


def open_proposals(me: Member) -> list[SignedEntry]:
    """Return the proposals that wait for signatures and could continue the key list."""
    valid = []
    for fields in me.group["proposals"]:
        entry = SignedEntry(**fields)
        try:
            keylist.check_proposal(me.keys, entry, me.today)
        except CryptoError:
            continue  # It cannot become an entry of the key list, so nobody should sign it.
        valid.append(entry)
    return valid


def newcomers(me: Member) -> list[tuple[Candidate, str]]:
    """Return each newcomer who waits for approval, with the digits to compare."""
    candidates = []
    for row in me.group["candidates"]:
        try:
            candidate, digits = statement.verify_candidate(Signed(**row["signed"]), me.keys.group)
        except CryptoError:
            continue
        if candidate.member not in me.keys.all_members:
            candidates.append((candidate, digits))
    return candidates


def in_words(me: Member, body: Body) -> str:
    """Describe a proposal."""
    name = me.names.get(body.member, body.member)
    descriptions = {
        Change.ENROL: f"approve {name}",
        Change.REMOVE: f"remove {name}",
        Change.QUORUM: f"{body.value} must agree",
        Change.FRESHNESS: f"keep the form open for {body.value} days while nobody signs in",
        Change.EPOCH: f"renew keys every {body.value} days",
        Change.RECOVERY: f"a recovery key that {body.value} members open, tested by {name}" if body.key else "no recovery key",
        Change.RECOVER: f"give the cases of {me.names.get(me.keys.member_of(body.key) or '', body.key)} to {name}",
    }
    return descriptions.get(body.kind, body.kind.value)
