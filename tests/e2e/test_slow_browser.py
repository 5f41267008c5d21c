"""Where stretching a receipt takes long, a page shows a moving bar and an estimate, and starts while the person types.

The test's own worker replaces the site's. It takes four seconds and reports its progress.
"""

from playwright.sync_api import Browser, Page, Route, Worker, expect

from tests.support.any_browser import until
from tests.support.browser import Site, begin, reach, tick, to_check, visit

WORKER = "**/s/argon2id.*"
STEPS, PAUSE = 80, 50  # of the slow worker; ms
SLOW = f"""onmessage = async () => {{
  for (let step = 1; step <= {STEPS}; step++) {{
    await new Promise((resolve) => setTimeout(resolve, {PAUSE}));
    postMessage({{ done: step / {STEPS} }});
  }}
  postMessage({{ hash: crypto.getRandomValues(new Uint8Array(32)) }});
}};"""


def slowed(page: Page) -> list[str]:
    """Put the slow worker in place. Return the list of kinds of requests for it, which grows as they arrive."""
    kinds: list[str] = []

    def answer(route: Route) -> None:
        kinds.append(route.request.resource_type)
        route.fulfill(response=route.fetch(), body=SLOW)  # with the site's headers

    page.route(WORKER, answer)
    return kinds


def moves(page: Page) -> None:
    """Check that a page's bar is shown, says how long it takes, and moves."""
    bar = page.locator("progress")
    expect(bar).to_be_visible()
    expect(page.get_by_text("Time left: about 0:0")).to_be_visible()
    before = bar.evaluate("bar => bar.value")
    page.wait_for_timeout(4 * PAUSE)
    assert before < bar.evaluate("bar => bar.value") <= 1


def test_a_bar_and_an_estimate_are_shown_while_a_request_is_locked(browser: Browser, shared_site: Site) -> None:
    with visit(browser, real_argon2id=True) as page:
        slowed(page)
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        # Everything happens at once, so that little of the work is done when the person sends.
        tick(page, "#need-kinds-ride")
        to_check(page)
        page.get_by_role("button", name="Lock and send").click()
        moves(page)
        page.get_by_role("button", name="I have written it down").wait_for()
        assert page.locator("progress").count() == 0


def test_the_receipt_is_stretched_while_the_person_types(browser: Browser, shared_site: Site) -> None:
    with visit(browser, real_argon2id=True) as page:
        kinds = slowed(page)
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        assert kinds == []
        with page.expect_worker():
            reach(page, "words").fill("milk")
        until(lambda: page.evaluate("true") and not page.workers, "the worker to end")
        again: list[Worker] = []
        page.on("worker", lambda worker: again.append(worker))
        to_check(page)
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").wait_for()
        assert again == [], "the page computed it earlier and does not compute it again"
        assert page.locator("progress").count() == 0


def test_a_bar_and_an_estimate_are_shown_while_a_request_is_opened(browser: Browser, shared_site: Site) -> None:
    with visit(browser, real_argon2id=True) as page:
        slowed(page)
        page.goto(f"{shared_site.address}/en/return/")
        page.get_by_role("button", name="Open").wait_for()
        # Messengers show digits with words, marks and other signs around and between them.
        page.get_by_label("The 24 digits").fill("receipt:\u200b \u20667777.7777\u00a07777\u20117777 7777/7773\u2069.")
        page.get_by_role("button", name="Open").click()
        moves(page)
        expect(page.locator("#code-error")).to_contain_text("We found no request for this receipt.")
        assert page.locator("progress").count() == 0
