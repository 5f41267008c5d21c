"""Run `sealed-intake`, which is also called `intake`, or `python -m sealed_intake`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Import our packages, and no others of the same names, and run the command."""
    sys.path.insert(0, str(packages()))
    from intake.cli.start import main as command

    command()


def packages() -> Path:
    """Return the folder of `intake`, `crypto` and `retention`: in a wheel below this package, in a clone beside it."""
    installed = HERE / "_packages"
    return installed if installed.is_dir() else HERE.parent


if __name__ == "__main__":
    main()
