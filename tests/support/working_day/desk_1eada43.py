"""The desk of commit 1eada43, in the hands of somebody who knows it.

It marks no new messages, keeps no follow-ups and acts on one case at a time. Its list is left when a case is opened.
"""

from collections.abc import Collection, Iterator

from playwright.sync_api import Locator

from tests.support.working_day.any_desk import AnyDesk
from tests.support.working_day.day import Case

LAST_DIGITS = 4  # a number is found only as its requester wrote it, so a person types its end


class OldDesk(AnyDesk):
    """Carries out what a person wants by the old desk's shortest way."""

    CLOSED = "It is closed and goes on"

    @property
    def _status(self) -> Locator:
        return self._page.get_by_label("Status")

    def set_status(self, status: str) -> None:
        self._hands.choose(self._status, status)
        self._says("The status is changed.")

    def status(self) -> str:
        return self._status.locator("option:checked").inner_text()

    def new_requests(self, names: Collection[str]) -> Iterator[str]:
        for _ in names:
            self._to_list()
            row = self._page.locator("#cases > li button", has_text="Not opened yet").first
            row.wait_for()
            yield self._open_row(row)

    def received(self, names: Collection[str]) -> Iterator[str]:
        """No mark tells which cases these are. The colleague says it."""
        for name in names:
            self._open(name)
            yield name

    def call_back(self, in_days: int, words: str) -> None:
        self.note(f"Call back {'today' if in_days == 0 else f'in {in_days} days'}, {words}")
        self.set_status("Call back")

    def share(self, colleague: str) -> None:
        self._hands.choose(self._page.get_by_label("A colleague"), colleague)
        self._press("Share")
        self._says("It is shared.")

    def hand_over(self, colleague: str, reason: str) -> None:
        self.note(reason)
        self._hands.choose(self._page.get_by_label("A colleague"), colleague)
        self._press("Hand over")
        self._press("Yes, hand it over")
        self._says("It is handed over.")

    def find_by_phone(self, case: Case) -> None:
        self._to_list()
        self._hands.type(self._page.get_by_label("Search"), case.phone[-LAST_DIGITS:])
        self._open(case.name)

    def with_new_messages(self, mine: Collection[str], names: Collection[str]) -> Iterator[str]:
        """No mark tells which cases have one, so each is opened."""
        self._to_list()
        if self._page.get_by_label("Search").input_value():
            self._hands.type(self._page.get_by_label("Search"), "")
        for name in mine:
            self._open(name)
            if name in names:
                self._page.locator("section.entry").filter(has_text="They wrote").first.wait_for()
                yield name

    def due_today(self, mine: Collection[str], names: Collection[str]) -> Iterator[str]:
        """The days are in notes, so each case to call back is opened. The status finds those cases."""
        self._to_list()
        self._hands.choose(self._page.locator("#by-status"), "Call back")
        for name in mine:
            self._open(name)
            if name in names:
                yield name
        self._to_list()
        self._hands.choose(self._page.locator("#by-status"), "All")

    def finish(self, names: Collection[str]) -> None:
        for name in names:
            self._open(name)
            self.set_status("Done")
            self._close()

    def _open(self, name: str) -> None:
        self._to_list()
        assert self._open_row(self._hands.row(name)) == name

    def _open_row(self, row: Locator) -> str:
        self._hands.press(row)
        heading = self._page.locator("h1", has_text=":")
        heading.wait_for()
        return heading.inner_text().partition(": ")[2]

    def _to_list(self) -> None:
        cases = self._page.get_by_role("button", name="Cases", exact=True)
        if cases.is_enabled():  # it is disabled while the list is shown
            self._hands.press(cases)
            self._page.get_by_role("heading", name="Your cases").wait_for()
