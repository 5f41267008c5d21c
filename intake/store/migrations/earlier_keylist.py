"""Refuses to bring a store up to date whose key list this version cannot read: nobody could sign in and no form would open.

A list only grows, so no command can mend one. docs/howto/upgrade.md says what the group can do.
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
    """Return if the rules of this version read the stored key list.

    Raises:
        UnreadableKeyListError: which entry they refuse, and why.
    """
    entries = members.entries(tx)
    if entries:
        _check(entries)


def waits_again(tx: Connection) -> str:
    """What is pending by the rules of this version, whatever an earlier one made of it; in words for the operator."""
    entries = members.entries(tx)
    pending = keylist.verify(entries, _last_day(entries)).pending if entries else None
    if pending is None:
        return ""
    told = f"entry {pending.body.number} of the key list ({_said(pending.body)}) waits for the other member"
    return f"{told}. An earlier version put such entries into effect by their date. See docs/howto/upgrade.md"


def _check(entries: Sequence[SignedEntry]) -> None:
    today = _last_day(entries)
    try:
        keylist.verify(entries, today)
    except KeyListError as error:
        number, before = _first_refused(entries, today)
        raise UnreadableKeyListError(_words(entries[number], number, before, error)) from None


def _last_day(entries: Sequence[SignedEntry]) -> dt.date:
    """The list is judged by its own last day: what a wrong clock says must not make it unreadable."""
    try:
        return parse_day(keylist.body_of(entries[-1]).day)
    except KeyListError:
        return dt.date.min  # its entry is refused in any case


def _first_refused(entries: Sequence[SignedEntry], today: dt.date) -> tuple[int, KeyList | None]:
    """The entry that does not follow, and what held before it."""
    before = None
    for number in range(len(entries)):
        try:
            before = keylist.verify(entries[: number + 1], today)
        except KeyListError:
            return number, before
    raise AssertionError  # the whole list was refused


def _words(entry: SignedEntry, number: int, before: KeyList | None, error: KeyListError) -> str:
    waiting = before.pending if before else None
    if waiting and _kind(entry) not in _ANSWERS:
        told = (
            f"entry {waiting.body.number} of the key list ({_said(waiting.body)}) was signed by one of two members and took "
            f"effect by its date alone. This version waits for the other member instead, and cannot read entry {number}, "
            "which came after it"
        )
    else:
        told = f"this version cannot read entry {number} of the key list: {error}"
    return f"{told}. The store was not changed, and the version that made it still opens it. See docs/howto/upgrade.md"


def _said(body: Body) -> str:
    return f"{body.kind.value}, {body.day}"


def _kind(entry: SignedEntry) -> Change | None:
    try:
        return keylist.body_of(entry).kind
    except KeyListError:
        return None
