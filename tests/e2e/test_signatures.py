"""The browser's own Ed25519 decides every vector as the code of this project does."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.support.any_browser import NAMES, AnyBrowser, any_browser, until
from tests.support.browser import Site

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "intake" / "client"
NATIVE = ("chromium", "firefox")  # whose own Ed25519 the desk's list uses. WebKitGTK refuses mixed order
VECTORS = [json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "tests/vectors").glob("signature-*.json"))]


@pytest.fixture(scope="module")
def code() -> str:
    """Return the client's verifier as one script."""
    entry = "src/tests/crypto/signatures_in_browser.ts"
    command = ["node_modules/.bin/esbuild", entry, "--bundle", "--format=iife", "--target=es2020", "--minify"]
    return subprocess.run(command, cwd=CLIENT, check=True, capture_output=True, text=True).stdout


@pytest.fixture(params=NAMES)
def browser(request: pytest.FixtureRequest, engine: Playwright, tmp_path: Path) -> Iterator[AnyBrowser]:
    with any_browser(request.param, engine, tmp_path) as opened:
        yield opened


def test_a_browser_decides_every_signature_of_the_vectors_like_python(
    browser: AnyBrowser, shared_site: Site, code: str
) -> None:
    assert len(VECTORS) > 20
    browser.open(f"{shared_site.address}/en/")
    inputs = json.dumps([vector["input"] for vector in VECTORS])
    browser.script(f"(() => {{ {code}; void decideAll({inputs}); return true; }})()")
    until(lambda: browser.script("decided !== null"), "the decisions")
    decided = browser.script("decided")
    assert decided["reasons"] == [vector.get("reason", "") for vector in VECTORS]
    assert decided["isNative"] == (browser.name in NATIVE)
