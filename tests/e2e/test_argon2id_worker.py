"""Argon2id runs in a worker, in WebAssembly or JavaScript. Without a worker, the page computes."""

from playwright.sync_api import Browser, Route, Worker

from tests.support.any_browser import until
from tests.support.browser import Site, ask_for_help, begin, come_back, shown, visit

WORKER = "**/s/argon2id.*"
EMPTY_MODULE = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])"


def test_a_receipt_is_stretched_in_workers_and_the_page_itself_compiles_nothing(browser: Browser, shared_site: Site) -> None:
    with visit(browser, real_argon2id=True) as page:
        seen: list[Worker] = []
        page.on("worker", lambda worker: seen.append(worker))
        code = ask_for_help(page, shared_site, "milk")
        come_back(page, shared_site, code)
        page.get_by_text("milk").wait_for()
        assert len(seen) == 2
        until(lambda: page.evaluate("true") and not page.workers, "each worker to end after its answer")
        compiled = f"WebAssembly.compile({EMPTY_MODULE}).then(() => 'compiled', (error) => error.name)"
        assert page.evaluate(compiled) == "CompileError"


def test_without_webassembly_the_worker_computes_in_javascript(browser: Browser, shared_site: Site) -> None:
    """Tor Browser at "Safer" and iOS in Lockdown Mode refuse to compile, as a stricter policy does."""
    changed = 0

    def forbid(route: Route) -> None:
        nonlocal changed
        response = route.fetch()
        changed += 1
        route.fulfill(response=response, headers={**response.headers, "content-security-policy": "default-src 'none'"})

    with visit(browser, real_argon2id=True) as page:
        page.route(WORKER, forbid)
        seen: list[Worker] = []
        page.on("worker", lambda worker: seen.append(worker))
        code = ask_for_help(page, shared_site, "bread")
        come_back(page, shared_site, code)
        page.get_by_text("bread").wait_for()
        assert (len(seen), changed > 0) == (2, True)


def test_the_worker_is_fetched_while_the_person_types_and_not_before(browser: Browser, shared_site: Site) -> None:
    with visit(browser, real_argon2id=True) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/s/argon2id." in request.url else None)
        page.goto(f"{shared_site.address}/en/")
        begin(page)
        assert not asked
        with page.expect_worker():
            shown(page).locator("input, textarea").first.dispatch_event("input")
        page.wait_for_load_state("networkidle")
        assert len(set(asked)) == 1, "one fetch ahead of time, and one by the worker that stretches the receipt"


def test_where_the_worker_does_not_start_the_page_computes(browser: Browser, shared_site: Site) -> None:
    refused: set[str] = set()

    def refuse(route: Route) -> None:
        refused.add(route.request.resource_type)
        route.abort()

    with visit(browser, real_argon2id=True) as page:
        page.route(WORKER, refuse)
        code = ask_for_help(page, shared_site, "rent")
        come_back(page, shared_site, code)
        page.get_by_text("rent").wait_for()
    assert len(refused) == 2, "one fetch ahead of time, and one by the worker"
