"""One small interface to Chromium, Firefox and WebKitGTK, for behaviour that must be the same in all three (docs/adr/0034).

| browser | driver | why |
|---|---|---|
| Chromium | Playwright, over its own protocol | as in all other browser tests |
| Firefox (Debian's `firefox-esr`) | Playwright, over WebDriver BiDi | Firefox speaks BiDi itself, and the same helpers work |
| WebKitGTK (Debian's `webkit2gtk-driver`) | Selenium, over WebKitWebDriver | nothing else drives Debian's WebKitGTK |

Elements are named by CSS selectors. An action waits until an element of that selector is visible.
"""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import BrowserContext, Error, Page, Playwright
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.actions.key_input import KeyInput
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.actions.wheel_input import WheelInput
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.webkitgtk.options import Options as WebKitOptions
from selenium.webdriver.webkitgtk.service import Service as WebKitService

from tests.support import firefox_bidi
from tests.support.browser import ARGS, CHROMIUM
from tests.support.patience import PATIENCE

SECONDS = 90  # on a busy machine one Argon2id of 64 MiB in a page takes half a minute
_POLL = 0.03  # seconds
NAMES = ("chromium", "firefox", "webkit")

# A step of a sequence: an action ("down", "up", "press", "click", "wheel", "compose", "commit") and a key.
Step = tuple[str, str]
# The events of an input method. Only Chromium's driver can make real ones.
_COMPOSE = {
    name: f"document.activeElement.dispatchEvent(new CompositionEvent('{event}', {{ bubbles: true, data: 'に' }}))"
    for name, event in (("compose", "compositionstart"), ("commit", "compositionend"))
}


class AnyBrowser(ABC):
    """A browser with one window."""

    name: str

    @abstractmethod
    def open(self, address: str) -> None:
        """Load a page, even if only its fragment differs."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Return the page's address."""

    @abstractmethod
    def visible(self, selector: str) -> bool:
        """Return whether an element is visible now."""

    @abstractmethod
    def click(self, selector: str) -> None: ...

    @abstractmethod
    def type(self, selector: str, text: str) -> None:
        """Type into a field with keys."""

    @abstractmethod
    def text(self, selector: str) -> str:
        """Return an element's text as a person sees it."""

    @abstractmethod
    def script(self, expression: str) -> Any:
        """Return the value of a JavaScript expression on the page."""

    @abstractmethod
    def back(self) -> None: ...

    @abstractmethod
    def do(self, step: Step) -> None:
        """Do one step of a sequence of keys. Keys pass through the browser's own input where the driver allows it."""

    def wait(self, selector: str) -> None:
        until(lambda: self.visible(selector), f"{selector} to be visible on {self.address}")


def until(true: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what} did not happen in time"
        time.sleep(_POLL)


class ByPlaywright(AnyBrowser):
    """Chromium or Firefox."""

    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page
        page.set_default_timeout(SECONDS * 1000)

    def open(self, address: str) -> None:
        if "#" in address:
            self.page.goto("about:blank")
        self.page.goto(address)

    @property
    def address(self) -> str:
        return self.page.url

    def visible(self, selector: str) -> bool:
        return self.page.locator(selector).filter(visible=True).count() > 0

    def click(self, selector: str) -> None:
        self.page.locator(selector).filter(visible=True).first.click()

    def type(self, selector: str, text: str) -> None:
        field = self.page.locator(selector).filter(visible=True).first
        field.click()
        field.press_sequentially(text)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).filter(visible=True).first.inner_text()

    def script(self, expression: str) -> Any:
        for _ in range(20):  # the browser may leave the page meanwhile
            with contextlib.suppress(Error):
                return self.page.evaluate(expression)
            time.sleep(_POLL)
        return self.page.evaluate(expression)

    def back(self) -> None:
        self.page.go_back()

    def do(self, step: Step) -> None:
        action, key = step
        if action == "down":
            self.page.keyboard.down(key)
        elif action == "up":
            self.page.keyboard.up(key)
        elif action == "press":
            self.page.keyboard.press(key)
        elif action == "click":
            box = self.page.locator("h1:visible").first.bounding_box()
            assert box
            self.page.mouse.click(box["x"] + 3, box["y"] + 3)
        elif action == "wheel":
            self.page.mouse.wheel(0, 5)
        elif self.name == "chromium":
            session = self.page.context.new_cdp_session(self.page)
            if action == "compose":
                session.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
            else:
                session.send("Input.insertText", {"text": "に"})
        else:
            self.script(_COMPOSE[action])


