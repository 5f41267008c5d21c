"""A case as the terminal shows it: its opened and verified content, and the server's clear columns."""

from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from crypto.case import OpenCase, Progress, ServedCase, VerifiedHold, WarningKind, follow_up_of, newest_status
from crypto.encoding import CaseId
from crypto.entry import Answer, Entry, FollowUp, Note, Request, Status, Summary, Writer

LINE = 400  # characters of a request in the summary that lists show and search


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """An opened case with the server's clear columns."""

    case: OpenCase
    served: ServedCase
    open: bool
    sealed_by: str
    version: int
    holders: tuple[str, ...]

    @property
    def id(self) -> CaseId:
        """The case's id."""
        return self.case.id

    @property
    def expires(self) -> str:
        """The expiry day that the server names."""
        return self.served.expires

    @property
    def shared(self) -> tuple[Entry, ...]:
        """The entries that requester and desk share. The request is the first."""
        return self.case.shared

    @property
    def desk(self) -> tuple[Entry, ...]:
        """The desk's own entries."""
        return self.case.desk

    @property
    def hold(self) -> VerifiedHold | None:
        """The hold or proposed hold."""
        return self.case.hold

    @property
    def progress(self) -> Progress:
        """Return the progress that the requester sees."""
        return self.case.progress

    @property
    def writer(self) -> Writer | None:
        """The member who wrote the request down for its author."""
        return self.case.writer

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about the case, in words."""
        late = f"the server keeps this case until {self.expires}, but its requester chose {self.request.deletion}"
        return tuple(late if warning.kind is WarningKind.LATE else warning.why for warning in self.case.warnings)

    @property
    def request(self) -> Request:
        """The content of the request."""
        return self.case.request

    @property
    def status(self) -> str:
        """The newest status."""
        return self._newest.status if self._newest else "new"

    @property
    def tags(self) -> list[str] | UnsetType:
        """The ids of the case's tags, as its newest desk entry has them."""
        return self._newest.tags if self._newest else UNSET

    @property
    def _newest(self) -> Status | None:
        return newest_status(self.desk)

    @property
    def follow_up(self) -> FollowUp | None:
        """The follow-up in force."""
        return follow_up_of(self.desk)

    def new_status(self, status: str = "", follow_up: FollowUp | UnsetType | None = None) -> Status:
        """Return the content of a desk entry that changes the status or the follow-up. It repeats what it does not change.

        Args:
            status: the new status, or empty to keep the present one.
            follow_up: the new follow-up, UNSET to end the present one, or None to keep it.
        """
        kept = self.follow_up or UNSET
        return Status(
            status=status or self.status,
            summary=summary_of(self),
            follow_up=kept if follow_up is None else follow_up,
            tags=self.tags,
        )

    def noted(self, text: str) -> Note:
        """Return the content of a note, which repeats the rest."""
        now = self.new_status()
        return Note(status=now.status, summary=now.summary, follow_up=now.follow_up, tags=now.tags, text=text)


def summary_of(case: OpenedCase) -> Summary:
    """Return the summary that lists show of a case."""
    return summary_of_request(case.request, case.shared[0].day, case.writer)


def summary_of_request(request: Request, arrived: str, writer: Writer | None) -> Summary:
    """Return the summary of a request that arrived on a day, and that a member may have written down for its author."""
    answers = {answer.question: answer for answer in request.answers}
    text = _first(answers.get("words"))
    return Summary(
        arrived=arrived,
        name=request.name,
        kinds=answers["kinds"].values if "kinds" in answers else [],
        line=" ".join(text.split())[:LINE],
        language=request.language,
        direction=request.direction,
        deletion=request.deletion,
        area=_first(answers.get("area")),
        urgency=_first(answers.get("needed-by") or answers.get("urgency")),
        contact=request.contact.how,
        on_behalf=writer or UNSET,
    )


def _first(answer: Answer | None) -> str:
    return answer.values[0] if answer and answer.values else ""
