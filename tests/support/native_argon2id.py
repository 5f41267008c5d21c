"""Compute Argon2id for a test's browser outside of it, once for the same input.

A sign-in in Chromium takes 0.3 to 0.6 s of processor time for Argon2id alone, and the browser tests sign in some 500 times. The
pages are the product's own: only the worker that computes is replaced. tests/e2e/test_argon2id_worker.py, test_slow_browser.py
and the tests that measure time use the real one (`visit(…, real_argon2id=True)`).
"""

import base64
from functools import cache

from argon2.low_level import Type, hash_secret_raw
from playwright.sync_api import BrowserContext

SIZE = 32  # bytes
_BINDING = "__nativeArgon2id"
_WORKER = """(() => {
    const RealWorker = Worker;
    const text = (bytes) => btoa(String.fromCharCode(...bytes));
    globalThis.Worker = class {
        constructor(address, options) {
            if (!String(address).includes("/argon2id.")) return new RealWorker(address, options);
        }
        async postMessage({ password, salt, cost }) {
            const hash = await globalThis.__nativeArgon2id(text(password), text(salt), cost.m, cost.t, cost.p);
            this.onmessage?.({ data: { hash: Uint8Array.from(atob(hash), (letter) => letter.charCodeAt(0)) } });
        }
        terminate() {}
    };
})()"""


@cache
def _hash(password: str, salt: str, memory: int, passes: int, lanes: int) -> str:
    raw = hash_secret_raw(base64.b64decode(password), base64.b64decode(salt), passes, memory, lanes, SIZE, Type.ID)
    return base64.b64encode(raw).decode()


def use(context: BrowserContext) -> None:
    """Answer every Argon2id of this window's pages from here on."""
    context.expose_function(_BINDING, _hash)
    context.add_init_script(_WORKER)
