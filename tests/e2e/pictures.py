"""`make pictures`: the pictures of the docs, taken of the running service in a real browser."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from intake.site import form_file
from intake.site.languages import languages
from tests.support.browser import (
    ARGS,
    CHROMIUM,
    HANDLE,
    PASSPHRASE,
    Site,
    add_member,
    ask_for_help,
    begin,
    groups_of,
    installation,
    operate,
    prove_paper_code,
    reach,
    sign_in,
    to_check,
    to_list,
    visit,
)
from tests.support.processes import INTAKE, free_port

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PHONE = {"width": 360, "height": 760}
TABLE = {"width": 1040, "height": 760}
WIDE = {"width": 1280, "height": 900}


def main() -> None:
    """Take all pictures, of one group."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(free_port())}
        with installation({**os.environ, **values}, folder) as site:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
            forms(browser, site)
            desks(browser, site)
            deletion(browser, site)
            group(browser, site)
            browser.close()


def forms(browser: Browser, site: Site) -> None:
    """Take the form in three languages, a receipt, the pages without JavaScript and the paper form."""
    need = form_file.read(form_file.FORMS / "need.toml")
    for code, typed in (("en", "A ride to the clinic"), ("ar", "حليب للأطفال"), ("hi", "बच्चे के लिए दूध")):
        with visit(browser, viewport=PHONE) as page:
            page.goto(f"{site.address}/{code}/")
            page.locator("html.ready").wait_for()
            take(page, f"form-{code}")
            begin(page, form_file.say(need.title, languages()[code]))
            take(page, f"form-question-{code}")
            page.locator("#need-kinds-groceries").check()
            reach(page, "words").fill(typed)
            take(page, f"form-words-{code}")
            to_check(page)
            take(page, f"form-check-{code}")
    with visit(browser, viewport=WIDE) as page:
        page.goto(f"{site.address}/en/")
        page.locator("html.ready").wait_for()
        page.locator(".languages summary").click()
        take(page, "form-languages")
        begin(page)
        take(page, "form-question-wide")
    with visit(browser, viewport=PHONE, color_scheme="dark") as page:
        page.goto(f"{site.address}/ar/about/")
        take(page, "about-ar-dark")
    with visit(browser, viewport=PHONE, java_script_enabled=False) as page:
        page.goto(f"{site.address}/nojs/en/")
        take(page, "nojs-en")
    with visit(browser, viewport=PHONE) as page:
        ask_for_help(page, site, "مرحبا، نحتاج إلى حليب للأطفال", kinds=["Groceries"])
        ask_for_help(page, site, "A ride to the clinic on Monday morning, two people", kinds=["A ride", "Health care"])
        ask_for_help(page, site, "सोमवार को वकील से मिलना है", kinds=["Legal help"], keep=False)
        take(page, "receipt-en")
        page.get_by_role("button", name="I have written it down").click()
    paper(browser, site)


def paper(browser: Browser, site: Site) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**site.environment, "INTAKE_ORIGIN": "https://help.example"}
        command = [str(INTAKE), "flyer", "--lang", "ar", "--lang", "en", "--to", folder]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        with visit(browser, viewport={"width": 760, "height": 1040}) as page:
            for name, kept in (("poster-a4-ar-en", "poster"), ("form-need-a4-ar", "paper-form-ar")):
                page.goto(f"file://{folder}/{name}.html")
                take(page, kept)


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


def deletion(browser: Browser, site: Site) -> None:
    """Take a hold at the desk and as its requester reads it, and the list of deletions."""
    add_member(site, "kim", by=[HANDLE])
    with visit(browser, viewport=PHONE) as requester:
        code = ask_for_help(requester, site, "Company at the hearing", kinds=["Someone to talk to"])
    for name, handle in (("hold-1-ask", HANDLE), ("hold-2-agree", "kim")):
        with visit(browser, viewport=TABLE) as desk:
            sign_in(desk, site, handle=handle)
            desk.locator("li button", has_text="at the hearing").click()
            desk.locator("#reply").wait_for()
            if handle == HANDLE:
                desk.locator("summary", has_text="Keep longer").click()
                desk.get_by_label("Why").fill("The hearing was moved. We keep this until it is over.")
                take(desk, name, desk.locator("summary", has_text="Keep longer"))
                desk.get_by_role("button", name="Ask to keep it").click()
                desk.get_by_text("asks to keep it until").wait_for()
            else:
                take(desk, name, desk.get_by_role("heading", name="Keep longer"))
                desk.get_by_role("button", name="I agree").click()
                desk.get_by_text("even when it is closed").wait_for()
    for language in ("en", "ar"):
        with visit(browser, viewport=PHONE) as page:
            page.goto(f"{site.address}/{language}/return/")
            page.locator("#code").fill(code)
            page.locator("#open-actions button").click()
            page.locator("#case h1").wait_for()
            take(page, f"hold-3-return-{language}")
            page.goto(f"{site.address}/{language}/deletions/")
            page.locator("td.hash").first.wait_for()
            take(page, f"deletions-{language}")


