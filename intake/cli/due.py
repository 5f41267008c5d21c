"""When follow-ups are due, in the words of the terminal."""

import datetime as dt

from msgspec import UNSET

from crypto.encoding import parse_day
from crypto.entry import FollowUp, Status
from intake.cli.clocks import local_day


def due_in_words(follow_up: FollowUp, today: dt.date | None = None) -> str:
    """Return when a follow-up is due."""
    late = ((today or local_day()) - parse_day(follow_up.day)).days
    if late <= 0:
        return f"follow up on {follow_up.day}" if late else "due today"
    return f"{late} {'day' if late == 1 else 'days'} late"


def entry_in_words(content: Status) -> str:
    """Return what a follow-up entry sets."""
    follow_up = content.follow_up
    return "done" if follow_up is UNSET else f"{follow_up.day} {follow_up.text}".strip()


def case_in_words(follow_up: FollowUp | None) -> str:
    """Return the follow-up of a case."""
    return f"{due_in_words(follow_up)}: {follow_up.text}".removesuffix(": ") if follow_up else "none"
