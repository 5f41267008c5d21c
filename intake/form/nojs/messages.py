"""Error messages of the no-JavaScript pages, in the requester's language and in the browser client's words."""

import datetime as dt

from intake.errors import FullError, GoneError, IntakeError
from intake.site.languages import Language


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


_WORDS = {
    "unavailable": _("The computer cannot do this now. Nothing was changed. Try again in a few minutes."),
    "clock": _(
        "The clock of the group's computer is wrong, so it takes nothing now. Nothing was sent or changed. Try again later, or "
        "tell whoever runs it."
    ),
    "crowded": _("Very many people are writing right now. Wait half a minute, then send again. Nothing is lost."),
    "full": _(
        "No more requests can be taken here today. Nothing was sent. Please try again tomorrow, or reach the group another way."
    ),
    "day-limit": _("This is as much as can be taken in one day. Nothing was sent. Please try again tomorrow."),
    "slow": _("The connection was too slow. Try again."),
    "not-open": _("Nobody can read requests here yet. Please come back later."),
    "no-recent-sign-in": _(
        "No request can be taken now: nobody of the group has signed in for some time. Nothing was sent. Please reach "
        "the group another way."
    ),
    "stale": _("Something changed meanwhile. Try again."),
    "taken": _("Something changed meanwhile. Try again."),
    "too-large": _("That is more than fits. Please shorten it."),
    "not-found": _("There is nothing here under this. It may have been withdrawn or deleted."),
}
_FULL = _("No more requests can be taken here today. Nothing was sent. Please call the group: %(phone)s")
_OTHER = _("Something went wrong. Nothing was sent.")
_GONE = _("It was deleted on its day: %(day)s. Nobody can read it any more.")


def in_words(error: IntakeError, language: Language) -> str:
    """Return what happened, and what to do now."""
    if isinstance(error, GoneError):
        return language.gettext(_GONE) % {"day": language.day(dt.date.fromisoformat(error.day))}
    if isinstance(error, FullError) and error.phone:
        return language.gettext(_FULL) % {"phone": f"\N{LEFT-TO-RIGHT ISOLATE}{error.phone}\N{POP DIRECTIONAL ISOLATE}"}
    return language.gettext(_WORDS.get(error.problem, _OTHER))
