"""Which passphrases are refused at a terminal; the browser judges by the same lists (intake/client/src/strength.ts)."""

import pytest

from intake.cli.enrolment import check_passphrase


@pytest.mark.parametrize("typed", ["short", "passwordpassword", "samuelsamuel", "sealedintake1", "mutualaidmutual"])
def test_what_is_guessed_first_here_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="passphrase"):
        check_passphrase(typed, "samuel")


def test_random_words_are_good() -> None:
    check_passphrase("correct horse battery staple", "samuel")
