"""Refuses to upgrade a store whose key list this version cannot read.

After such an upgrade nobody could sign in, and the form would stay closed. A key list is append-only, so no command can repair
it. docs/howto/upgrade.md explains what the group can do.
"""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection

from crypto import keylist
from crypto.encoding import parse_day
from crypto.errors import KeyListError
from crypto.keylist import Body, Change, KeyList, SignedEntry
from intake.store.errors import UnreadableKeyListError
from intake.store.members import members

_ANSWERS = (Change.STOP, Change.AGREE, Change.ENACT)


def check(tx: Connection) -> None:
    """Check that this version can read the stored key list.

    Raises:
        UnreadableKeyListError: names the entry that this version refuses, and why.
    """
    entries = members.entries(tx)
    if entries:
        _check(entries)


def waits_again(tx: Connection) -> str:
    """Return a message for the operator if an entry is pending by the rules of this version, and otherwise an empty text."""
    entries = members.entries(tx)
    pending = keylist.verify(entries, _last_day(entries)).pending if entries else None
    if pending is None:
        return ""
    message = f"entry {pending.body.number} of the key list ({_kind_and_day(pending.body)}) waits for the other member"
    return f"{message}. An earlier version put such entries into effect by their date. See docs/howto/upgrade.md"


def _check(entries: Sequence[SignedEntry]) -> None:
    today = _last_day(entries)
    try:
        keylist.verify(entries, today)
    except KeyListError as error:
        number, before = _first_refused(entries, today)
        raise UnreadableKeyListError(_words(entries[number], number, before, error)) from None


def _last_day(entries: Sequence[SignedEntry]) -> dt.date:
    """Return the day of the last entry. The list is verified as of that day, so that a wrong clock has no influence."""
    try:
        return parse_day(keylist.body_of(entries[-1]).day)
    except KeyListError:
        return dt.date.min  # the rules refuse this entry on every day


def _first_refused(entries: Sequence[SignedEntry], today: dt.date) -> tuple[int, KeyList | None]:
    """Return the number of the first entry that the rules refuse, and the key list before it."""
    before = None
    for number in range(len(entries)):
        try:
            before = keylist.verify(entries[: number + 1], today)
        except KeyListError:
            return number, before
    raise AssertionError  # unreachable, because the rules refused the whole list


def _words(entry: SignedEntry, number: int, before: KeyList | None, error: KeyListError) -> str:
    waiting = before.pending if before else None
    if waiting and _kind(entry) not in _ANSWERS:
        problem = (
            f"entry {waiting.body.number} of the key list ({_kind_and_day(waiting.body)}) was signed by one of two members and "
            f"took effect by its date alone. This version waits for the other member instead, and cannot read entry {number}, "
            "which came after it"
        )
    else:
        problem = f"this version cannot read entry {number} of the key list: {error}"
    return f"{problem}. The store was not changed, and the version that made it still opens it. See docs/howto/upgrade.md"


def _kind_and_day(body: Body) -> str:
    return f"{body.kind.value}, {body.day}"


def _kind(entry: SignedEntry) -> Change | None:
    try:
        return keylist.body_of(entry).kind
    except KeyListError:
        return None
