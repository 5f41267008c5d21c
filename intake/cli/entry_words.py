"""What the entries of a case say, at a terminal."""

from crypto.entry import Entry, Kind, Note, Progress, Status, Text
from intake.cli.desk import Desk
from intake.cli.due import entry_in_words
from intake.cli.group_labels import status_label


def words_of(entry: Entry, desk: Desk) -> str:
    """Return an entry in the group's own words."""
    if entry.kind is Kind.STATUS and isinstance(entry.content, Status):
        return status_label(entry.content.status, desk.me.group_words)
    return text_of(entry, desk)


def text_of(entry: Entry, desk: Desk) -> str:
    """Return what an entry says."""
    if isinstance(entry.content, Text | Note):
        return entry.content.text
    if isinstance(entry.content, Progress):
        return entry.content.stage
    if entry.kind is Kind.FOLLOW_UP and isinstance(entry.content, Status):
        return entry_in_words(entry.content, desk.name_of)
    return entry.content.status if isinstance(entry.content, Status) else ""
