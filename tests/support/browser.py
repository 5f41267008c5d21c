"""The steps of a person in a browser: filling in the form, returning with a receipt, working at the desk."""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect

from tests.support import native_argon2id
from tests.support.forked_server import started
from tests.support.processes import free_port
from tests.support.terminal import Terminal, enrol

PASSPHRASE = "ladder copper winter kite"
HANDLE = "Sam"
ARGS = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", "--disable-background-networking"]
CHROMIUM = next(program for name in ("chromium", "chromium-browser", "google-chrome") if (program := shutil.which(name)))
# Chromium's engine without window, tabs and profile, if installed. A page then takes less processor time.
SHELL = shutil.which("chromium-headless-shell") or CHROMIUM


@dataclass
class Site:
    """A running installation."""

    address: str
    environment: dict[str, str]
    folder: Path
    fingerprint: str


PATIENCE = 90_000  # ms: on a busy machine one Argon2id of 64 MiB in a page takes half a minute
expect.set_options(timeout=PATIENCE)


@contextmanager
def installation(environment: dict[str, str], folder: Path | str, *, enrolled: bool = True) -> Iterator[Site]:
    """Start a server whose first coordinator has enrolled at a terminal."""
    with started(environment) as (client, link):
        fingerprint = ""
        if enrolled:
            fingerprint = enrol(link, PASSPHRASE, HANDLE).splitlines()[1].replace(" ", "")
        yield Site(str(client.base_url).rstrip("/"), environment, Path(folder), fingerprint)


def places(folder: Path) -> dict[str, str]:
    """Return the settings of an installation in a folder."""
    return {"INTAKE_DATA": str(folder / "var"), "INTAKE_KEY_STORE": str(folder / "key-store"), "INTAKE_PORT": str(free_port())}


@contextmanager
def visit(browser: Browser, *, real_argon2id: bool = False, **options: object) -> Iterator[Page]:
    """Open a new private window. An error on the page's console fails the test.

    Args:
        browser: the browser.
        real_argon2id: compute Argon2id in the page's worker, as people's browsers do.
        options: the context's.
    """
    context: BrowserContext = browser.new_context(service_workers="block", **options)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    if not real_argon2id:
        native_argon2id.use(context)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert not [error for error in errors if "Failed to load resource" not in error], errors


MANY = 30  # more than a form has questions
FORM_BUTTON = ":is(.form-actions, .act):visible button"  # the version before an upgrade has the second name
NEED, OFFER = "I need something", "I have something to give"


def begin(page: Page, title: str = NEED) -> None:
    """Choose a form on the first page, once it can encrypt."""
    page.locator("html.ready").wait_for()
    page.get_by_text(title, exact=True).first.click()
    page.locator(FORM_BUTTON).first.wait_for()


def shown(page: Page) -> Locator:
    """Return the form that is being filled in. The page holds other forms with the same questions."""
    return page.locator("details.form[open]")


def choose(page: Page, kind: str) -> None:
    """Choose a kind of help. Open its group first if it is closed."""
    option = shown(page).get_by_label(kind, exact=True)
    if not option.is_visible():
        shown(page).locator("details.options", has=page.get_by_label(kind, exact=True)).locator("summary").click()
    option.check()


def tick(page: Page, option: str) -> None:
    """Choose an option by its selector. Open its group first if it is closed."""
    page.locator(f"details.options:has({option})").evaluate_all("groups => groups.forEach(group => { group.open = true })")
    page.locator(option).check()


def reach(page: Page, question: str) -> Locator:
    """Continue until a question is shown, and return its field."""
    field = page.locator(f"[data-question='{question}']:visible, [data-kind='{question}']:visible")
    for _ in range(MANY):
        if field.count():
            break
        page.locator(FORM_BUTTON).first.click()
    return field.locator("textarea, input[type=text], .question").last


def to_check(page: Page) -> None:
    """Continue until the check page is shown."""
    for _ in range(MANY):
        if page.locator("#check").is_visible():
            return
        page.locator(FORM_BUTTON).first.click()
    raise AssertionError(page.locator("main").inner_text())


def ask_for_help(
    page: Page,
    site: Site,
    words: str,
    *,
    kinds: Sequence[str] = (),
    hidden: bool = False,
    keep: bool = True,
    days: int | None = None,
    title: str = NEED,
) -> str:
    """Fill in the form and send it; return the receipt."""
    page.goto("about:blank")  # the same address with the same `#` would not load again
    page.goto(f"{site.address}/en/#{site.fingerprint}")
    begin(page, title)
    for kind in kinds:
        choose(page, kind)
    reach(page, "words").fill(words)
    reach(page, "days")
    if days:
        shown(page).get_by_label(f"After {days} day").check()
    if hidden:
        shown(page).get_by_label("Do not show what I wrote again").check()
    to_check(page)
    page.get_by_role("button", name="Lock and send").click()
    page.get_by_role("button", name="I have written it down").wait_for()
    code = page.locator("#code").inner_text()
    if keep:
        page.get_by_role("button", name="I have written it down").click()
    return code


