"""Earlier spellings of commands work, and help does not show them."""

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from intake.cli.main import app

EARLIER = {
    ("keeper", "fill"): ("key-store", "fill"),
    ("keeper", "list"): ("key-store", "list"),
    ("group", "let-in"): ("group", "approve"),
    ("recovery", "deal"): ("recovery", "create"),
}


@pytest.mark.parametrize("earlier", EARLIER, ids=" ".join)
def test_an_earlier_spelling_is_the_same_command_and_hidden(earlier: tuple[str, str]) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    old, new = (commands[group].commands[name] for group, name in (earlier, EARLIER[earlier]))
    assert old.callback.__wrapped__ is new.callback.__wrapped__
    assert commands[earlier[0]].hidden or old.hidden
    assert not commands[EARLIER[earlier][0]].hidden
    assert not new.hidden
    assert CliRunner().invoke(app, [*earlier, "--help"]).exit_code == 0
