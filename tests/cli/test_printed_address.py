"""A person can open the address that `intake run` prints."""

from intake import settings
from tests.support.forked_server import started


def test_an_ipv6_address_is_printed_with_its_brackets(environment: dict[str, str]) -> None:
    with started({**environment, "INTAKE_ORIGIN": "https://[fd00::1]"}, line="serving") as (_, line):
        assert "serving https://[fd00::1] " in line


def test_an_ipv6_address_that_is_listened_on_is_printed_with_its_brackets() -> None:
    assert settings.read({"INTAKE_HOST": "::1", "INTAKE_PORT": "8000"}).address == "http://[::1]:8000"
