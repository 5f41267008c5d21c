"""What the group calls its statuses and tags, at a terminal. The browser's desk does it in `status.ts` and `tags_view.ts`."""

from collections.abc import Iterable

from msgspec import UNSET, UnsetType

from crypto.group_words import GroupWords
from intake.cli.escape import escape


def status_label(status: str, words: GroupWords | None) -> str:
    """Return the group's own name of a status, with the name that `intake case status` takes."""
    own = words.statuses.get(status) if words else None
    return f"{escape(own)} ({status})" if own else status


def tag_labels(ids: Iterable[str] | UnsetType, words: GroupWords | None) -> list[str]:
    """Return what the group calls these tags. An id that the group no longer has is a removed tag."""
    labels = {tag.id: escape(tag.label) for tag in words.tags} if words else {}
    return [] if ids is UNSET else [labels.get(tag, "removed tag") for tag in ids]
