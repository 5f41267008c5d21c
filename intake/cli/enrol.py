"""`intake enrol`: become a coordinator at a terminal."""

import sys
from typing import Annotated

import httpx2 as httpx
import typer

from crypto.digits import in_groups
from intake.cli import enrolment
from intake.cli.consoles import out
from intake.cli.options import AsJson
from intake.cli.paper_code import prove
from intake.cli.paths import read_secret


def enrol(
    link: Annotated[str, typer.Argument(help="The one-time link that the server printed or a colleague sent.")],
    handle: Annotated[str, typer.Option(prompt=True, help="Your sign-in name.")],
    passphrase_file: Annotated[
        typer.FileText | None, typer.Option(help="Read the passphrase from a file (- for standard input).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Become a coordinator.

    Example: intake enrol 'http://127.0.0.1:8000/en/desk/enrol/#…'

    At a terminal, the command shows your paper code and asks you to enter it once. In a script, or with --json, it asks nothing
    and prints the code: the script must store it.
    """
    # A passphrase is never an argument: the list of processes and the shell's history would show it.
    if passphrase_file:
        passphrase = read_secret(passphrase_file)
    else:
        passphrase = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True)
    is_asked = sys.stdin.isatty() and not as_json
    parts = enrolment.parts_of(link)
    with httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", timeout=60) as client:
        enrolled = enrolment.enrol(link, handle, passphrase, client, prove=prove if is_asked else None)
    if as_json:
        out.print_json(data={"joined": enrolled.joined, "digits": enrolled.digits, "paper_code": enrolled.paper_code})
        return
    if enrolled.joined:
        out.print(f"Read these digits to a colleague, who compares them and approves you:\n  {enrolled.digits}")
    else:
        out.print(f"The group's check digits, for posters and for comparing:\n  {enrolled.digits}")
    if not is_asked:
        out.print("Your paper code, the second way to sign in. Write it down and keep it offline:")
        out.print(f"  {in_groups(enrolled.paper_code)}")
