"""Fixtures of several tests of the desk."""

from collections.abc import Iterator

import pytest

from tests.support.services import Service, always, listening


@pytest.fixture
def heard() -> Iterator[tuple[str, Service]]:
    """Return an address for notices, and the service that listens there."""
    with listening(always()) as service:
        yield f"ntfy://127.0.0.1:{service.port}/told", service
