"""Checks for entries that members must not sign, although readers accept them. docs/reference/format.md, Recovery key.

Such an entry has the quorum's signatures, and the quorum could lower itself as well. Readers accept it so that no group loses
access to its own list.
"""

from crypto.errors import KeyListError
from crypto.keylist.entry import Body, Change
from crypto.keylist.state import KeyList


def check_signing(keys: KeyList, body: Body) -> None:
    """Check that a member may sign this entry next.

    Raises:
        KeyListError: a recovery key that fewer members open than must agree, or that nobody tests before it counts.
    """
    recovery, needed = keys.recovery, keys.needed
    if body.kind is Change.RECOVERY and body.key and not body.member:
        raise KeyListError("a recovery key without a tester")
    if body.kind is Change.RECOVERY and body.key and body.value < needed:
        raise KeyListError("a recovery key with a threshold below the quorum")
    if body.kind is Change.RECOVER and recovery and recovery.threshold < needed:
        raise KeyListError("a recovery key with a threshold below the quorum")
    if body.kind is Change.QUORUM and recovery and min(body.value, len(keys.members)) > recovery.threshold:
        raise KeyListError("a quorum above the recovery key's threshold")
