"""Writes what WEBCAT's own tool needs to sign a site: its files in a folder, and `webcat.config.json`.

Formats: https://docs.webcat.tech, "webcat.config.json Schema" and "CSP". The browser extension looks up an address that ends
with / as `index.html` in it, and an unknown address as the fallback page.
"""

import base64
import json
import re
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from intake.cli.errors import CommandError
from intake.cli.paths import write_public
from intake.server.middleware import CSP
from intake.site.render import PROJECT, Site

PAGES, CONFIG = "pages", "webcat.config.json"
_INDEX, _FALLBACK = "index.html", "/error.html"
_WASM = re.compile(rb'"(AGFzbQ[A-Za-z0-9+/]+=*)"')  # a WebAssembly module in base64


def write(site: Site, folder: Path) -> int:
    """Write the files and the configuration to a new folder; return how many files there are.

    Raises:
        CommandError: The folder exists.
    """
    try:
        (folder / PAGES).mkdir(parents=True)
    except FileExistsError:
        raise CommandError(f"{folder / PAGES} exists. Nothing was written. Name a new folder") from None
    language = site.offered[0]
    missing = site.page("missing.html", language, "", script="exit", nojs=False).encode()
    # The address / redirects to a language and has no page. The extension wants an entry for it.
    files = {f"/{_INDEX}": missing, _FALLBACK: missing}
    files |= {address + _INDEX if address.endswith("/") else address: file.body for address, file in site.files.items()}
    for address, body in files.items():
        path = folder / PAGES / address.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_public(path, body)
    write_public(folder / CONFIG, f"{json.dumps(config(site), indent=2)}\n".encode())
    return len(files)


def config(site: Site) -> dict[str, object]:
    """Return the configuration."""
    modules = [module for file in site.files.values() for module in _WASM.findall(file.body)]
    return {
        "app": PROJECT,
        "version": f"v{metadata.version(PROJECT)}",
        "default_csp": CSP,
        "default_index": _INDEX,
        "default_fallback": _FALLBACK,
        "wasm": sorted({_b64(sha256(base64.b64decode(module)).digest()) for module in modules}),
        "extra_csp": {address: file.policy for address, file in site.files.items() if file.policy is not None},
    }


def _b64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
