"""A case, opened: what a coordinator's client holds of it."""

from dataclasses import dataclass

from crypto.encoding import CaseId
from crypto.entry import Answer, Entry, Request, Status, Summary
from crypto.grant import CaseKeys

LINE = 400  # characters of a request that the list can show and search


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case, opened: its keys, what was said and noted, and what looked wrong."""

    id: CaseId
    expires: str
    open: bool
    sealed_by: str
    version: int
    keys: CaseKeys
    holders: tuple[str, ...]
    shared: tuple[Entry, ...]
    desk: tuple[Entry, ...]
    warnings: tuple[str, ...]

    @property
    def request(self) -> Request:
        """What was asked."""
        content = self.shared[0].content
        assert isinstance(content, Request)
        return content

    @property
    def status(self) -> str:
        """The newest status."""
        return next((e.content.status for e in reversed(self.desk) if isinstance(e.content, Status)), "new")


def summary_of(case: OpenCase) -> Summary:
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
