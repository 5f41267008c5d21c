"""Sign in at a server for the time of one command."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2 as httpx
import typer

from intake.cli.desk import Desk
from intake.cli.errors import CommandError
from intake.cli.member import Member
from intake.cli.paths import read_secret


@contextmanager
def signed_in(server: str, handle: str, passphrase_file: typer.FileText | None) -> Iterator[Desk]:
    """Sign in for one command, and sign out at its end."""
    handle = handle or _sign_in_name()
    passphrase = read_secret(passphrase_file) if passphrase_file else typer.prompt("Passphrase", hide_input=True)
    with httpx.Client(base_url=server, timeout=60) as client:
        member = Member.sign_in(client, handle, passphrase)
        try:
            yield Desk(member)
        finally:
            member.sign_out()


def _sign_in_name() -> str:
    try:
        name: str = typer.prompt("Sign-in name")
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise CommandError("nobody entered a sign-in name. Nothing was changed. Name it: --handle or INTAKE_HANDLE") from None
    return name
