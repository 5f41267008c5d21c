"""Error messages of the no-JavaScript pages, in the requester's language and in the browser client's words."""

import datetime as dt

from crypto.entry import Contact
from intake.errors import DayChangedError, FormChangedError, FullError, GoneError, IntakeError
from intake.site.languages import Language


def _(message: str) -> str:
    """Mark a message for the catalogues."""
    return message


_WORDS = {
    "unavailable": _("Our computer cannot do this right now. Nothing was changed. Please try again in a few minutes."),
    "clock": _(
        "The clock of our computer is wrong, so it cannot take anything now. Nothing was sent or changed. Please try "
        "again later, or tell the group."
    ),
    "crowded": _("Very many people are writing right now. Wait half a minute, then send again. Nothing is lost."),
    "full": _(
        "We cannot take more requests today. Nothing was sent. Please try again tomorrow, or reach the group another way."
    ),
    "day-limit": _("This is the most that we can take in one day. Nothing was sent. Please try again tomorrow."),
    "slow": _("The connection was too slow. Try again."),
    "not-open": _("We are not taking requests yet. Please try again later."),
    "no-recent-sign-in": _(
        "We cannot take requests right now, because nobody in the group has signed in for some time. Nothing was sent. "
        "Please reach the group another way."
    ),
    "stale": _("Something has changed in the meantime. Please try again."),
    "taken": _("Something has changed in the meantime. Please try again."),
    "invalid": _(
        "Our computer did not accept what this page sent. Nothing was changed. The page may be too old: please load it again."
    ),
    "case-full": _("This request holds as many messages as it can. Nothing was sent. Please send a new request."),
    "too-large": _("This is too long. Please shorten your text."),
    "not-found": _("We found nothing here. The request may have been deleted."),
}
_CHANGED = _("The group has changed its form since you opened this page. Nothing was sent. Please check your answers.")
_FULL = _("We cannot take more requests today. Nothing was sent. Please call the group: %(phone)s")
_OTHER = _("Something went wrong. Nothing was sent.")
_EXPIRY = _("%(day)s at 00:00 UTC")
_DAY_CHANGED = _(
    "Your request was not sent yet. A new day has begun, so the date when it will be deleted has changed. Please check the new "
    "date, then send your request."
)
_GONE = _("This request was deleted on the planned date, %(day)s. Nobody can read it any more.")


def expiry_in_words(day: dt.date, language: Language) -> str:
    """Return when a case expires: its day, and the hour in UTC, because the server does not know the person's time zone."""
    return language.filled(_EXPIRY, day=language.day(day))


def contact_rows(name: str, contact: Contact, language: Language) -> list[tuple[str, str]]:
    """Return labels and answers of a request's contact. Those that are empty have no answer to show.

    A question that was not answered means no, if there is a way to reach the person at all.
    """
    unanswered = _("Not answered, which means no") if contact.how else ""
    words = {"yes": _("Yes"), "no": _("No")}
    rows = (
        (_("A name to use"), name),
        (_("How to reach you"), contact.how),
        (_("May we leave a voicemail?"), language.gettext(words.get(contact.voicemail, unanswered))),
        (_("Is a text message safe?"), language.gettext(words.get(contact.text_message, unanswered))),
        (_("May we say who we are?"), language.gettext(words.get(contact.say_who, unanswered))),
        (_("Who else might answer?"), contact.who_else),
        (_("A safe time to contact you"), contact.safe_time),
        (_("The language for a call"), contact.call_language),
        (_("Contact"), language.gettext(_("You will come back with your receipt.")) if contact.return_only else ""),
    )
    return [(language.gettext(label), value) for label, value in rows]


def in_words(error: IntakeError, language: Language) -> str:
    """Return what happened, and what to do now."""
    if isinstance(error, GoneError):
        return language.filled(_GONE, day=expiry_in_words(dt.date.fromisoformat(error.day), language))
    if isinstance(error, FormChangedError):
        return language.gettext(_CHANGED)
    if isinstance(error, FullError) and error.phone:
        return language.filled(_FULL, phone=f"\N{LEFT-TO-RIGHT ISOLATE}{error.phone}\N{POP DIRECTIONAL ISOLATE}")
    if isinstance(error, DayChangedError):
        return language.gettext(_DAY_CHANGED)
    return language.gettext(_WORDS.get(error.problem, _OTHER))
