"""A case as the terminal shows it: what was opened and verified, and the clear columns that the server told."""

from dataclasses import dataclass

from crypto.case import Kept, OpenCase, Served, WarningKind
from crypto.encoding import CaseId
from crypto.entry import Answer, Entry, Request, Status, Summary

LINE = 400  # characters of a request that the list can show and search


@dataclass(frozen=True, slots=True)
class ShownCase:
    """An opened case, with what the server told of it."""

    case: OpenCase
    served: Served
    open: bool
    sealed_by: str
    version: int
    holders: tuple[str, ...]

    @property
    def id(self) -> CaseId:
        """The case that was asked for."""
        return self.case.id

    @property
    def expires(self) -> str:
        """The day on which it goes, as the server says."""
        return self.served.expires

    @property
    def shared(self) -> tuple[Entry, ...]:
        """What requester and desk wrote to each other; the request first."""
        return self.case.shared

    @property
    def desk(self) -> tuple[Entry, ...]:
        """What the desk noted."""
        return self.case.desk

    @property
    def hold(self) -> Kept | None:
        """Until when it is kept, or asked to be kept, even when it is closed."""
        return self.case.hold

    @property
    def warnings(self) -> tuple[str, ...]:
        """What looked wrong."""
        late = f"the server keeps this case until {self.expires}, its requester chose {self.request.deletion}"
        return tuple(late if one.kind is WarningKind.LATE else one.why for one in self.case.warnings)

    @property
    def request(self) -> Request:
        """What was asked."""
        return self.case.request

    @property
    def status(self) -> str:
        """The newest status."""
        return next((e.content.status for e in reversed(self.desk) if isinstance(e.content, Status)), "new")


def summary_of(case: ShownCase) -> Summary:
    """What the list shows of a case."""
    request = case.request
    answers = {answer.question: answer for answer in request.answers}
    words = _first(answers.get("words"))
    return Summary(
        arrived=case.shared[0].day,
        name=request.name,
        kinds=answers["kinds"].values if "kinds" in answers else [],
        line=" ".join(words.split())[:LINE],
        language=request.language,
        direction=request.direction,
        deletion=request.deletion,
        area=_first(answers.get("area")),
        urgency=_first(answers.get("needed-by") or answers.get("urgency")),
        contact=request.contact.how,
    )


def _first(answer: Answer | None) -> str:
    return answer.values[0] if answer and answer.values else ""
