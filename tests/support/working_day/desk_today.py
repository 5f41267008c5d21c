"""This version's desk, in the hands of somebody who knows it."""

import datetime as dt
import re
from collections.abc import Collection, Iterator

from playwright.sync_api import Locator

from tests.support.working_day.any_desk import AnyDesk
from tests.support.working_day.day import Case
from tests.support.working_day.hands import Hands


class TodaysDesk(AnyDesk):
    """Carries out what a person wants by the desk's shortest way."""

    CLOSED = "The case is closed and will be deleted on"

    def __init__(self, hands: Hands, address: str, handle: str, passphrase: str) -> None:
        super().__init__(hands, address, handle, passphrase)
        self._name = ""  # of the case on the screen

    def new_requests(self, names: Collection[str]) -> Iterator[str]:
        missing = set(names)
        self._show("Unread", len(names))
        while missing:
            name = self._open_next()
            missing.discard(name)
            yield name

    def received(self, names: Collection[str]) -> Iterator[str]:
        return self._unread(names)

    def with_new_messages(self, mine: Collection[str], names: Collection[str]) -> Iterator[str]:
        return self._unread(names)

    def _unread(self, names: Collection[str]) -> Iterator[str]:
        """Open each unread case. A message in the case on the screen is seen as it comes."""
        on_screen = self._name if self._name in names and self._page.locator("#status").count() else ""
        if on_screen:
            self._page.locator("section.entry").filter(has_text="They wrote").first.wait_for()
            yield on_screen
        others = [name for name in names if name != on_screen]
        if others:
            self._show("Unread", len(others))
        for _ in others:
            yield self._open_next()

    def _open_next(self) -> str:
        """Open the first case of the list, or the next one where a case is on the screen."""
        rows = self._page.locator('#cases > li button:not([aria-current="true"])')
        if rows.count():
            return self._open_row(rows.first)
        self._press("Next case")
        before = self._name
        heading = self._page.locator("h1").filter(has_not_text=f": {before}")
        heading.wait_for()
        return self._opened(heading.inner_text().partition(": ")[2])

    def _opened(self, name: str) -> str:
        self._name = name
        return name

    def call_back(self, in_days: int, words: str) -> None:
        field = self._page.get_by_label("What to do")
        if not field.is_visible():  # it stays open from one case to the next
            self._hands.press(self._page.get_by_text("Set a follow-up", exact=True))
        self._hands.type(field, f"Call back, {words}")
        if in_days == 0:
            self._press("Today")
        else:
            # The field takes days of the browser's own time zone, which is the test's.
            self._hands.pick(self._page.get_by_label("On another day"), (dt.date.today() + dt.timedelta(in_days)).isoformat())
            self._press("Set this day")
        self._says("The follow-up is set.")

    def share(self, colleague: str) -> None:
        self._hands.choose(self._page.get_by_label("A colleague"), colleague)
        self._press("Share")
        self._press("Yes, share it")
        self._says("It is shared.")

    def hand_over(self, colleague: str, reason: str) -> None:
        self._hands.choose(self._page.get_by_label("A colleague"), colleague)
        self._press("Hand over")
        self._hands.type(self._page.get_by_label("Why do you hand the case over?"), reason)
        self._press("Yes, hand it over")
        self._says("It is handed over.")

    def find_by_phone(self, case: Case) -> None:
        self._show("All", None)
        self._hands.type(self._page.get_by_label("Search"), case.dialled)
        self._open_row(self._hands.row(case.name))

    def due_today(self, mine: Collection[str], names: Collection[str]) -> Iterator[str]:
        self._show("Due", len(names))
        for _ in names:
            yield self._open_next()
            self._press("Follow-up done")
            self._says("The follow-up is done.")

    def finish(self, names: Collection[str]) -> None:
        self._show("All", None)
        self._press("Select cases")
        for name in names:
            self._hands.press(self._hands.row(name))
        bar = self._page.get_by_role("group", name=re.compile("selected"))
        self._hands.press(bar.get_by_role("button", name="Status"))
        self._hands.choose(bar.get_by_label("Status"), "Done")
        self._hands.press(bar.get_by_role("button", name="Change the status"))
        self._says(f"Done for {len(names)} cases.")
        self._filter_status("Done")  # the cases are no longer selected
        self._press("Select cases")
        self._hands.press(bar.get_by_role("button", name="Select all"))
        self._hands.press(bar.get_by_role("button", name="Close", exact=True))
        self._says(f"Close · Done for {len(names)} cases.")

    def _filter_status(self, status: str) -> None:
        field = self._page.locator("#by-status")
        if not field.is_visible():
            self._hands.press(self._page.get_by_text("More filters"))
        self._hands.choose(field, status)

    def _open_row(self, row: Locator) -> str:
        row.wait_for()
        name = row.locator(".words").inner_text().partition(":")[0]
        # By its name, because another row may have become the first.
        self._hands.press(self._page.locator("#cases > li button", has_text=f"{name}:").first)
        self._page.locator("h1", has_text=f": {name}").wait_for()
        return self._opened(name)

    def _show(self, tab: str, count: int | None) -> None:
        """Show the cases under a tab, once all are there."""
        self._to_list()
        search = self._page.get_by_label("Search")
        if search.input_value():
            self._hands.type(search, "")
        button = self._page.locator(".tabs button", has_text=tab).first
        if count is not None:
            button.locator(
                ".count", has_text=re.compile(rf"^({'|'.join(map(str, (count, count + 1, count + 2)))})$")
            ).wait_for()
        if button.get_attribute("aria-pressed") != "true":
            self._hands.press(button)

    def _to_list(self) -> None:
        if not self._page.get_by_role("heading", name="Your cases").count():
            self._hands.press(self._page.get_by_role("button", name=re.compile(r"^Cases\b")))
            self._page.get_by_role("heading", name="Your cases").wait_for()
