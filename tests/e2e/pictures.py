"""`make pictures`: the pictures of the README, taken of the running service in a real browser."""

import os
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import ARGS, CHROMIUM, HANDLE, PASSPHRASE, Site, ask_for_help, installation, visit
from tests.processes import free_port

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PHONE = {"width": 360, "height": 760}
TABLE = {"width": 1040, "height": 760}


def main() -> None:
    """Form in two languages, receipt, list and case in two languages."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEEPER": f"{folder}/keeper", "INTAKE_PORT": str(free_port())}
        with installation({**os.environ, **values}, folder) as site:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
            forms(browser, site)
            desks(browser, site)
            browser.close()


def forms(browser: Browser, site: Site) -> None:
    for code in ("en", "ar"):
        with visit(browser, viewport=PHONE) as page:
            page.goto(f"{site.address}/{code}/")
            page.locator("#act button").wait_for()
            take(page, f"form-{code}")
    with visit(browser, viewport=PHONE) as page:
        ask_for_help(page, site, "مرحبا، نحتاج إلى حليب للأطفال", kinds=["Food"])
        ask_for_help(page, site, "A ride to the clinic on Monday morning, two people", kinds=["A ride", "Medicine or care"])
        ask_for_help(page, site, "सोमवार को वकील से मिलना है", kinds=["Legal help"], keep=False)
        take(page, "receipt-en")
        page.get_by_role("button", name="I have written it down").click()


def desks(browser: Browser, site: Site) -> None:
    for code, words in (("en", "A ride to the clinic"), ("ar", "حليب")):
        with visit(browser, viewport=TABLE) as page:
            page.goto(f"{site.address}/{code}/desk/")
            page.locator("#handle").fill(HANDLE)
            page.locator("#secret").fill(PASSPHRASE)
            page.locator("#desk form button").first.click()
            page.locator("li button").first.wait_for()
            page.mouse.move(0, 0)
            take(page, f"desk-{code}")
            page.locator("li button", has_text=words).click()
            page.locator("#reply").wait_for()
            take(page, f"case-{code}")


def take(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png")
    print(f"  docs/pictures/{name}.png")


if __name__ == "__main__":
    main()
