"""What both desks have in common in the hands of somebody who knows them."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager

from tests.support.working_day.hands import Hands


class AnyDesk(ABC):
    """The ways that did not change between the two versions."""

    CLOSED: str
    """What the desk says when a case is closed."""

    def __init__(self, hands: Hands, address: str, handle: str, passphrase: str) -> None:
        self._hands, self._page = hands, hands.page
        self._address, self._handle, self._passphrase = address, handle, passphrase

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

    @abstractmethod
    def set_status(self, status: str) -> None:
        """Set the status of the case on the screen."""

    @abstractmethod
    def status(self) -> str:
        """Return the status of the case on the screen."""

    def answer(self, words: str, status: str, *, standard: bool = False) -> None:
        self._hands.type(self._page.get_by_label("Reply"), words)
        self._press("Send the reply")
        self._says("The reply is sent.")
        if self.status() != status:
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

    def _close(self) -> None:
        """The list is shown afterwards."""
        self._press("Close this case")
        self._press("Yes, close it")
        self._says(self.CLOSED)

    def _press(self, name: str) -> None:
        self._hands.press(self._page.get_by_role("button", name=name, exact=True))

    def _says(self, words: str) -> None:
        self._page.get_by_text(words).first.wait_for()
