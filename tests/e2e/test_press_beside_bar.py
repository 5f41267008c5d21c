"""The bar with the next case leaves while somebody types. It does not come back over what they press next."""

from playwright.sync_api import Browser, expect

from tests.support.browser import Site, sign_in, visit
from tests.support.submitted import submit_request

TO_THE_BOTTOM = "button => window.scrollBy(0, button.getBoundingClientRect().bottom - innerHeight + 4)"


def test_a_press_where_the_bar_would_be_after_typing_sends_the_reply(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        sign_in(page, site)
        page.locator("#cases button").first.click()
        page.locator("#reply").fill("on Tuesday")
        send = page.get_by_role("button", name="Send the reply")
        send.evaluate(TO_THE_BOTTOM)
        box = send.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.up()
        expect(page.get_by_text("The reply is sent.")).to_be_visible()
