"""Says in one line why a command was refused or failed.

This module imports the errors of every package. `main` imports it only when there is an error.
"""

from getpass import GetPassWarning

import httpx2 as httpx

from crypto.errors import CryptoError
from intake.cli.unusable import of_a_file, of_a_server
from intake.errors import IntakeError
from intake.service.operator_log import source_line
from intake.store.errors import StoreError
from retention.errors import RetentionError


def in_words(error: Exception) -> str:
    """Return an error as one line: what a person can act on in its own words, and a bug without its message."""
    if isinstance(error, (IntakeError, StoreError, RetentionError, CryptoError, httpx.InvalidURL)):
        return str(error)
    if isinstance(error, httpx.HTTPError):
        return of_a_server(error)
    if isinstance(error, GetPassWarning):
        options = "--passphrase-file, or --new-passphrase-file for a new one"
        return f"there is no terminal to ask for the passphrase. Nothing was changed. Name a file that has it: {options}"
    if isinstance(error, OSError):  # a path that cannot be opened, an address that is in use
        return of_a_file(error)
    # A bug. The message could contain what somebody typed, so only type and line are printed.
    return f"internal error: {type(error).__name__} at {source_line(error)}. Please report this line"
