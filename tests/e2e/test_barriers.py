# ruff: noqa: E501 -- addresses
"""axe-core finds no violation of WCAG 2.2 A and AA on any page, in any language, light and dark, scripts on and off, small and
wide.
"""

import pytest
from playwright.sync_api import Browser

from intake.site.languages import languages
from tests.support.axe import everywhere, once
from tests.support.browser import Site, visit
from tests.support.browser_languages import EVERY_MODE, fill_in
from tests.support.traffic import Traffic


@pytest.mark.parametrize("code", list(languages()))
def test_no_page_of_any_language_has_a_barrier_that_axe_finds(browser: Browser, shared_site: Site, code: str) -> None:
    """All rules on each page; for `EVERY_MODE` also in each combination of mode and width that can change their result."""
    checked = everywhere if code in EVERY_MODE else once
    for scripted in (True, False):
        with visit(browser, bypass_csp=True) as page:
            traffic = Traffic(page)
            addresses = ["", "return/", "about/", "deletions/", "poster/", "desk/", "desk/enrol/"]
            for address in addresses if scripted else [*addresses[:4], "nojs", "nojs/return/", "nojs/form"]:
                go(traffic, shared_site, code, address, scripted=scripted)
                checked(page, f"{code}, {address or 'the first page'}, scripts {'on' if scripted else 'off'}")
            if scripted:
                fill_in(page, shared_site, languages()[code])
                checked(page, f"{code}, the check page")
                page.go_back()
                checked(page, f"{code}, a question")


def go(traffic: Traffic, site: Site, code: str, address: str, *, scripted: bool) -> None:
    """Load a page with or without JavaScript. axe itself needs JavaScript afterwards."""
    page = traffic.page
    switch = page.context.new_cdp_session(page)
    switch.send("Emulation.setScriptExecutionDisabled", {"value": not scripted})
    nojs = address.startswith("nojs")
    page.goto(
        f"{site.address}/{f'nojs/{code}/' if nojs else f'{code}/'}{'return/' if address == 'nojs/return/' else '' if nojs else address}"
    )
    if address == "nojs/form":
        with page.expect_navigation():
            page.locator("main form button").first.click()
    traffic.over()
    if not scripted:
        assert not page.evaluate("document.documentElement.classList.contains('ready')")
        assert page.locator("noscript .notice:visible").count() or address not in ("", "return/")
        switch.send("Emulation.setScriptExecutionDisabled", {"value": False})
        # `@media (scripting: none)` hid these; with scripts on again it no longer applies.
        page.evaluate("document.querySelectorAll('.needs-script').forEach(element => element.hidden = true)")
        page.evaluate("document.querySelectorAll('noscript').forEach(element => element.style.display = 'block')")
    if not address and scripted:
        page.locator("html.ready").wait_for()
        page.locator(".languages summary").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_colour_that_is_hard_to_read_in_one_mode_at_one_width_is_found(browser: Browser, scheme: str, width: int) -> None:
    media = f"(prefers-color-scheme: {scheme}) and ({'max' if width == 320 else 'min'}-width: 640px)"
    style = f"@media {media} {{ p {{ color: #888; background: #777 }} }}"
    with visit(browser, bypass_csp=True) as page:
        page.set_content(f"<html lang=en><title>a</title><style>{style}</style><main><h1>a</h1><p>Words</p></main>")
        with pytest.raises(AssertionError, match=f"{scheme}, {width} px"):
            everywhere(page, "the control")


def test_an_element_that_is_shown_only_on_a_wide_screen_is_checked(browser: Browser) -> None:
    style = "@media (max-width: 640px) { input { display: none } }"
    with visit(browser, bypass_csp=True) as page:
        page.set_content(f"<html lang=en><title>a</title><style>{style}</style><main><h1>a</h1><input></main>")
        with pytest.raises(AssertionError, match=r"dark, 1280 px\n *label"):
            everywhere(page, "the control")
