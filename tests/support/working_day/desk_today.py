"""This version's desk, in the hands of somebody who knows it."""

import datetime as dt
import re
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager

from playwright.sync_api import Locator

from tests.support.working_day.day import Case
from tests.support.working_day.hands import Hands

FROM_COLLEAGUES = 2  # cases that may be in the list as well


class TodaysDesk:
    """Carries out what a person wants by the desk's shortest way."""

    def __init__(self, hands: Hands, address: str, handle: str, passphrase: str) -> None:
        self._hands, self._page = hands, hands.page
        self._address, self._handle, self._passphrase = address, handle, passphrase
        self._name = ""  # of the case on the screen

    def task(self, name: str) -> AbstractContextManager[None]:
        return self._hands.tally.of(name)

    def sign_in(self) -> None:
        self._page.goto(f"{self._address}/en/desk/")
        self._hands.type(self._page.get_by_label("Handle"), self._handle)
        self._hands.type(self._page.get_by_label("Passphrase"), self._passphrase)
        self._press("Sign in")
        self._page.get_by_role("heading", name="Your cases").wait_for()

    def sign_out(self) -> None:
        self._press("Sign out")
        self._says("You are signed out.")

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

    def set_status(self, status: str) -> None:
        self._hands.choose(self._page.locator("#status"), status)
        self._says("The status is changed.")

    def answer(self, words: str, status: str, *, standard: bool = False) -> None:
        self._hands.type(self._page.get_by_label("Reply"), words)
        self._press("Send the reply")
        self._says("The reply is sent.")
        if self._page.locator("#status option:checked").inner_text() != status:
            self.set_status(status)

    def answer_and_close(self, words: str, status: str) -> None:
        self.answer(words, status)
        self._close()

    def close(self, status: str) -> None:
        self.set_status(status)
        self._close()

    def note(self, words: str) -> None:
        self._hands.type(self._page.get_by_label("A new note"), words)
        self._press("Keep the note")
        self._says("The note is kept.")

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

    def _close(self) -> None:
        """The list is shown afterwards."""
        self._press("Close this case")
        self._press("Yes, close it")
        self._says("The case is closed and will be deleted on")

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

    def _to_rows(self) -> None:
        """Show the rows. A wide window has them beside the case."""
        if not self._page.locator("#cases").count():
            self._to_list()

    def _to_list(self) -> None:
        if not self._page.get_by_role("heading", name="Your cases").count():
            self._hands.press(self._page.get_by_role("button", name=re.compile(r"^Cases\b")))
            self._page.get_by_role("heading", name="Your cases").wait_for()

    def _press(self, name: str) -> None:
        self._hands.press(self._page.get_by_role("button", name=name, exact=True))

    def _says(self, words: str) -> None:
        self._page.get_by_text(words).first.wait_for()
