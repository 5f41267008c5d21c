"""Writes the server's error log: lines on stderr, with these fields only.

`intake: EVENT: KIND at MODULE:LINE[: WORDS]`. KIND is the name of a class. Only errors that are written for the operator add
WORDS. They name what is damaged or missing, and never contain what a client sent. The same line is written at most once a
minute.
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
_HERE, _OURS = Path(__file__).parents[2], {"crypto", "intake", "retention"}  # the root of our own modules


class Event(StrEnum):
    """The kinds of events that are logged."""

    FAILED = "failed"  # an unhandled exception
    UNAVAILABLE = "unavailable"  # the store, the key store or their content
    PURGE = "the purge failed"
    CLOCK = "the clock is wrong"
    BACKUP = "the backup failed"


_told: dict[str, float] = {}
_lock = threading.Lock()


def tell(event: Event, error: BaseException) -> None:
    """Write a line about an error, unless the same line was written just now."""
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
    """Return the innermost module and line of our code in an error's traceback.

    A message or a whole traceback could contain the text of a request. A module and a line cannot.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_HERE) and path.relative_to(_HERE).parts[0] in _OURS:
            return f"{path.name}:{frame.lineno}"
    return "elsewhere"
