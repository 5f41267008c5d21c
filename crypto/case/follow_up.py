"""The follow-up of a case: the day on which a member means to return to it. docs/reference/format.md, Follow-up."""

from collections.abc import Sequence

from msgspec import UNSET

from crypto.entry import Entry, FollowUp, Status


def newest_status(desk: Sequence[Entry]) -> Status | None:
    """Return the content of the newest of these desk entries. The entries are in the order of their numbers."""
    return next((opened.content for opened in reversed(desk) if isinstance(opened.content, Status)), None)


def follow_up_of(desk: Sequence[Entry]) -> FollowUp | None:
    """Return the follow-up that the newest of these desk entries states."""
    newest = newest_status(desk)
    return None if newest is None or newest.follow_up is UNSET else newest.follow_up
