"""Arguments and options that several commands share."""

from typing import Annotated

import typer

Server = Annotated[str, typer.Option(envvar="INTAKE_SERVER", help="The server's address.")]
Handle = Annotated[str, typer.Option(envvar="INTAKE_HANDLE", help="Your sign-in name. The command asks if it is not given.")]
PassphraseFile = Annotated[typer.FileText | None, typer.Option(help="Read the passphrase from a file (- for standard input).")]
CaseArgument = Annotated[str, typer.Argument(help="The case's id, from `intake case list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
LOCAL = "http://127.0.0.1:8000"
BY_ID = {"ignore_unknown_options": True}  # one case id in 64 begins with a dash
