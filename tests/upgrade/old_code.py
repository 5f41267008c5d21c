"""Take the code of an earlier commit out of this repository's history, and make a store with it.

A full clone has the commit. In a shallow clone the tests fail and say what to do.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMIT = "1eada4347dd36395f3a709762acc4e29297e94e5"  # the last commit before snapshots, heads and keyed handles
MAKER = Path(__file__).with_name("make_store.py")
# Libraries that the earlier code imports and ours does not. It sends no notices here, so apprise needs only its names.
# The installed command starts in `sealed_intake`, which would import the present code.
STAND_INS = {
    "sealed_intake/__init__.py": "",
    "sealed_intake/__main__.py": "from intake.cli.start import main\n\n__all__ = ['main']\n",
    "httpx.py": "import sys\nimport httpx2\nsys.modules[__name__] = httpx2\n",
    "apprise.py": "class Apprise: ...\nclass AppriseAsset: ...\nclass NotifyBase: ...\nclass PersistentStoreMode: ...\n",
}


def extract(folder: Path) -> None:
    """Put the earlier code into an empty folder and build its browser client."""
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", COMMIT], capture_output=True, check=False)
    if archive.returncode:
        pytest.fail(
            f"commit {COMMIT} is not in this clone, so no store of it can be made. "
            "Fetch the whole history (git fetch --unshallow), or leave out tests/upgrade",
            pytrace=False,
        )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    for name, text in STAND_INS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    client = folder / "intake" / "client"
    (client / "node_modules").symlink_to(ROOT / "intake" / "client" / "node_modules")
    path = f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"  # `make` installs its own Node.js there
    subprocess.run(["node", "build.mjs"], cwd=client, env={**os.environ, "PATH": path}, check=True)


def environment_for(code: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return settings under which Python programs run the earlier code in place of ours. Its lines are not counted.

    The earlier code reads the folder of its keys from `INTAKE_KEEPER`.
    """
    kept = {name: value for name, value in environment.items() if not name.startswith("COV")}
    if "INTAKE_KEY_STORE" in kept:
        kept["INTAKE_KEEPER"] = kept.pop("INTAKE_KEY_STORE")
    return {**kept, "PYTHONPATH": str(code)}


def run(code: Path, environment: dict[str, str], *arguments: str) -> None:
    """Run a Python program with the earlier code in place of ours."""
    command = [sys.executable, "-P", *arguments]
    theirs = environment_for(code, environment)
    done = subprocess.run(command, cwd=code, env=theirs, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


def make_store(code: Path, environment: dict[str, str], folder: Path) -> None:
    """Fill a store with the earlier code."""
    run(code, environment, str(MAKER), str(folder))
