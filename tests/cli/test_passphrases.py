"""A terminal refuses weak passphrases. The browser judges the same list (client/src/tests/desk/strength.test.ts)."""

import json
from pathlib import Path

import pytest

from intake.cli.enrolment import check_passphrase
from intake.cli.errors import CommandError

LIST = json.loads(Path(__file__).with_name("passphrases.json").read_text("utf-8"))


@pytest.mark.parametrize("typed", LIST["refused"])
def test_a_passphrase_guessed_within_a_hundred_million_tries_is_refused(typed: str) -> None:
    with pytest.raises(CommandError, match="passphrase"):
        check_passphrase(typed, LIST["handle"])


@pytest.mark.parametrize("typed", LIST["accepted"])
def test_random_words_of_any_language_are_good(typed: str) -> None:
    check_passphrase(typed, LIST["handle"])
