"""The receipt on paper and in the clipboard has the digits, where to use them, the deletion date, and nothing else."""

import contextlib
import re
import zlib
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import qr
from tests.support.browser import Site, ask_for_help, visit

PHONE, WIDE = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
MM = 96 / 25.4  # CSS pixels


def printed(page: Page) -> list[str]:
    """Return the lines that a printer gets."""
    page.emulate_media(media="print")
    lines = page.locator("body").inner_text().split("\n")
    page.emulate_media(media="screen")
    return [line.strip() for line in lines if line.strip()]


def overflow(box: Locator) -> list[int]:
    """Return how far the content of a box overflows it, in pixels."""
    pixels: list[int] = box.evaluate(
        "element => [element.scrollWidth - element.clientWidth, element.scrollHeight - element.clientHeight]"
    )
    return pixels


def without_script(page: Page, site: Site) -> None:
    """Send a request without JavaScript, up to its receipt."""
    page.goto(f"{site.address}/nojs/en/")
    page.get_by_role("button", name="I need something").click()
    page.get_by_label("What should we know?").fill("milk")
    page.get_by_role("button", name="Check your answers").click()
    page.wait_for_timeout(2100)  # the server refuses a page that is sent sooner
    page.get_by_role("button", name="Send").click()
    page.locator("#code").wait_for()


def check_slip(browser: Browser, page: Page, site: Site) -> None:
    """Check that only the slip is printed, and that its code opens the return page for this group's keys."""
    code = page.locator("#code").inner_text()
    day = page.locator("#deletion-day").inner_text()
    address = f"{site.address}/en/return/"
    assert printed(page) == [
        code,
        "Use your receipt at this address:",
        address,
        f"Your request will be deleted on: {day}",
    ]
    drawing = page.locator("#return-code svg").evaluate("element => element.outerHTML")
    assert qr.read(browser, drawing) == f"{address}#{site.fingerprint}"


def test_a_printed_receipt_has_the_digits_with_their_address_and_nothing_else(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        ask_for_help(page, shared_site, "milk", keep=False)
        check_slip(browser, page, shared_site)
        page.on("dialog", lambda dialog: dialog.accept())


def test_a_receipt_printed_without_javascript_says_the_same(browser: Browser, shared_site: Site) -> None:
    with visit(browser, java_script_enabled=False) as page:
        without_script(page, shared_site)
        check_slip(browser, page, shared_site)


def drawn(page: Page, **options: Any) -> list[bytes]:
    """Return what a printed page draws: the unpacked streams of a PDF, without pictures and embedded fonts."""
    pdf = page.pdf(margin={"top": "1in", "bottom": "1in", "left": "1in", "right": "1in"}, **options)
    unpacked = []
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):
            unpacked.append(zlib.decompress(packed))
    return sorted(unpacked)


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
@pytest.mark.parametrize("card", [False, True], ids=["slip", "card"])
def test_the_browsers_header_with_title_and_address_is_not_printed_on_a_receipt(
    chromium: Browser, shared_site: Site, *, script: bool, card: bool
) -> None:
    """Browsers print the header and the footer unless a person turns them off."""
    with visit(chromium, java_script_enabled=script) as page:
        page.goto(f"{shared_site.address}/en/about/")
        assert drawn(page) != drawn(page, display_header_footer=True), "the control: another page prints the header"
        if script:
            ask_for_help(page, shared_site, "milk", keep=False)
        else:
            without_script(page, shared_site)
        page.locator("#card").set_checked(card)
        assert drawn(page) == drawn(page, display_header_footer=True)
        page.on("dialog", lambda dialog: dialog.accept())


def test_a_printed_page_has_only_the_groups_name_as_its_title(browser: Browser, shared_site: Site) -> None:
    """This includes a print from the browser's menu, which the page cannot see."""
    with visit(browser) as page:
        ask_for_help(page, shared_site, "milk", keep=False)
        before = page.title()
        page.evaluate("addEventListener('beforeprint', () => { window.printedTitle = document.title; })")
        page.pdf()
        assert page.evaluate("window.printedTitle") == "Mutual aid group"
        assert page.title() == before
        page.on("dialog", lambda dialog: dialog.accept())


