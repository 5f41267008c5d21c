"""This version's desk, in the hands of somebody who knows it."""

import datetime as dt
import re
from collections.abc import Collection, Iterator

from playwright.sync_api import Locator

from tests.support import browser
from tests.support.working_day.any_desk import AnyDesk
from tests.support.working_day.day import Case
from tests.support.working_day.hands import Hands


class TodaysDesk(AnyDesk):
    """Carries out what a person wants by the desk's shortest way."""

    CLOSED = "The case is closed and will be deleted on"

    def __init__(self, hands: Hands, address: str, handle: str, passphrase: str) -> None:
        super().__init__(hands, address, handle, passphrase)
        self._name = ""  # of the case on the screen
        self._is_due = False  # whether its follow-up is due

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

    def answer_and_close(self, words: str, status: str) -> None:
        self._hands.type(self._page.get_by_label("Reply"), words)
        self._press("Send the reply")
        self._says("The reply is sent.")
        self.close(status)

    def set_status(self, status: str) -> None:
        self._hands.press(browser.status(self._page, status))
        self._says("The status is changed.")

    def status(self) -> str:
        return self._page.locator('#status [aria-checked="true"]').inner_text()

    def close(self, status: str) -> None:
        as_status = self._page.get_by_role("toolbar", name="Close as").get_by_role("button", name=status)
        self._hands.press(as_status)
        self._says(self.CLOSED)
        self._page.get_by_role("heading", name="Your cases").wait_for()

    def note(self, words: str) -> None:
        if not self._is_due:
            return super().note(words)
        self._is_due = False
        self._hands.type(self._page.get_by_label("A new note"), words)
        self._press("Keep it, follow-up done")
        return self._says("The note is kept, and the follow-up is done.")

    def call_back(self, in_days: int, words: str) -> None:
        self._hands.type(self._page.get_by_label("What to do"), f"Call back, {words}")
        # The days are those of the browser's own time zone, which is the test's.
        self._press(f"{dt.date.today() + dt.timedelta(in_days):%A}" if in_days else "Today")
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
        if not self._page.get_by_label("Search").count():  # a wide window has it beside the case
            self._to_list()
        self._hands.type(self._page.get_by_label("Search"), case.dialled)
        self._open_row(self._hands.row(case.name))

    def due_today(self, mine: Collection[str], names: Collection[str]) -> Iterator[str]:
        self._show("Due", len(names))
        for _ in names:
            name = self._open_next()
            self._is_due = True
            yield name

    def finish(self, names: Collection[str]) -> None:
        self._to_list()
        self._show("All", None)
        self._press("Select cases")
        for name in names:
            self._hands.press(self._hands.row(name))
        bar = self._page.get_by_role("group", name=re.compile("selected"))
        self._hands.press(bar.get_by_role("button", name="Close", exact=True))
        self._hands.press(bar.get_by_role("button", name="Done"))
        self._says(f"Close: Done · Done for {len(names)} cases.")

    def _open_row(self, row: Locator) -> str:
        row.wait_for()
        name = row.locator(".words").inner_text().partition(":")[0]
        # By its name, because another row may have become the first.
        self._hands.press(self._page.locator("#cases > li button", has_text=f"{name}:").first)
        self._page.locator("h1", has_text=f": {name}").wait_for()
        return self._opened(name)

    def _show(self, tab: str, count: int | None) -> None:
        """Show the cases under a tab, once all are there."""
        if not self._page.locator(".tabs").count():  # a wide window has them beside the case
            self._to_list()
        button = self._page.locator(".tabs button", has_text=tab).first
        if count is not None:
            button.locator(
                ".count", has_text=re.compile(rf"^({'|'.join(map(str, (count, count + 1, count + 2)))})$")
            ).wait_for()
        if button.get_attribute("aria-pressed") != "true":
            self._hands.press(button)  # ends a search too

    def _to_list(self) -> None:
        if not self._page.get_by_role("heading", name="Your cases").count():
            self._hands.press(self._page.get_by_role("button", name=re.compile(r"^Cases\b")))
            self._page.get_by_role("heading", name="Your cases").wait_for()
