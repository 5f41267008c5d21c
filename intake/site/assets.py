"""The styles, pictures and scripts of the static site, each at an address that contains its hash."""

import base64
import gzip
import json
import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import brotli

from intake.errors import InvalidError

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
}
# Sizes in bytes, and the level from there on. The last two levels take a second for each large script and save one percent.
BROTLI: tuple[tuple[int, int], ...] = ((100_000, 9), (0, 11))
_IMPORT = re.compile(rb'"\./(desk_\w+\.js)"')  # of a part of the desk by another (client/build.mjs)
# Scripts that are served with a policy of their own. The worker for Argon2id compiles WebAssembly, which no page may, and
# connects to nothing (docs/adr/0033-compute-argon2id-in-a-worker.md).
_POLICIES = {
    "argon2id.js": "default-src 'none'; script-src 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
}


@dataclass(frozen=True)
class File:
    """One file of the site.

    Attributes:
        type: media type.
        immutable: whether the address contains the hash of the bytes.
        policy: a content security policy in place of the site's.
    """

    body: bytes
    type: str
    immutable: bool
    policy: str | None = None

    # Only public content is compressed, so no secret is ever compressed together with another person's input.
    @cached_property
    def encodings(self) -> dict[str, bytes]:
        """The body in its content codings, smallest first."""
        mode = brotli.MODE_GENERIC if self.type.startswith("image/") else brotli.MODE_TEXT
        level = next(level for size, level in BROTLI if len(self.body) >= size)
        return {
            "br": brotli.compress(self.body, mode=mode, quality=level),
            "gzip": gzip.compress(self.body, 9, mtime=0),
        }

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 in hexadecimal, as in the manifest."""
        return sha256(self.body).hexdigest()


def read_assets(styles: dict[str, bytes], client: Path) -> dict[str, tuple[str, File, str]]:
    """Return each style's, picture's and script's address, file and integrity, by its name.

    Args:
        styles: the bodies of styles and pictures, by name.
        client: the folder of the built browser client.
    """
    assets = {}
    scripts = {path.name: path.read_bytes() for path in sorted(client.glob("*.js"))}
    for name, body in {**styles, **_linked(scripts)}.items():
        integrity = "sha256-" + base64.b64encode(sha256(body).digest()).decode()
        file = File(body, TYPES[Path(name).suffix], immutable=True, policy=_POLICIES.get(name))
        assets[name] = (_address(name, body), file, integrity)
    if "form.js" not in assets:
        raise InvalidError("the browser client is not built. Run `make run`, which builds it")
    return assets


def _address(name: str, body: bytes) -> str:
    path = Path(name)
    return f"/s/{path.stem}.{sha256(body).hexdigest()[:16]}{path.suffix}"


def _linked(scripts: dict[str, bytes]) -> dict[str, bytes]:
    """Write the addresses of scripts into the scripts that import them.

    An address contains a hash, so that the page's hash of the desk's script also fixes the parts that it imports later.
    """
    linked: dict[str, bytes] = {}

    def link(name: str) -> bytes:
        if name not in linked:
            linked[name] = _IMPORT.sub(address, scripts[name])
        return linked[name]

    def address(found: re.Match[bytes]) -> bytes:
        part = found[1].decode()
        return json.dumps(_address(part, link(part))).encode()

    return {name: link(name) for name in scripts}
