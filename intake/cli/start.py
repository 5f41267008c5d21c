"""The `intake` command. What must come before a server holds anything comes before everything else is imported."""

import sys

from intake.server.hardening import overwrite_freed_memory


def main() -> None:
    """The entry point."""
    if sys.argv[1:2] == ["run"]:
        overwrite_freed_memory()
    from intake.cli.main import main as command

    command()
