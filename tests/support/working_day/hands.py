"""A person's hands at a page: each press, key and typed character is counted under the task that it belongs to."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page

PRESSES_OF_A_LIST = 2  # a drop-down list is opened, then an entry is pressed
PRESSES_OF_A_CALENDAR = 3  # the field, the day, and "Set"
SCROLL = 300  # CSS pixels


@dataclass
class Tally:
    """What a person's day cost, by task."""

    presses: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    typed: Counter[str] = field(default_factory=Counter)
    scrolls: Counter[str] = field(default_factory=Counter)
    task: str = ""

    @contextmanager
    def of(self, task: str) -> Iterator[None]:
        """Count under a task."""
        before, self.task = self.task, task
        yield
        self.task = before

    def __add__(self, other: "Tally") -> "Tally":
        """Return what both cost together."""
        both = [mine + theirs for mine, theirs in zip(self._columns(), other._columns(), strict=True)]
        return Tally(both[0], both[1], both[2], both[3])

    def __str__(self) -> str:
        """Return a row for each task: presses, keys, typed characters, and presses that needed scrolling."""
        rows = [(task, [str(of[task]) for of in self._columns()]) for task in self.presses]
        rows.append(("in all", [str(of.total()) for of in self._columns()]))
        return "\n".join(f"| {task} | {' | '.join(counts)} |" for task, counts in rows)

    def _columns(self) -> list[Counter[str]]:
        return [self.presses, self.keys, self.typed, self.scrolls]


class Hands:
    """A mouse or a finger, and a keyboard. A press with either counts as one."""

    def __init__(self, page: Page, tally: Tally, *, touch: bool) -> None:
        self.page, self.tally, self._touch = page, tally, touch

    def press(self, target: Locator) -> None:
        """Press a button, a row or a field."""
        self.tally.presses[self.tally.task] += 1
        if not target.evaluate(VISIBLE):
            self.tally.scrolls[self.tally.task] += 1
        target.tap() if self._touch else target.click()

    def choose(self, field: Locator, label: str) -> None:
        """Choose an entry of a drop-down list."""
        self.tally.presses[self.tally.task] += PRESSES_OF_A_LIST
        field.select_option(label=label)

    def pick(self, field: Locator, day: str) -> None:
        """Choose a day. On a phone a calendar opens, in which the day and a button are pressed."""
        if self._touch:
            self.tally.presses[self.tally.task] += PRESSES_OF_A_CALENDAR
            field.fill(day)
        else:
            self.type(field, day)

    def type(self, field: Locator, text: str) -> None:
        """Type into a field, which is pressed first unless it has the focus."""
        if not field.evaluate("field => field === document.activeElement"):
            self.press(field)
        self.tally.typed[self.tally.task] += len(text)
        field.fill(text)

    def row(self, name: str) -> Locator:
        """Return the row of a person's case. Scroll to it, because a long list has only its visible rows in the page."""
        row = self.page.locator("#cases > li", has_text=f"{name}:").locator("button, label").first
        self.page.locator("#cases > li").first.wait_for()
        for by in (0, *[-SCROLL] * 9, *[SCROLL] * 9):
            self.page.evaluate("by => scrollBy(0, by)", by)
            if row.count():
                return row
        raise AssertionError(f"no row for {name}: {self.page.locator('main').inner_text()}")


VISIBLE = """target => {
    const box = target.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight;
}"""
