"""Tokens without a server."""

import pytest

from crypto.secret import Secret
from intake.server.web.tokens import Tokens


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(Secret(bytes(32)))
