"""Says in words why a file or a server could not be used: the setting that names it, and the next command to type."""

import contextlib
import errno
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx

from intake import settings
from intake.errors import SettingsError
from intake.service.installation import secret_folders
from retention.files import quoted

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def of_a_file(error: OSError) -> str:
    """Return the path, the reason, the setting that names the folder, and a command that shows its state."""
    reason = error.strerror or type(error).__name__
    if error.filename is None or isinstance(error.filename, int):
        # What could not be written has no name: the command's own output.
        return f"{reason}. Make room, and run the command again. Check with: df -h" if error.errno in _FULL else reason
    path = Path(os.fsdecode(error.filename))
    words = f"{path}: {reason}"
    with contextlib.suppress(SettingsError):
        holding = [f". {name} is {folder}" for name, folder in secret_folders(settings.read()) if path.is_relative_to(folder)]
        words += holding[0] if holding else ""
    if error.errno in _FULL:  # the file itself may be gone again
        return f"{words}. Make room, and run the command again. Check with: df -h {quoted(path.parent)}"
    return f"{words}. Check with: ls -ld {quoted(path)}"


def of_a_server(error: httpx.HTTPError) -> str:
    """Return the server's name and the reason. Never the address of a page, which may contain a token."""
    reason = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    try:
        parts = urlsplit(str(error.request.url))
    except RuntimeError:
        return reason
    return (
        f"{parts.scheme}://{parts.netloc} does not answer: {reason}. Check the address (--server or INTAKE_SERVER). "
        "On the server's machine, check that it runs: intake status"
    )
