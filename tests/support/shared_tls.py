"""One TLS context for all clients of httpx in a process that trust what the machine trusts.

Each would read the machine's certificates again, which takes 50 ms. Nothing changes a context after it is made.
"""

import os
import ssl
from functools import cache

import httpcore2

_make = httpcore2.default_ssl_context


@cache
def _made(trust_env: bool, *_: str | None) -> ssl.SSLContext:
    return _make(_trust_env=trust_env)


def _shared(*, _trust_env: bool = True) -> ssl.SSLContext:
    return _made(_trust_env, os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


def use() -> None:
    """Share the context from now on, in this process and its forks."""
    httpcore2.default_ssl_context = _shared
    _shared()
