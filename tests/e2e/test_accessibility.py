"""axe-core finds no violation of WCAG 2.2 A and AA on any page: left to right, right to left, light and dark."""

import pytest
from playwright.sync_api import Browser

from tests.support.axe import check
from tests.support.browser import HANDLE, PASSPHRASE, Site, ask_for_help, come_back, reach, to_check, visit


def test_the_check_finds_a_barrier_that_is_there(browser: Browser) -> None:
    with visit(browser, bypass_csp=True) as page:
        page.set_content("<html lang=en><title>a</title><main><h1>a</h1><input></main>")
        with pytest.raises(AssertionError, match="label"):
            check(page, "the control")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("code", ["en", "ar"])
def test_pages_and_steps_have_no_barrier_that_axe_finds(browser: Browser, shared_site: Site, code: str, scheme: str) -> None:
    with visit(browser, bypass_csp=True, color_scheme=scheme, viewport={"width": 360, "height": 740}) as page:
        for address in ("return/", "about/", "desk/", "desk/enrol/", "nothing/"):
            page.goto(f"{shared_site.address}/{code}/{address}")
            page.wait_for_timeout(200)
            check(page, f"/{code}/{address}")
        page.goto(f"{shared_site.address}/{code}/")
        page.locator("html.ready").wait_for()
        page.locator("#form-need > summary").click()
        reach(page, "words")
        page.locator(".form-actions:visible button").first.click()
        check(page, "a question with its problem shown")
        page.locator(".problems:visible a").first.click()
        reach(page, "words").fill("milk, حليب")
        check(page, "a question")
        to_check(page)
        check(page, "the check step")
        page.locator("#send button").first.click()
        page.locator("#leave button").wait_for()
        check(page, "the receipt")
        page.locator("#leave button").click()
        check(page, "the end")
        page.goto(f"{shared_site.address}/{code}/desk/")
        page.locator("#handle").fill(HANDLE)
        page.locator("#secret").fill(PASSPHRASE)
        page.locator("#desk form button").first.click()
        page.locator("li button").first.wait_for()
        check(page, "the list")
        page.locator("li button").first.click()
        page.locator("#reply").wait_for()
        check(page, "a case")
        page.locator("#desk .menu button").nth(1).click()
        page.locator(".code").wait_for()
        check(page, "the group")
        page.locator("#desk .menu button").nth(2).click()
        page.locator("#notice").wait_for()
        check(page, "one's own keys")
        page.locator("#desk .menu button").first.click()
        page.locator("summary").first.click()
        check(page, "the list with all its filters")
        page.goto(f"{shared_site.address}/{code}/poster/#{shared_site.fingerprint}")
        page.locator("svg.qr").wait_for()
        check(page, "the poster")


def test_the_path_without_javascript_and_an_opened_request_have_no_barrier_that_axe_finds(browser: Browser, site: Site) -> None:
    with visit(browser, bypass_csp=True) as page:
        code = ask_for_help(page, site, "milk")
        come_back(page, site, code)
        check(page, "an opened request")
        for address in ("", "return/"):
            page.goto(f"{site.address}/nojs/ar/{address}")
            check(page, f"/nojs/ar/{address}")
        page.locator("#code").fill(code)
        page.locator("main form button").click()
        check(page, "an opened request without JavaScript")