def come_back(page: Page, site: Site, code: str) -> None:
    """Open the return page with a receipt."""
    page.goto(f"{site.address}/en/return/")
    page.get_by_role("button", name="Open").wait_for()
    page.get_by_label("The 24 digits").fill(code)
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="Your request").wait_for()


def operate(site: Site, *arguments: str, handle: str = HANDLE) -> str:
    """Return what a coordinator's command prints."""
    return Terminal(site.address, handle, PASSPHRASE)(*arguments)


def enrol_in_browser(page: Page, link: str, handle: str) -> tuple[str, str]:
    """Follow an enrolment link; return the digits and the paper code that it shows. Ends at the desk."""
    digits, paper = make_keys(page, link, handle)
    page.get_by_role("link", name="To the desk").click()
    return digits, paper


def make_keys(page: Page, link: str, handle: str) -> tuple[str, str]:
    """Enrol, and stop where the digits are shown. Return the digits and the paper code."""
    begin_enrolment(page, link, handle)
    paper = prove_paper_code(page)
    return groups_of(page.locator("#digits")), paper


def begin_enrolment(page: Page, link: str, handle: str) -> None:
    """Follow an enrolment link, and stop where the paper code is shown."""
    page.goto(link)
    page.get_by_label("Handle").fill(handle)
    page.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    page.get_by_label("The passphrase once more").fill(PASSPHRASE)
    page.get_by_role("button", name="Make my keys").click()


def prove_paper_code(page: Page) -> str:
    """Enter the paper code that is shown, and return it."""
    paper = groups_of(page.locator("#paper"))
    page.get_by_role("button", name="I have written it down").click()
    page.get_by_label("The 40 digits").fill(paper)
    page.get_by_role("button", name="Check the code").click()
    return paper


def groups_of(code: Locator) -> str:
    """Return the digits that are shown, in groups with a space between them."""
    return " ".join(code.inner_text().split())


def answer_dialogs(page: Page, *, leave: bool) -> list[str]:
    """Answer each dialog of the browser from now on. Return the list to which their types are added."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept() if leave else dialog.dismiss()

    page.on("dialog", answer)
    return asked


def sign_in(page: Page, site: Site, handle: str = HANDLE) -> None:
    """Sign in at the desk, with the passphrase."""
    page.goto(f"{site.address}/en/desk/")
    page.get_by_label("Handle").fill(handle)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Your cases").wait_for()


def status(page: Page, name: str) -> Locator:
    """Return the button of a status in the case on the screen."""
    return page.locator("#status").get_by_role("radio", name=name, exact=True)


def to_list(page: Page) -> None:
    """Load the list of cases again."""
    page.get_by_role("button", name=re.compile(r"^Cases\b")).click(force=True)  # a number may follow; "All cases" is a filter
    page.get_by_role("heading", name="Your cases").wait_for()


def add_member(site: Site, handle: str, by: Sequence[str]) -> None:
    """Enrol a newcomer at a terminal. The members in `by` compare the digits and sign."""
    link = operate(site, "group", "invite", handle=by[0]).strip()
    digits = enrol(link, PASSPHRASE, handle).splitlines()[1].strip()
    for colleague in by:
        operate(site, "group", "approve", digits, handle=colleague)


def renew(page: Page) -> None:
    page.get_by_role("button", name="My keys").click()
    page.get_by_role("button", name="Renew now").click()
    expect(page.get_by_text("Your keys are renewed.")).to_be_visible()


def to_group(page: Page) -> None:
    """Load the group's page again."""
    to_list(page)
    page.locator(".menu button").nth(1).click()
    page.get_by_role("heading", name="Group", exact=True).wait_for()


def listed(site: Site, handle: str) -> list[str]:
    """Return the first line of each case that a member opens at a terminal."""
    return [case["line"] for case in json.loads(operate(site, "case", "list", "--json", handle=handle))]


PHONE = {"width": 320, "height": 640}


def only(site: Site) -> dict[str, object]:
    """Open the only case and return it."""
    (row,) = json.loads(operate(site, "case", "list", "--json"))
    case: dict[str, object] = json.loads(operate(site, "case", "show", "--json", row["case"]))
    return case


def onward(page: Page) -> None:
    page.locator(FORM_BUTTON).first.click()
