"""Make tokens without a server."""

import pytest

from crypto.secret import Secret
from intake.web.tokens import Tokens


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(Secret(bytes(32)))
