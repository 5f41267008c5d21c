"""Only the worker for Argon2id may compile WebAssembly, and it may connect to nothing."""

from intake.server.middleware import CSP
from tests.support.rendered import rendered


def test_no_page_may_compile_webassembly_and_the_one_file_that_may_cannot_send_anything() -> None:
    files = rendered().files
    (address,) = [address for address, file in files.items() if file.policy is not None]
    assert address.startswith("/s/argon2id.")
    policy = files[address].policy or ""
    assert "wasm-unsafe-eval" in policy
    assert policy.startswith("default-src 'none'")
    assert not any(word in policy for word in ("connect-src", "'self'", "unsafe-inline", "'unsafe-eval'", "http"))
    assert "wasm" not in CSP
