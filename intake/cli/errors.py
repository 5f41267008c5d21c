"""Errors of the command line. Each message says what happened, what was not changed, and what to do."""

from intake.errors import IntakeError


class CommandError(IntakeError):
    """Raised when a command cannot do what its arguments ask for."""
