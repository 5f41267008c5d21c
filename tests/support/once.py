"""Folders that take long to fill and that all workers of pytest share."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], object]) -> Path:
    """Return a folder that the first of several workers fills while the others wait."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    folder = (factory.getbasetemp() if alone else factory.getbasetemp().parent) / f"once-{name}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            filling = folder.with_suffix(".filling")
            shutil.rmtree(filling, ignore_errors=True)
            filling.mkdir()
            fill(filling)
            filling.rename(folder)
    return folder
