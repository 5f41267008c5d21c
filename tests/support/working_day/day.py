"""What two coordinators want to do on one day, whatever the desk is like."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

DAYS_TO_THURSDAY = 3
STANDARD = "We have your request. We can bring it on Thursday between 4 and 6 in the afternoon. Is somebody at home then?"


@dataclass(frozen=True)
class Case:
    """A request as it comes in, and what is meant to become of it."""

    name: str
    number: int
    words: str
    plan: str

    @property
    def phone(self) -> str:
        """Return the telephone number as the requester writes it."""
        return f"+49 176 5550 {self.number}"

    @property
    def dialled(self) -> str:
        """Return the telephone number as the coordinator's telephone shows it."""
        return f"01765550{self.number}"


@dataclass(frozen=True)
class Outcome:
    """What a case is at the end of the day. With a follow-up its status is "call-back", as at a desk without follow-ups."""

    status: str
    is_open: bool
    holders: frozenset[str]
    answers: tuple[str, ...]


PLANS = (
    *["answer"] * 6,
    *["call today"] * 3,
    *["call on Thursday"] * 2,
    "share",
    "hand over",
    "refer",
    "duplicate",
)
NEEDS = {
    "answer": "Groceries for the week, for {} people",
    "call today": "The heating is off. Please call me, apartment {}",
    "call on Thursday": "A ride to the hospital next week, entrance {}",
    "share": "Someone to look after my mother, who is 8{}",
    "hand over": "Clothes for a child of {} years",
    "refer": "Help with a letter from the landlord, number {}",
    "duplicate": "Groceries for the week, for {} people",
}
NAMES = {
    "sam": "Amara Bilal Carmen Dara Emeka Farah Goran Hana Ines Jamal Kofi Leila Milan Nadia Omar",
    "kim": "Petra Quyen Rosa Selim Tanja Uma Viktor Wanda Xenia Yusuf Zofia Adil Berta Chidi Dilek",
}
AWAY = "lee"  # holds every case as well, and is not there today
ASKS_BACK = slice(0, 4)  # of those who were answered, with the answer that each gets
ANSWERS = ("Then we come at five.", "Yes, there is milk in it.", "", "")
THANKS = slice(3, 6)
REFERRAL = "The tenants' association helps with letters, also by telephone: 030 555 0199."


def _cases(of: str, first: int) -> list[Case]:
    return [
        Case(name, first + i, NEEDS[plan].format(i + 2), plan)
        for i, (name, plan) in enumerate(zip(NAMES[of].split(), PLANS, strict=True))
    ]


CASES = {"sam": _cases("sam", 1000), "kim": _cases("kim", 2000)}
OTHER = {"sam": "kim", "kim": "sam"}


class Desk(Protocol):
    """A desk in the hands of somebody who knows it and takes its shortest way."""

    def task(self, name: str) -> AbstractContextManager[None]: ...
    def sign_in(self) -> None: ...
    def sign_out(self) -> None: ...
    def new_requests(self, names: Collection[str]) -> Iterator[str]:
        """Open each new request: `names`. Yields the name of what is on the screen, which may be a colleague's case too."""

    def received(self, names: Collection[str]) -> Iterator[str]:
        """Open each of these cases, which a colleague has shared or handed over."""

    def set_status(self, status: str) -> None: ...
    def answer(self, words: str, status: str, *, standard: bool = False) -> None:
        """Answer the case on the screen. It has this status then."""

    def answer_and_close(self, words: str, status: str) -> None: ...
    def close(self, status: str) -> None: ...
    def note(self, words: str) -> None: ...
    def call_back(self, in_days: int, words: str) -> None:
        """Mark the case on the screen as one to call back on a day."""

    def share(self, colleague: str) -> None: ...
    def hand_over(self, colleague: str, reason: str) -> None: ...
    def find_by_phone(self, case: Case) -> None: ...
    def with_new_messages(self, mine: Collection[str], names: Collection[str]) -> Iterator[str]:
        """Open each case with a message that nobody has read: `names`, of all open cases that are `mine`."""

    def due_today(self, mine: Collection[str], names: Collection[str]) -> Iterator[str]:
        """Open each case that is to be called back today: `names`, of all that are to be called back (`mine`)."""

    def finish(self, names: Sequence[str]) -> None:
        """Set cases to "done" and close them."""


Part = Callable[[Desk, str, set[str]], Iterator[None]]


class Requesters(Protocol):
    """The people who ask."""

    def send(self, case: Case, holders: Sequence[str]) -> None: ...
    def write(self, name: str, words: str) -> None: ...


def work(desks: dict[str, Desk], requesters: Requesters) -> None:
    """Let the requests come in, and both coordinators work on them at the same time."""
    for handle, cases in CASES.items():
        for case in cases:
            requesters.send(case, (handle, AWAY))
    received: dict[str, set[str]] = {handle: set() for handle in desks}  # from the colleague, and seen already
    _together(desks, _morning, received)
    _together(desks, _receive, received)
    for cases in CASES.values():
        for case in cases[ASKS_BACK]:
            requesters.write(case.name, "Thursday is good. Can you come at five, and is there milk in it?")
    _together(desks, _noon, received)
    _together(desks, _afternoon, received)
    for cases in CASES.values():
        for case in cases[THANKS]:
            requesters.write(case.name, "Everything has arrived. Thank you!")
    _together(desks, _evening, received)