@pytest.mark.parametrize("script", [True, False])
def test_a_receipt_is_printed_as_a_small_card_that_holds_all_of_it(
    browser: Browser, shared_site: Site, *, script: bool
) -> None:
    with visit(browser, java_script_enabled=script) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        if script:
            ask_for_help(page, shared_site, "milk", keep=False)
        else:
            without_script(page, shared_site)
        page.get_by_label("Print the receipt as a small card").check()
        page.emulate_media(media="print")
        slip = page.locator(".slip")
        box = slip.bounding_box()
        assert box
        assert (round(box["width"] / MM), round(box["height"] / MM)) == (86, 54)
        assert overflow(slip) == [0, 0]


def test_a_copied_receipt_has_its_address_with_the_date_and_opens_when_pasted_whole(
    browser: Browser, shared_site: Site
) -> None:
    with visit(browser) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        code = ask_for_help(page, shared_site, "milk", keep=False)
        day = page.locator("#deletion-day").inner_text()
        page.get_by_role("button", name="Copy").click()
        expect(page.locator("#copy-status")).to_contain_text("Copied.")
        address = f"{shared_site.address}/en/return/#{shared_site.fingerprint}"
        # The pages of this service may not read the clipboard.
        other = page.context.new_page()
        other.set_content("<textarea></textarea>")
        other.locator("textarea").focus()
        other.keyboard.press("Control+V")
        copied = other.locator("textarea").input_value()
        other.close()
        assert copied.split("\n") == [address, code, f"Your request will be deleted on: {day}"]
        page.get_by_role("button", name="I have written it down").click()
        page.goto(address)
        page.get_by_role("button", name="Open").wait_for()
        page.get_by_label("The 24 digits").focus()
        page.keyboard.press("Control+V")
        assert page.get_by_label("The 24 digits").input_value() == code
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("heading", name="Your request")).to_be_visible()


def test_the_page_drops_the_receipt_once_it_is_written_down(browser: Browser, shared_site: Site) -> None:
    with visit(browser) as page:
        ask_for_help(page, shared_site, "milk")
        left = " ".join(page.locator(".slip").inner_text().split())
        assert left == "Use your receipt at this address: Your request will be deleted on:"
        assert page.locator("#return-code svg").count() == 0


@pytest.mark.parametrize("language", ["ar", "ru", "ur"])
def test_a_small_card_holds_an_onion_address_in_every_script(browser: Browser, shared_site: Site, language: str) -> None:
    with visit(browser) as page:
        page.goto(f"{shared_site.address}/{language}/")
        page.locator("html.ready").wait_for()
        page.evaluate(
            """address => {
              document.body.classList.add('receipt');
              for (const section of document.querySelectorAll('main > section')) section.hidden = section.id !== 'receipt';
              document.getElementById('code').textContent = '1234 5678 9012 3456 7890 1234';
              document.getElementById('return-address').textContent = address;
              document.getElementById('deletion-day').textContent = '29 September 2026';
              const drawing = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
              drawing.setAttribute('class', 'qr');
              drawing.setAttribute('viewBox', '0 0 9 9');
              document.getElementById('return-code').append(drawing);
              document.getElementById('card').checked = true;
            }""",
            f"http://{'a2b3' * 14}.onion/{language}/return/",
        )
        page.emulate_media(media="print")
        assert overflow(page.locator(".slip")) == [0, 0]
        for inner in page.locator(".slip p, .slip svg").all():
            box, slip = inner.bounding_box(), page.locator(".slip").bounding_box()
            assert box
            assert slip
            assert box["y"] + box["height"] <= slip["y"] + slip["height"]
            assert slip["x"] <= box["x"] <= box["x"] + box["width"] <= slip["x"] + slip["width"]


@pytest.mark.parametrize("viewport", [PHONE, WIDE])
def test_the_receipt_fits_the_screen(browser: Browser, shared_site: Site, viewport: dict[str, int]) -> None:
    with visit(browser, viewport=viewport) as page:
        page.on("dialog", lambda dialog: dialog.accept())
        ask_for_help(page, shared_site, "milk", keep=False)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
