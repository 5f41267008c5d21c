"""Wait until a page has received everything that it asked for."""

from playwright.sync_api import Page, Request


class Traffic:
    """The requests of a page that have no answer yet. Playwright's own `networkidle` takes half a second for each page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._open: set[Request] = set()
        page.on("request", lambda request: self._open.add(request))
        page.on("requestfinished", lambda request: self._open.discard(request))
        page.on("requestfailed", lambda request: self._open.discard(request))

    def over(self) -> None:
        """Wait until everything has arrived and nothing more is asked for."""
        quiet = 0
        while quiet < 3:
            self.page.wait_for_timeout(20)
            quiet = 0 if self._open else quiet + 1
