"""The `intake` command and its subcommands.

Exit codes: 0 for done, 1 for done in part, 2 for refused or failed, with one line that gives the reason.
"""

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Annotated, NoReturn

import typer

from intake.cli.commands import LazyGroup
from intake.server.hardening import harden

app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False, help="Run and use Sealed Intake.")
REFUSED = 2
PROJECT = "sealed-intake"  # name of the distribution


def main() -> None:
    """Run a command. Errors that a person can act on are one line, never a traceback."""
    harden()
    if sys.stdin is None:  # whoever started the command had closed it
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))
    # Without a terminal, a passphrase would be asked for and never typed.
    warnings.filterwarnings("error", message="Can not control echo", category=UserWarning)
    for stream in (sys.stdout, sys.stderr):  # a name of a file, or a name in another alphabet, must not end a command
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    try:
        with _written():
            app()
    except Exception as error:
        from intake.cli.refusals import in_words  # imports much, and most commands end without an error

        _refuse(in_words(error))


@contextlib.contextmanager
def _written() -> Iterator[None]:
    """Write the rest of the output at the end, while an error can still be reported and decide the exit code."""
    try:
        yield
    finally:
        try:
            if sys.stdout is not None:  # None: whoever started the command had closed it
                sys.stdout.flush()
        except OSError:
            # The interpreter would try again, print a traceback and end with 120. Give it a place where that works.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise


def _refuse(message: str) -> NoReturn:
    from intake.cli.consoles import err  # as above

    err.print(f"intake: {message}", soft_wrap=True)
    raise SystemExit(REFUSED) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata  # takes longer than the rest of this module

        typer.echo(f"{PROJECT} {metadata.version(PROJECT)}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run and use Sealed Intake."""
