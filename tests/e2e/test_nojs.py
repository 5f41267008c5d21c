"""The no-JavaScript pages in a browser without JavaScript, and the pages in Arabic on a small screen."""

import json

from playwright.sync_api import Browser, expect

from tests.support.browser import HANDLE, PASSPHRASE, Site, ask_for_help, installation, operate, sign_in, tick, visit

PHONE = {"width": 360, "height": 740}


def test_a_request_without_javascript_is_marked_answered_read_and_withdrawn(browser: Browser, site: Site) -> None:
    words = 'مرحبا، نحتاج إلى حليب\n<b>& "two"</b>'
    with visit(browser, viewport=PHONE, java_script_enabled=False) as page:
        page.goto(f"{site.address}/en/")
        expect(page.locator("noscript .notice")).to_contain_text("this page cannot lock what you write")
        expect(page.locator("#need-words")).to_be_hidden()
        page.get_by_role("link", name="Use the page that works without JavaScript").click()
        before = page.locator("main").inner_text()
        assert before.index("could read it at that moment") < before.index("I need something")
        page.get_by_role("button", name="I need something").click()
        page.get_by_role("button", name="Check your answers").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose a kind of help or write something")
        page.get_by_label("Groceries").check()
        tick(page, "#need-kinds-ride")
        page.get_by_label("What should we know?").fill(words)
        page.get_by_label("After 7 days").check()
        page.get_by_role("button", name="Check your answers").click()
        page.get_by_role("button", name="Change something").click()
        assert page.get_by_label("A ride").is_checked()
        assert page.get_by_label("What should we know?").input_value() == words
        page.get_by_role("button", name="Check your answers").click()
        page.wait_for_timeout(2100)  # the server refuses a page that is sent sooner
        page.get_by_role("button", name="Send").click()
        code = page.locator("#code").inner_text()
        page.reload()  # this sends the same page again
        assert page.locator("#code").inner_text() == code
        page.get_by_role("link", name="I have written it down").click()

        case = json.loads(operate(site, "case", "list", "--json"))
        assert len(case) == 1
        request = json.loads(operate(site, "case", "show", "--json", case[0]["case"]))
        assert request["answers"] == {
            "kinds": ["groceries", "ride"], "words": [words], "often": [], "needed-by": [], "area": [], "for-whom": [],
        }  # fmt: skip
        assert (request["sealed_by"], request["warnings"]) == ("server", [])
        with visit(browser) as desk:
            sign_in(desk, site)
            desk.get_by_role("listitem").get_by_text("مرحبا").click()
            expect(desk.get_by_text("it could have read it")).to_be_visible()
            desk.goto(f"{site.address}/ar/desk/")
            desk.locator("#handle").fill(HANDLE)
            desk.locator("#secret").fill(PASSPHRASE)
            desk.locator("#desk form button").first.click()
            expect(desk.locator("li .tag", has_text="مواد غذائية")).to_be_visible()  # asked in English, read in Arabic
            sign_in(desk, site)
            desk.get_by_role("listitem").get_by_text("مرحبا").click()
            desk.get_by_label("Reply").fill("Tomorrow")
            desk.get_by_role("button", name="Send the reply").click()
            expect(desk.locator(".entry", has_text="Tomorrow")).to_be_visible()

        page.get_by_role("link", name="Use my receipt").click()
        warned = page.locator("main").inner_text()
        assert warned.index("could read what this receipt opens") < warned.index("The 24 digits")
        page.get_by_label("The 24 digits").fill("1234")
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("one is wrong or missing")).to_be_visible()
        page.get_by_label("The 24 digits").fill(code)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("Tomorrow")).to_be_visible()
        page.get_by_role("button", name="Send as a message").click()
        expect(page.get_by_text("Write something first.")).to_be_visible()
        page.get_by_label("Write to the group").fill("thank you")
        page.get_by_role("button", name="Send as a correction").click()
        expect(page.get_by_text("You corrected")).to_be_visible()
        page.get_by_role("button", name="Delete this request").click()
        page.get_by_role("button", name="Yes, delete my request now").click()
        expect(page.get_by_role("heading", name="Your request is deleted.")).to_be_visible()
        page.goto(f"{site.address}/nojs/en/return/")
        page.get_by_label("The 24 digits").fill(code)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("We found no request for this receipt.")).to_be_visible()


def test_a_return_without_javascript_marks_a_request_that_a_browser_had_sealed(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        code = ask_for_help(page, site, "milk")
    with visit(browser, java_script_enabled=False) as page:
        page.goto(f"{site.address}/nojs/en/return/")
        page.get_by_label("The 24 digits").fill(code)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_text("locked or opened by our computer")).to_be_visible()
    case = json.loads(operate(site, "case", "list", "--json"))[0]["case"]
    assert json.loads(operate(site, "case", "show", "--json", case))["sealed_by"] == "server"


def test_a_group_can_switch_the_path_without_javascript_off(browser: Browser, environment: dict[str, str]) -> None:
    environment["INTAKE_NOJS"] = "off"
    with (
        installation(environment, environment["INTAKE_DATA"]) as site,
        visit(browser, java_script_enabled=False) as page,
    ):
        page.goto(f"{site.address}/en/")
        expect(page.locator("noscript .notice")).to_contain_text("this page cannot lock what you write")
        expect(page.locator("#need-words")).to_be_hidden()
        assert page.get_by_role("link", name="Use the page that works without JavaScript").count() == 0
        answer = page.goto(f"{site.address}/nojs/en/")
        assert answer is not None
        assert answer.status == 404
        expect(page.get_by_text("Page not found")).to_be_visible()


def test_arabic_is_chosen_by_the_browser_reads_from_the_right_and_fits_a_small_screen(browser: Browser, site: Site) -> None:
    for scripted in (True, False):
        with visit(browser, viewport=PHONE, locale="ar-EG", java_script_enabled=scripted) as page:
            page.goto(site.address)
            assert page.url == f"{site.address}/ar/"
            assert page.locator("html").get_attribute("dir") == "rtl"
            for address in ("/ar/", "/ar/return/", "/ar/about/", "/nojs/ar/", "/nojs/ar/return/", "/ar/desk/"):
                page.goto(f"{site.address}{address}")
                wide = page.locator("body").bounding_box()
                assert wide is not None
                assert wide["width"] <= PHONE["width"], address
                for control in page.locator("button:visible, input:visible, select:visible, textarea:visible").all():
                    box = control.bounding_box()
                    assert box is not None
                    assert box["x"] >= 0, address
                    assert box["x"] + box["width"] <= PHONE["width"], address
            page.goto(f"{site.address}/ar/")
            page.locator(".languages summary").click()
            page.get_by_role("link", name="हिन्दी").click()
            assert page.url == f"{site.address}/hi/"


def test_a_receipt_typed_in_eastern_digits_opens_on_both_paths(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        code = ask_for_help(page, site, "حليب")
    arabic = code.translate({ord("0") + n: chr(0x0660 + n) for n in range(10)})
    devanagari = code.translate({ord("0") + n: chr(0x0966 + n) for n in range(10)})
    with visit(browser) as page:
        page.goto(f"{site.address}/ar/return/")
        page.locator("#open-actions button").wait_for()
        page.locator("#code").fill(arabic)
        page.locator("#code").press("Enter")
        expect(page.get_by_text("حليب")).to_be_visible()
    with visit(browser, java_script_enabled=False) as page:
        page.goto(f"{site.address}/nojs/hi/return/")
        page.locator("#code").fill(devanagari)
        page.locator("#code").press("Enter")
        expect(page.get_by_text("حليب")).to_be_visible()
