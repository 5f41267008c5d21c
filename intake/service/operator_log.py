"""Writes the server's error log to stderr, as plain lines or as JSON, with these fields only.

Plain: `TIME LEVEL intake: EVENT: KIND at MODULE:LINE[: WORDS]`. JSON has the same fields and the machine's name. TIME is the
hour, UTC: the exact time of a failure could tell when somebody asked for help. KIND is the name of a class. Only errors that
are written for the operator add WORDS. They name what is damaged or missing, and never contain what a client sent. The same
line is written at most once a minute.
"""

import datetime as dt
import json
import platform
import sys
import threading
import time
import traceback
from enum import StrEnum
from pathlib import Path

from crypto.errors import RowError
from intake.settings import LogFormat
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


# A request fails and the next may work. The other events stay until a person has acted.
_LEVELS = {Event.FAILED: "error", Event.UNAVAILABLE: "error"}
_PERSIST = "critical"

_written: dict[tuple[str, ...], float] = {}
_lock = threading.Lock()
_format = LogFormat.PLAIN


def use(chosen: LogFormat) -> None:
    """Choose the format of all further lines."""
    global _format
    _format = chosen


def tell(event: Event, error: BaseException) -> None:
    """Write a line about an error, unless the same line was written just now."""
    words = str(error) if isinstance(error, _FOR_THE_OPERATOR) else ""
    fields = (event.value, type(error).__name__, source_line(error), words)
    now = time.monotonic()
    with _lock:
        if now - _written.get(fields, -EVERY) < EVERY:
            return
        if len(_written) >= _MOST:
            _written.clear()
        _written[fields] = now
    print(_line(event, *fields[1:]), file=sys.stderr, flush=True)


def _line(event: Event, kind: str, at: str, words: str) -> str:
    hour = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:00Z")
    level = _LEVELS.get(event, _PERSIST)
    if _format is LogFormat.JSON:
        fields = {"time": hour, "level": level, "host": platform.node(), "event": event.value, "error": kind, "at": at}
        return json.dumps(fields | ({"message": words} if words else {}))
    return f"{hour} {level} intake: {event}: {kind} at {at}" + (f": {words}" if words else "")


def source_line(error: BaseException) -> str:
    """Return the innermost module and line of our code in an error's traceback.

    A message or a whole traceback could contain the text of a request. A module and a line cannot.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_HERE) and path.relative_to(_HERE).parts[0] in _OURS:
            return f"{path.name}:{frame.lineno}"
    return "elsewhere"
