"""Writes the server's error log to stderr, as plain lines or as JSON, with these fields only.

A plain line is `TIME LEVEL intake: EVENT: KIND at MODULE:LINE[: WORDS]`. JSON has the same fields and the machine's name. TIME
is the hour in UTC, because the exact time of a failure could reveal when somebody asked for help. KIND is the name of a class.
Only errors that are written for the operator add WORDS. These say what is damaged or missing, and never contain what a client
sent. The log repeats a line at most once a minute.
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

REPEAT_SECONDS = 60.0  # seconds until the log may repeat a line
_MAX_RECENT = 1000  # recent lines that are compared
_FOR_THE_OPERATOR = (StoreError, RetentionError, RowError)
_HERE, _OURS = Path(__file__).parents[2], {"crypto", "intake", "retention"}  # the root of our own modules


class Event(StrEnum):
    """The kinds of events that are logged."""

    FAILED = "failed"  # an unhandled exception
    UNAVAILABLE = "unavailable"  # the store, the key store or their content
    PURGE = "the purge failed"
    CLOCK = "the clock is wrong"
    BACKUP = "the backup failed"


# One request failed, and the next may work. The other events last until a person acts.
_LEVELS = {Event.FAILED: "error", Event.UNAVAILABLE: "error"}
_PERSIST = "critical"

_written: dict[tuple[str, ...], float] = {}
_lock = threading.Lock()
_format = LogFormat.PLAIN


def configure(chosen: LogFormat) -> None:
    """Set the format of all further lines."""
    global _format
    _format = chosen


def log(event: Event, error: BaseException) -> None:
    """Write a line about an error, unless the same line was written within `REPEAT_SECONDS` seconds."""
    words = str(error) if isinstance(error, _FOR_THE_OPERATOR) else ""
    fields = (event.value, type(error).__name__, source_line(error), words)
    now = time.monotonic()
    with _lock:
        if now - _written.get(fields, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return
        if len(_written) >= _MAX_RECENT:
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

    A message or a traceback could contain the text of a request. A module and a line cannot.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_HERE) and path.relative_to(_HERE).parts[0] in _OURS:
            return f"{path.name}:{frame.lineno}"
    return "elsewhere"
