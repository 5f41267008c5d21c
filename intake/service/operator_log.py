"""What a server says of its errors: lines on stderr, of these fields alone.

`intake: EVENT: KIND at MODULE:LINE[: WORDS]`. Kind is a class's name; words are those of errors that are written for the
operator and name what is damaged or away, never what was sent. The same line is written once a minute at most.
"""

import sys
import threading
import time
import traceback
from enum import StrEnum
from pathlib import Path

from crypto.errors import RowError
from intake.store.errors import StoreError
from retention.errors import RetentionError

EVERY = 60.0  # seconds until a line is written again
_MOST = 1000  # lines that are remembered
_FOR_THE_OPERATOR = (StoreError, RetentionError, RowError)
_HERE, _OURS = Path(__file__).parents[2], {"crypto", "intake", "retention"}  # where our own modules lie


class Event(StrEnum):
    """What is told."""

    FAILED = "failed"  # nobody foresaw it
    UNAVAILABLE = "unavailable"  # the store, the keeper or what lies in them
    PURGE = "the purge failed"
    CLOCK = "the clock is wrong"
    BACKUP = "the backup failed"


_told: dict[str, float] = {}
_lock = threading.Lock()


def tell(event: Event, error: BaseException) -> None:
    """Write a line about an error, unless it was written just now."""
    line = f"intake: {event}: {type(error).__name__} at {source_line(error)}"
    if isinstance(error, _FOR_THE_OPERATOR):
        line += f": {error}"
    now = time.monotonic()
    with _lock:
        if now - _told.get(line, -EVERY) < EVERY:
            return
        if len(_told) >= _MOST:
            _told.clear()
        _told[line] = now
    print(line, file=sys.stderr, flush=True)


def source_line(error: BaseException) -> str:
    """Return the module and line of our code that an error came through last.

    A message or a whole traceback could contain a request's words; this does not.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_HERE) and path.relative_to(_HERE).parts[0] in _OURS:
            return f"{path.name}:{frame.lineno}"
    return "elsewhere"