def group(browser: Browser, site: Site) -> None:
    """Take the steps that docs/ shows: adding a coordinator, renewing keys, recovery, leaving."""
    with visit(browser, viewport=TABLE) as sam, visit(browser, viewport=TABLE) as lee:
        sign_in(sam, site)
        open_section(sam, "Group")
        sam.get_by_role("button", name="Make a link").click()
        link = sam.locator("#invite").inner_text()
        take(sam, "enrolment-1-link", sam.get_by_role("heading", name="Invite a colleague"))
        lee.goto(link)
        lee.get_by_label("Handle").fill("lee")
        lee.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
        lee.get_by_label("The passphrase once more").fill(PASSPHRASE)
        take(lee, "enrolment-2-keys")
        lee.get_by_role("button", name="Make my keys").click()
        prove_paper_code(lee)
        digits = groups_of(lee.locator("#digits"))
        take(lee, "enrolment-3-digits")
        open_section(sam, "Group")
        sam.locator("summary", has_text="Have them compared").click()
        sam.get_by_label("Their digits").fill(digits)
        take(sam, "enrolment-4-compare", sam.get_by_role("heading", name="Waiting for approval"))
        sam.get_by_role("button", name="The digits match").click()
        sam.get_by_text("signed by you alone").first.wait_for()
        take(sam, "enrolment-5-signed")
        operate(site, "group", "approve", digits, handle="kim")

        open_section(sam, "My keys")
        take(sam, "rotation-1-keys")
        sam.get_by_role("button", name="Renew now").click()
        sam.get_by_text("Your keys are renewed.").wait_for()
        take(sam, "rotation-2-renewed")

        open_section(sam, "Group")
        take(sam, "recovery-1-none", sam.get_by_role("heading", name="Recovery"))
        sam.get_by_role("button", name="Make a new recovery key").click()
        sam.get_by_text("A new recovery key that 2 members open together").first.wait_for()
        take(sam, "recovery-2-proposed", sam.get_by_role("heading", name="Waiting for signatures"))
        operate(site, "group", "sign", "1", handle="kim")
        operate(site, "group", "show", handle="lee")
        open_section(sam, "Group")
        sam.locator("summary", has_text="Someone lost their keys").click()
        sam.get_by_label("Whose cases").select_option(label="lee")
        sam.get_by_label("Who gets them").select_option(label="sam")
        take(sam, "recovery-3-lost", sam.get_by_role("heading", name="Recovery"))
        sam.locator("details", has_text="Someone lost").get_by_role("button", name="Propose").click()
        sam.get_by_text("Open the cases of lee with the recovery key").first.wait_for()
        operate(site, "group", "sign", "1", handle="kim")
        open_section(sam, "Group")
        sam.get_by_role("button", name="Open the cases of lee now").wait_for()
        take(sam, "recovery-4-open", sam.get_by_role("heading", name="Recovery"))

        sam.locator("ul.people li", has_text="lee").get_by_role("button", name="Remove").click()
        take(sam, "leaving-1-sure", sam.get_by_role("heading", name="Coordinators"))
        sam.get_by_role("button", name="Yes, sign to remove them").click()
        take(sam, "leaving-2-signed", sam.get_by_role("heading", name="Waiting for signatures"))
        operate(site, "group", "remove", "lee", handle="kim")
        open_section(sam, "Group")
        take(sam, "leaving-3-left")


def open_section(page: Page, name: str) -> None:
    """Load the desk again and open one of its pages."""
    to_list(page)
    page.get_by_role("button", name=re.compile(rf"^{name}\b")).click()  # a number may follow
    page.get_by_role("heading", name=name, exact=True).wait_for()
    page.wait_for_timeout(300)


def take(page: Page, name: str, heading: Locator | None = None) -> None:
    expect(page.locator("button[aria-disabled=true]:visible")).to_have_count(0)  # nothing is on its way any more
    if heading:
        heading.wait_for()
        heading.evaluate("(it) => scrollTo(0, it.getBoundingClientRect().top + scrollY - 80)")
    page.screenshot(path=PICTURES / f"{name}.png")
    print(f"  docs/pictures/{name}.png")


if __name__ == "__main__":
    main()
