"""The progress of a case, as its requester sees it. docs/reference/format.md, Progress."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from crypto.entry import Entry, Keys, Kind
from crypto.entry import Progress as Content


class Stage(StrEnum):
    """The stages that a requester sees, from the first to the last."""

    WAITING = "waiting"
    READ = "read"
    IN_PROGRESS = "in-progress"
    ANSWERED = "answered"
    CLOSED = "closed"


_ORDER = tuple(Stage)
_WORKED_ON = ("call-back", "in-progress", "ongoing")


@dataclass(frozen=True, slots=True)
class Progress:
    """A stage and the day of the entry that says so. The first stage has no day."""

    stage: Stage = Stage.WAITING
    day: str = ""


def progress_of(entries: Iterable[Entry], withheld: Iterable[int], members: Collection[str]) -> Progress:
    """Return the progress that the shared entries say.

    Args:
        entries: the entries that count.
        withheld: the numbers of entries that the reader may not have. Only the requester's are withheld.
        members: the active members.
    """
    by_number: dict[int, Entry | None] = {
        **dict.fromkeys(withheld),
        **{opened.position.number: opened for opened in entries},
    }
    progress, newest_key = Progress(), 0
    for _, opened in sorted(by_number.items(), key=lambda item: item[0]):
        if opened is None or not opened.author:
            progress = Progress() if progress.stage is Stage.CLOSED else progress
        elif isinstance(opened.content, Keys) and opened.author in members:
            newest_key = max(newest_key, opened.content.number)
        elif isinstance(opened.content, Content) and opened.author in members and opened.key >= newest_key:
            progress = Progress(Stage(opened.content.stage), opened.day)
        elif opened.kind is Kind.MESSAGE and progress.stage is not Stage.CLOSED:
            progress = Progress(Stage.ANSWERED, opened.day)
    return progress


def is_later(stage: Stage, than: Progress) -> bool:
    """Return whether a stage comes after a case's progress. No client writes any other."""
    return _ORDER.index(stage) > _ORDER.index(than.stage)


def stage_of(status: str) -> Stage:
    """Return the stage of an opened case under this desk status."""
    return Stage.IN_PROGRESS if status in _WORKED_ON else Stage.READ
