"""Read the files of deploy/. A clone has the folder; a wheel has a copy of it beside this module, made by `hatch_build.py`."""

from pathlib import Path

_OF_A_WHEEL = Path(__file__).parent / "setup_files" / "deploy"
_OF_A_CLONE = Path(__file__).parents[2] / "deploy"


def read(name: str) -> str:
    """Return the text of a file."""
    folder = _OF_A_WHEEL if _OF_A_WHEEL.is_dir() else _OF_A_CLONE
    return (folder / name).read_text("utf-8")
