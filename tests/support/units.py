"""The systemd units of deploy/: where they are, what their [Service] section says, and what systemd says of them."""

import configparser
import re
import subprocess
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
PROGRAM = "/opt/sealed-intake/.venv/bin/intake"


def service(unit: Path) -> configparser.SectionProxy:
    """The section [Service] of a unit."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(unit)
    return parser["Service"]


def complaints(unit: Path, folder: Path) -> list[str]:
    """What `systemd-analyze verify` says of a unit, copied into a folder.

    The program and the account of the guide are not on this machine, so the copy names others.
    """
    copy = folder / unit.name
    text = unit.read_text("utf-8").replace(PROGRAM, "/bin/true")
    copy.write_text(re.sub(r"^(User|Group)=.*\n", "", text, flags=re.MULTILINE))
    command = ["systemd-analyze", "verify", "--man=no", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
