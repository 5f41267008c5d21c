"""The content of each kind of entry. docs/reference/format.md, Entry."""

from msgspec import UNSET, UnsetType

from crypto.encoding import Shape, Whole, check_id, parse_day
from crypto.errors import BindingError, EncodingError
from crypto.signing import Signed

STATUSES = ("new", "call-back", "in-progress", "ongoing", "done", "sent-elsewhere", "cannot-help", "duplicate")
STAGES = ("read", "in-progress", "closed")  # of a progress entry
MAX_FOLLOW_UP = 100  # characters of a follow-up's text


class Contact(Shape, frozen=True):
    """How to reach the requester, and what is safe. Requests from before the last three were asked lack them."""

    how: str
    voicemail: str
    say_who: str
    safe_time: str
    return_only: bool
    text_message: str = ""
    who_else: str = ""
    call_language: str = ""


class Answer(Shape, frozen=True):
    """One question as the requester saw it, and their answer."""

    question: str
    text: str
    values: list[str]
    labels: list[str]


class Recipients(Shape, frozen=True):
    """The recipients of later shared entries. Entry 0 alone contains them."""

    case: str
    receipt: str


class Request(Shape, frozen=True):
    """The content of entry 0. Only a request that a member wrote down for its author has `on_behalf`."""

    form: str
    language: str
    direction: str
    answers: list[Answer]
    contact: Contact
    name: str
    deletion: str
    shown: bool
    recipients: Recipients
    sealed_by: str
    on_behalf: Signed | UnsetType = UNSET


class Text(Shape, frozen=True):
    """The content of messages and corrections."""

    text: str


class HoldReason(Text, frozen=True):
    """The content of a hold: why a closed case is kept, and until which day."""

    until: str


class Progress(Shape, frozen=True):
    """The content of a progress entry, which tells the requester how far their request is."""

    stage: str


class Keys(Shape, frozen=True):
    """The newest case key's number, recipient and MAC key (b64), for the receipt's holder."""

    number: Whole
    recipient: str
    mac: str


class Writer(Shape, frozen=True):
    """The member who wrote a request down for its author, and how it reached them."""

    member: str
    channel: str


class Summary(Shape, frozen=True):
    """The summary of a case that the desk's list shows without opening the rest."""

    arrived: str
    name: str
    kinds: list[str]
    line: str
    language: str
    direction: str
    deletion: str
    area: str
    urgency: str
    contact: str
    on_behalf: Writer | UnsetType = UNSET


class FollowUp(Shape, frozen=True):
    """A day on which to return to a case, why, and for which member. An empty `member` means everybody who holds the case."""

    day: str
    text: str
    member: str

    def check(self, deletion: str) -> None:
        """Check a follow-up of a case with this day of deletion.

        Raises:
            EncodingError: The day or the member is malformed, or the text is too long.
            BindingError: The case is deleted by that day.
        """
        parse_day(self.day)
        if self.member:
            check_id(self.member)
        if len(self.text) > MAX_FOLLOW_UP:
            raise EncodingError("a follow-up whose text is too long")
        if self.day >= deletion:
            raise BindingError("a follow-up on or after the day of deletion")


class Status(Shape, frozen=True, kw_only=True):
    """The content of status and follow-up entries.

    Every desk entry has these fields, so the newest one alone shows the case in a list. `follow_up` and `tags` are missing
    in a case without them.
    """

    status: str
    summary: Summary
    follow_up: FollowUp | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET


class Note(Status, frozen=True, kw_only=True):
    """The content of notes and drafts."""

    text: str


class Match(Status, frozen=True, kw_only=True):
    """The content of a match: the other case, which is an offer for a need or a need for an offer."""

    other: str
