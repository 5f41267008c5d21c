"""When follow-ups are due, in the words of the terminal."""

import datetime as dt
from collections.abc import Callable

from msgspec import UNSET

from crypto.encoding import parse_day
from crypto.entry import FollowUp, Status
from intake.cli.clocks import local_day

TASK = 40  # characters of what to do
NameOf = Callable[[str], str]  # the sign-in name of a member


def due_in_words(follow_up: FollowUp, today: dt.date | None = None) -> str:
    """Return when a follow-up is due."""
    late = ((today or local_day()) - parse_day(follow_up.day)).days
    if late <= 0:
        return f"follow up on {follow_up.day}" if late else "due today"
    return f"{late} {'day' if late == 1 else 'days'} late"


def mark_in_words(follow_up: FollowUp) -> str:
    """Return when a follow-up is due, and what to do, short enough for the list."""
    text = " ".join(follow_up.text.split())
    text = text if len(text) <= TASK else f"{text[: TASK - 1]}…"
    return f"{due_in_words(follow_up)}: {text}" if text else due_in_words(follow_up)


def entry_in_words(content: Status, name_of: NameOf) -> str:
    """Return what a follow-up entry sets."""
    follow_up = content.follow_up
    return "done" if follow_up is UNSET else f"{follow_up.day}{_task(follow_up, name_of)}"


def case_in_words(follow_up: FollowUp | None, name_of: NameOf) -> str:
    """Return the follow-up of a case: when, what, and for whom."""
    return f"{due_in_words(follow_up)}{_task(follow_up, name_of)}" if follow_up else "none"


def _task(follow_up: FollowUp, name_of: NameOf) -> str:
    text = f": {follow_up.text}" if follow_up.text else ""
    return f"{text} (for {name_of(follow_up.member)})" if follow_up.member else text
