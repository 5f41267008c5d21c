# ruff: noqa: E501 -- addresses
"""axe-core finds no violation of WCAG 2.2 A and AA on any page, in any language, light and dark, scripts on and off, small and
wide.
"""

import pytest
from playwright.sync_api import Browser, Page

from intake.site.languages import languages
from tests.e2e.axe import COLOURS, check
from tests.e2e.traffic import Traffic
from tests.support.browser import Site, visit
from tests.support.browser_languages import fill_in


@pytest.mark.parametrize("code", list(languages()))
def test_no_page_of_any_language_has_a_barrier_that_axe_finds(browser: Browser, shared_site: Site, code: str) -> None:
    """All rules in light mode on a small screen and in dark mode on a wide one; the colours of the other two as well."""
    for scripted in (True, False):
        with visit(browser, bypass_csp=True) as page:
            traffic = Traffic(page)
            addresses = ["", "return/", "about/", "deletions/", "poster/", "desk/", "desk/enrol/"]
            for address in addresses if scripted else [*addresses[:4], "plain", "plain/return/", "plain/form"]:
                go(traffic, shared_site, code, address, scripted=scripted)
                everywhere(page, f"{code}, {address or 'the first page'}, scripts {'on' if scripted else 'off'}")
            if scripted:
                fill_in(page, shared_site, languages()[code])
                everywhere(page, f"{code}, the check page")
                page.go_back()
                everywhere(page, f"{code}, a question")


def go(traffic: Traffic, site: Site, code: str, address: str, *, scripted: bool) -> None:
    """Load a page, with or without JavaScript. axe itself needs JavaScript afterwards."""
    page = traffic.page
    switch = page.context.new_cdp_session(page)
    switch.send("Emulation.setScriptExecutionDisabled", {"value": not scripted})
    plain = address.startswith("plain")
    page.goto(
        f"{site.address}/{f'plain/{code}/' if plain else f'{code}/'}{'return/' if address == 'plain/return/' else '' if plain else address}"
    )
    if address == "plain/form":
        with page.expect_navigation():
            page.locator("main form button").first.click()
    traffic.over()
    if not scripted:
        assert not page.evaluate("document.documentElement.classList.contains('ready')")
        assert page.locator("noscript .notice:visible").count() or address not in ("", "return/")
        switch.send("Emulation.setScriptExecutionDisabled", {"value": False})
        # What `@media (scripting: none)` hides, which no longer holds.
        page.evaluate("document.querySelectorAll('.needs-script').forEach(one => one.hidden = true)")
        page.evaluate("document.querySelectorAll('noscript').forEach(one => one.style.display = 'block')")
    if not address and scripted:
        page.locator("html.ready").wait_for()
        page.locator(".languages summary").click()


def everywhere(page: Page, where: str) -> None:
    for scheme, width, rules in (("light", 320, None), ("dark", 320, COLOURS), ("dark", 1280, None), ("light", 1280, COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        check(page, f"{where}, {scheme}, {width} px", rules)
