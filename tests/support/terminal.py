"""One person's terminal. Its commands run in the test's process, because starting Python takes most of their time.

tests/cli/test_operator.py and every test with `processes.enrol_at` run the commands as processes of their own.
"""

from functools import cache
from unittest import mock

from typer.testing import CliRunner, Result

from crypto import unlocker
from intake.cli.main import app

# Every command signs in again, but each handle's passphrase is stretched only once.
mock.patch.object(unlocker, "from_passphrase", cache(unlocker.from_passphrase)).start()


class Terminal:
    """The commands of one coordinator."""

    def __init__(self, server: str, handle: str, passphrase: str) -> None:
        self.server, self.handle, self.passphrase = server, handle, passphrase

    def __call__(self, *arguments: str) -> str:
        """Run a command and return what it prints. Raise for a refusal."""
        options = ["--server", self.server, "--handle", self.handle, "--passphrase-file", "-"]
        return _printed(CliRunner().invoke(app, [*arguments, *options], input=self.passphrase))


def enrol(link: str, passphrase: str, handle: str) -> str:
    """Enrol by a link and return what the command prints.

    Line 2 is the group's fingerprint for the first member, and check digits for others.
    """
    return _printed(CliRunner().invoke(app, ["enrol", link, "--handle", handle, "--passphrase-file", "-"], input=passphrase))


def _printed(result: Result) -> str:
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


PASSPHRASE = "four random words here"
NEXT = "other words that nobody guesses"


def joins(by: Terminal, handle: str) -> tuple[Terminal, str]:
    """Enrol a newcomer at another terminal. Return the terminal and their check digits."""
    output = enrol(by("group", "invite").strip(), PASSPHRASE, handle)
    return Terminal(by.server, handle, PASSPHRASE), output.splitlines()[1].strip()