def _together(desks: dict[str, Desk], part: Part, received: dict[str, set[str]]) -> None:
    """Take turns after each intention."""
    under_way = [part(desk, handle, received[handle]) for handle, desk in desks.items()]
    while under_way:
        under_way = [days for days in under_way if next(days, "over") != "over"]


def _morning(desk: Desk, handle: str, received: set[str]) -> Iterator[None]:
    with desk.task("sign in and out"):
        desk.sign_in()
    yield
    new = {case.name: case for case in CASES[handle]}
    with desk.task("read a new request"):
        for name in desk.new_requests(list(new)):
            if name in new:
                with desk.task(f"new request: {new[name].plan}"):
                    _sort(desk, handle, new[name])
            else:
                received.add(name)
                _take_over(desk, handle, name)
            yield


def _take_over(desk: Desk, handle: str, name: str) -> None:
    if name in _mine(OTHER[handle], "hand over"):
        with desk.task("read what a colleague shared or handed over"):
            desk.set_status("In progress")


def _sort(desk: Desk, handle: str, case: Case) -> None:
    match case.plan:
        case "answer":
            desk.answer(STANDARD, "In progress", standard=True)
        case "call today":
            desk.call_back(0, "in the afternoon")
        case "call on Thursday":
            desk.call_back(DAYS_TO_THURSDAY, "when the driver is back")
        case "share":
            desk.set_status("In progress")
            desk.note("This needs two of us.")
            desk.share(OTHER[handle])
        case "hand over":
            desk.hand_over(OTHER[handle], "You know the clothes store.")
        case "refer":
            desk.answer_and_close(REFERRAL, "Sent elsewhere")
        case "duplicate":
            desk.close("Duplicate")


def _mine(handle: str, *plans: str) -> list[str]:
    return [case.name for case in CASES[handle] if case.plan in plans]


def _receive(desk: Desk, handle: str, received: set[str]) -> Iterator[None]:
    with desk.task("read what a colleague shared or handed over"):
        for name in desk.received([*{*_mine(OTHER[handle], "share", "hand over")} - received]):
            _take_over(desk, handle, name)
            yield


def _noon(desk: Desk, handle: str, _: set[str]) -> Iterator[None]:
    with desk.task("read and answer new messages"):
        answers = dict(zip([case.name for case in CASES[handle][ASKS_BACK]], ANSWERS, strict=True))
        for name in desk.with_new_messages(_open(handle), list(answers)):
            if answers[name]:
                desk.answer(answers[name], "In progress")
            else:
                desk.note("The driver knows.")
            yield


def _open(handle: str) -> list[str]:
    """Return the open cases that a coordinator holds after the morning."""
    return [*_mine(handle, "answer", "call today", "call on Thursday", "share"), *_mine(OTHER[handle], "share", "hand over")]


def _afternoon(desk: Desk, handle: str, _: set[str]) -> Iterator[None]:
    today = _mine(handle, "call today")
    with desk.task("call those who are due today"):
        for name in desk.due_today([*today, *_mine(handle, "call on Thursday")], today):
            desk.note("Called. They need nothing else.")
            if name == today[-1]:
                desk.set_status("In progress")
            yield
    with desk.task("find the case of somebody who calls"):
        caller = CASES[handle][PLANS.index("call on Thursday")]
        desk.find_by_phone(caller)
        desk.note("Called us: the entrance is at the back.")
    yield


def _evening(desk: Desk, handle: str, _: set[str]) -> Iterator[None]:
    with desk.task("read and answer new messages"):
        for _name in desk.with_new_messages(_open(handle), [case.name for case in CASES[handle][THANKS]]):
            yield
    with desk.task("close what is done"):
        desk.finish([*_mine(handle, "answer"), *_mine(handle, "call today")[:-1]])
    yield
    with desk.task("sign in and out"):
        desk.sign_out()
    yield


def outcomes() -> dict[str, Outcome]:
    """Return what each case is meant to be at the end of the day, by its name."""
    return {case.name: _outcome(handle, case) for handle, cases in CASES.items() for case in cases}


def _outcome(handle: str, case: Case) -> Outcome:
    holders, other = frozenset({handle, AWAY}), OTHER[handle]
    names = [each.name for each in CASES[handle]]
    at = names.index(case.name)
    match case.plan:
        case "answer":
            second = ANSWERS[at] if at < len(ANSWERS) else ""
            return Outcome("done", False, holders, (STANDARD, *([second] if second else [])))
        case "call today":
            last = at == PLANS.index("call today") + PLANS.count("call today") - 1
            return Outcome("in-progress" if last else "done", last, holders, ())
        case "call on Thursday":
            return Outcome("call-back", True, holders, ())
        case "share":
            return Outcome("in-progress", True, holders | {other}, ())
        case "hand over":
            return Outcome("in-progress", True, frozenset({other, AWAY}), ())
        case "refer":
            return Outcome("sent-elsewhere", False, holders, (REFERRAL,))
        case _:
            return Outcome("duplicate", False, holders, ())
