"""The entry point of the `intake` command. It sets up the allocator before it imports anything else."""

import sys

from intake.server.hardening import overwrite_freed_memory


def main() -> None:
    """Restart a server's process if necessary, then run the command."""
    if sys.argv[1:2] == ["run"]:
        overwrite_freed_memory()
    from intake.cli.main import main as command

    command()
