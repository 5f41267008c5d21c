"""What a member must not sign, though a list that holds it is read. docs/reference/format.md, Recovery key.

A list that holds such an entry has the quorum's signatures under it, and the quorum could lower itself as well: it is read, so
that no group is shut out of its own list.
"""

from crypto.errors import KeyListError
from crypto.keylist.entry import Body, Change
from crypto.keylist.state import KeyList


def check_signing(keys: KeyList, body: Body) -> None:
    """Return if a member may sign this entry next.

    Raises:
        KeyListError: a recovery key that fewer open than must agree, or that nobody tries before it counts.
    """
    standing, needed = keys.recovery, keys.needed
    if body.kind is Change.RECOVERY and body.key and not body.member:
        raise KeyListError("a recovery key that nobody tries before it counts")
    if body.kind is Change.RECOVERY and body.key and body.value < needed:
        raise KeyListError("a recovery key that fewer open than must agree")
    if body.kind is Change.RECOVER and standing and standing.threshold < needed:
        raise KeyListError("a recovery key that fewer open than must agree")
    if body.kind is Change.QUORUM and standing and min(body.value, len(keys.members)) > standing.threshold:
        raise KeyListError("a quorum above what opens the recovery key")