class BySelenium(AnyBrowser):
    """WebKitGTK."""

    name = "webkit"
    _KEYS: ClassVar = {"Shift": Keys.SHIFT, "ShiftLeft": Keys.SHIFT, "ShiftRight": "\ue050", "Alt": Keys.ALT,
             "Control": Keys.CONTROL, "Meta": Keys.META, "Tab": Keys.TAB, "ArrowLeft": Keys.ARROW_LEFT}  # fmt: skip

    def __init__(self, driver: webdriver.WebKitGTK) -> None:
        self.driver = driver
        self._pointer = PointerInput("mouse", "mouse")  # type: ignore[no-untyped-call]
        self._key, self._wheel = KeyInput("keyboard"), WheelInput("wheel")

    def open(self, address: str) -> None:
        if "#" in address:
            self.driver.get("about:blank")
        self.driver.get(address)

    @property
    def address(self) -> str:
        return str(self.driver.current_url)

    def _shown(self, selector: str) -> WebElement | None:
        with contextlib.suppress(StaleElementReferenceException):
            return next(
                (element for element in self.driver.find_elements(By.CSS_SELECTOR, selector) if element.is_displayed()), None
            )
        return None

    def visible(self, selector: str) -> bool:
        return self._shown(selector) is not None

    def _element(self, selector: str) -> WebElement:
        self.wait(selector)
        element = self._shown(selector)
        assert element is not None
        return element

    def click(self, selector: str) -> None:
        element = self._element(selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def type(self, selector: str, text: str) -> None:
        element = self._element(selector)
        element.click()
        element.send_keys(text)

    def text(self, selector: str) -> str:
        return str(self._element(selector).text)

    def script(self, expression: str) -> Any:
        return self.driver.execute_script(f"return ({expression})")

    def back(self) -> None:
        self.driver.back()

    def do(self, step: Step) -> None:
        action, key = step
        chain = ActionChains(self.driver, duration=0, devices=[self._pointer, self._key, self._wheel])
        key = self._KEYS.get(key, key)
        if action == "down":
            chain.key_down(key)
        elif action == "up":
            chain.key_up(key)
        elif action == "press":
            chain.key_down(key).key_up(key)
        elif action == "click":
            chain.move_to_element(self._element("h1")).click()
        elif action == "wheel":
            chain.scroll_by_amount(0, 5)
        else:
            self.driver.execute_script(_COMPOSE[action])
            return
        chain.perform()


# Playwright changes these. A person's Firefox makes thumbnails, and restores its tabs after a crash.
FIREFOX_PREFERENCES: dict[str, str | float | bool] = {
    "browser.pagethumbnails.capturing_disabled": False,
    "browser.sessionstore.resume_from_crash": True,
    "browser.sessionstore.interval": 200,  # ms between two writes of the session file; 15 s for a person
    "browser.sessionstore.interval.idle": 200,
    "browser.sessionstore.max_resumed_crashes": 10,
    "browser.sessionstore.restore_on_demand": False,  # restore every tab at once, not when a person selects it
    "remote.prefs.recommended": False,  # Firefox's own settings for tests would disable the restoring
    # Firefox can reach this machine only.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1, localhost",
    "network.proxy.allow_hijacking_localhost": False,
}


@contextmanager
def chromium_context(engine: Playwright, folder: Path, **options: Any) -> Iterator[BrowserContext]:
    context = engine.chromium.launch_persistent_context(folder, executable_path=CHROMIUM, args=ARGS, **options)
    yield context
    with contextlib.suppress(Exception):
        context.close()


def firefox_program(folder: Path) -> Path:
    """Write a program that starts Firefox as Playwright needs it (firefox_bidi.py); return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder.with_name(f"{folder.name}-firefox")
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(firefox_bidi.__file__)} "$@"\n')
    script.chmod(0o700)
    return script


@contextmanager
def firefox_context(
    engine: Playwright, folder: Path, preferences: dict[str, str | float | bool] | None = None, **options: Any
) -> Iterator[BrowserContext]:
    """Start Firefox with a profile on disk."""
    context = engine.firefox.launch_persistent_context(
        folder,
        channel="moz-firefox",
        executable_path=firefox_program(folder),
        firefox_user_prefs={**FIREFOX_PREFERENCES, **(preferences or {})},
        **options,
    )
    yield context
    with contextlib.suppress(Exception):  # a test may have killed Firefox
        context.close()


@contextmanager
def display() -> Iterator[str]:
    """Start a display without a screen, because WebKitGTK has no headless mode."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def webkit_program() -> Path:
    return next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))


@contextmanager
def webkit(folder: Path, *arguments: str, program: Path | None = None) -> Iterator[BySelenium]:
    """Start WebKitGTK's MiniBrowser (or another program on WebKitGTK) with every folder of its user inside `folder`."""
    places = {"HOME": folder, **{f"XDG_{name}_HOME": folder / name.lower() for name in ("DATA", "CACHE", "CONFIG", "STATE")}}
    with display() as number:
        environment = {
            **os.environ,
            **{name: str(folder) for name, folder in places.items()},
            "DISPLAY": number,
            "GDK_BACKEND": "x11",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # the tests run as root and load this project's pages only
        }
        options = WebKitOptions()
        options.binary_location = str(program or webkit_program())
        for argument in arguments if program else ("--automation", *arguments):
            options.add_argument(argument)
        service = WebKitService(executable_path=shutil.which("WebKitWebDriver"), env=environment)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Selenium warns about its own call
            driver = webdriver.WebKitGTK(options=options, service=service)
        driver.set_page_load_timeout(SECONDS)
        try:
            yield BySelenium(driver)
        finally:
            with contextlib.suppress(WebDriverException):
                driver.quit()


@contextmanager
def webkit_with_profile(folder: Path) -> Iterator[BySelenium]:
    """Start WebKitGTK with a profile in `folder`. MiniBrowser has none under automation (docs/adr/0034)."""
    program = folder / "browser"
    own = Path(__file__).with_name("webkit_browser.py")
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{own}" "{folder}"\n')
    program.chmod(0o700)
    with webkit(folder, program=program) as browser:
        yield browser


@contextmanager
def any_browser(name: str, engine: Playwright, folder: Path) -> Iterator[AnyBrowser]:
    if name == "webkit":
        with webkit(folder) as browser:
            yield browser
    else:
        with (firefox_context if name == "firefox" else chromium_context)(engine, folder) as context:
            yield ByPlaywright(name, context.pages[0] if context.pages else context.new_page())
