"""Measure the desk of a coordinator with 10,000 open cases: times of the browser, and its memory."""

import os
import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.running import Progress
from tests.support import stored_cases
from tests.support.browser import ARGS, CHROMIUM, HANDLE, PASSPHRASE
from tests.support.processes import enrol_at, free_port, started

COUNT = 10_000
MB = 1_000_000

# Times that users accept, on a machine with two cores.
LIMITS = {
    "desk: first screen after sign-in / 1 s": 1.0,
    "desk: all of 10,000 opened / 30 s": 1.0,
    "desk: slowest of 20 scrolls / 50 ms": 1.0,
    "desk: slowest of 8 searches / 50 ms": 1.0,
    "desk: memory of the page and its workers / 400 MB": 1.0,
}


def measure(progress: Progress) -> dict[str, float]:
    """Return the ratios of `LIMITS`."""
    with installation() as (address, environment):
        progress("10,000 cases are sealed")
        with started(environment, line="serving"):
            holder = stored_cases.holder_of(address)
        with ProcessPoolExecutor() as pool:
            stored_cases.fill(
                environment,
                holder,
                COUNT,
                run=pool.map,
                today=lambda service: service.job.run(service.today),
                progress=lambda done: progress(f"{done} of {COUNT} cases are sealed"),
            )
        progress("a coordinator signs in")
        with started(environment, line="serving"):
            return in_chromium(address)


@contextmanager
def installation() -> Iterator[tuple[str, dict[str, str]]]:
    """Make a fresh store with one coordinator. No server runs."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(port)}
        environment = {**os.environ, **values}
        with started(environment) as (_, link):
            done = enrol_at(environment, link, PASSPHRASE)
            assert done.returncode == 0, done.stderr
        yield f"http://127.0.0.1:{port}", environment


WATCH = """() => {
  window.marks = {};
  const look = () => {
    if (!marks.first && document.querySelector("ul.cases li")) marks.first = performance.now();
    const said = document.querySelector("p.about[role=status]:not(:empty)");
    const bar = document.querySelector("main progress");
    if (marks.first && !bar && !marks.all) marks.all = performance.now();
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
}"""
SIGNED_IN = "performance.getEntriesByType('resource').find((one) => one.name.endsWith('/api/desk/session')).responseEnd"
# Measure from the event to the second frame after it, when the drawing is on the screen.
DRAWN = """(act) => new Promise((resolve) => {
  const before = performance.now();
  act();
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - before)));
})"""
SCROLLS = f"""async () => {{
  const drawn = {DRAWN}, took = [];
  for (let i = 1; i <= 20; i++) {{
    const to = (document.documentElement.scrollHeight - innerHeight) * (i % 2 ? i / 20 : 1 - i / 20);
    took.push(await drawn(() => scrollTo(0, to)));
    const seen = [...document.querySelectorAll("ul.cases li")].some((row) => {{
      const {{ top, bottom }} = row.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    }});
    if (!seen) throw new Error("nothing in view");
  }}
  scrollTo(0, 0);
  return Math.max(...took);
}}"""
SEARCHES = f"""async () => {{
  const drawn = {DRAWN}, took = [], field = document.getElementById("search");
  for (const words of ["m", "milk", "milk ride", "case 9999", "nothing at all", "heater", "case", ""]) {{
    took.push(await drawn(() => {{ field.value = words; field.dispatchEvent(new Event("input", {{ bubbles: true }})); }}));
  }}
  return Math.max(...took);
}}"""


def in_chromium(address: str) -> dict[str, float]:
    """Sign in, wait for all cases, scroll, search, and measure memory."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_context().new_page()
        page.goto(f"{address}/en/desk/")
        page.get_by_label("Handle").fill(HANDLE)
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.evaluate(WATCH)
        page.get_by_role("button", name="Sign in").click()
        memory, until = 0, time.monotonic() + 300
        while not page.evaluate("() => window.marks.all") and time.monotonic() < until:
            memory = max(memory, weight(page))
            page.wait_for_timeout(250)
        page.get_by_text(f"{COUNT} cases shown").wait_for()
        first, everything = page.evaluate(f"[marks.first - {SIGNED_IN}, marks.all - {SIGNED_IN}]")
        scroll, search = page.evaluate(SCROLLS), page.evaluate(SEARCHES)
        memory = max(memory, weight(page))
        browser.close()
    return {
        "desk: first screen after sign-in / 1 s": first / 1000,
        "desk: all of 10,000 opened / 30 s": everything / 30_000,
        "desk: slowest of 20 scrolls / 50 ms": scroll / 50,
        "desk: slowest of 8 searches / 50 ms": search / 50,
        "desk: memory of the page and its workers / 400 MB": memory / (400 * MB),
    }


def weight(page: Page) -> int:
    """Return the private bytes of the page's own process, which contains its workers."""
    session = page.context.browser.new_browser_cdp_session()  # type: ignore[union-attr]
    renderers = [
        process["id"] for process in session.send("SystemInfo.getProcessInfo")["processInfo"] if process["type"] == "renderer"
    ]
    sizes = []
    for process in renderers:
        text = Path(f"/proc/{process}/smaps_rollup").read_text("ascii")
        sizes.append(
            sum(int(kib) for kib in re.findall(r"^(?:Private_Clean|Private_Dirty): +(\d+) kB", text, re.MULTILINE)) * 1024
        )
    return max(sizes)
