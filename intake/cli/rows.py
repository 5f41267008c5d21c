"""Rows of the list of cases, each opened from one grant and the newest entries. `rows.ts` does the same in the browser."""

from collections.abc import Iterable
from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from crypto import grant
from crypto.case import VerifiedGroup, check_head, entry_opener, writer_of
from crypto.encoding import CaseId, EpochId, MemberId
from crypto.entry import Entry, FollowUp, Kind, Progress, Request, Sequence, Status, Summary
from crypto.errors import BindingError, CryptoError
from crypto.grant import Address
from crypto.keyring import Keyring
from intake.cli.member import identity_of
from intake.cli.opened import summary_of_request

SETTLED = ("done", "sent-elsewhere", "cannot-help", "duplicate")  # statuses after which nobody waits for a reply


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn a case is. `waiting` is the day since which the requester waits, or empty.

    `asked` is the number of the requester's newest words that the group has not answered. The request has number 0.
    """

    waiting: str
    asked: int


@dataclass(frozen=True, slots=True)
class Row:
    """The part of a case that the list shows.

    `handed_over` is set if the newest desk entry is by a colleague who no longer holds the case.
    """

    id: CaseId
    expires: str
    open: bool
    status: str
    summary: Summary
    turn: Turn
    follow_up: FollowUp | None = None
    holders: frozenset[str] = frozenset()
    handed_over: bool = False
    tags: tuple[str, ...] = ()

    def is_unread(self, read_up_to: int) -> bool:
        """Return whether the member has not seen the request, or words of its requester that nobody has answered."""
        return self.turn.asked > read_up_to

    def own_follow_up(self, member: str) -> FollowUp | None:
        """Return the follow-up of an open case if it is for this member. One for a member without the case is for everybody."""
        follow_up = self.follow_up
        if follow_up is None or not self.open or (follow_up.member != member and follow_up.member in self.holders):
            return None
        return follow_up

    def is_new_from_a_colleague(self, read_up_to: int) -> bool:
        """Return whether a colleague handed the case over, and the member has not read it yet."""
        return self.handed_over and read_up_to < 0

    def needs_reply(self, read_up_to: int) -> bool:
        """Return whether somebody should write to the requester. A settled case counts only until its newest words are read."""
        return self.open and bool(self.turn.waiting) and (self.status not in SETTLED or self.is_unread(read_up_to))


def open_row(listed: dict[str, Any], ring: Keyring, group: VerifiedGroup) -> Row:
    """Open one row of `GET /api/desk/cases`.

    Raises:
        CryptoError: The grant or the entry does not open or verify, or belongs to another case.
    """
    case, epoch = CaseId(listed["case"]), EpochId(listed["epoch"])
    address = Address(case, MemberId(ring.member), epoch)
    granted = grant.open_(listed["grant"], address, [identity_of(ring, epoch)], group.keys.author_key)

    openers = {
        Sequence.SHARED: entry_opener(case, Sequence.SHARED, granted.keys.case_keys, group),
        Sequence.DESK: entry_opener(case, Sequence.DESK, granted.keys.desk_keys, group),
    }

    def open_entry(sequence: Sequence, number: int, file: bytes) -> Entry:
        opened = openers[sequence](number, file)
        check_head(opened, group)
        return opened

    def or_none(number: int, file: bytes) -> Entry | None:
        try:
            return open_entry(Sequence.SHARED, number, file)
        except CryptoError:  # a requester's damaged message must not hide their case
            return None

    newest = open_entry(Sequence(listed["sequence"]), listed["number"], listed["entry"])
    status = _status_of(newest, group)
    holders = frozenset(holder["member"] for holder in listed["holders"])
    later = [(shared["number"], or_none(shared["number"], shared["file"])) for shared in listed["shared"]]
    return Row(
        id=case,
        expires=listed["expires"],
        open=listed["open"],
        status=status.status,
        summary=status.summary,
        turn=turn_of(later, status.summary.arrived),
        follow_up=None if status.follow_up is UNSET else status.follow_up,
        holders=holders,
        handed_over=is_handed_over(newest.author, holders, ring.member),
        tags=() if status.tags is UNSET else tuple(status.tags),
    )


def is_handed_over(author: str, holders: Iterable[str], reader: str) -> bool:
    """Return whether the author of the newest desk entry no longer holds the case: they handed it over or gave it up."""
    return author not in ("", reader, *holders)


def turn_of(newest: Many[tuple[int, Entry | None]], arrived: str) -> Turn:
    """Return whose turn it is.

    - The requester wrote last: they wait.
    - A coordinator wrote to them, or wrote that the case is in progress or closed: they do not wait.
    - New keys, a hold, and the progress "read" are not a reply.

    Args:
        newest: The newest shared entries after the request, newest first, with their numbers. None for one that does not open.
        arrived: The day of the request.
    """
    last = newest[0][1].day if newest and newest[0][1] else arrived
    for number, opened in newest:
        # Only a requester can leave an entry that does not open, so a coordinator must see the case.
        if opened is None or not opened.author:
            return Turn(opened.day if opened else last, number)
        if opened.kind is Kind.MESSAGE or (isinstance(opened.content, Progress) and opened.content.stage != "read"):
            return Turn("", 0)
    return Turn(arrived, 0)


def newest_first(rows: Iterable[Row]) -> list[Row]:
    """Return the rows, the newest request first."""
    return sorted(rows, key=lambda row: row.summary.arrived, reverse=True)


def _status_of(newest: Entry, group: VerifiedGroup) -> Status:
    content = newest.content
    if isinstance(content, Request):
        return Status(status="new", summary=summary_of_request(content, newest.day, writer_of(newest, group)))
    if isinstance(content, Status):
        return content
    raise BindingError("a case without its request")
