"""The follow-up of a case: the day on which a member means to return to it. docs/reference/format.md, Follow-up."""

from collections.abc import Iterable

from msgspec import UNSET

from crypto.entry import Entry, FollowUp, Status


def follow_up_of(desk: Iterable[Entry]) -> FollowUp | None:
    """Return the follow-up that the newest of these desk entries states. The entries are in the order of their numbers."""
    newest = None
    for opened in desk:
        newest = opened.content if isinstance(opened.content, Status) else newest
    return None if newest is None or newest.follow_up is UNSET else newest.follow_up
