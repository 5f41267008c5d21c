"""Two builds of the same source are the same bytes: whoever doubts what a server serves can make it again and compare."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CLIENT = Path("intake/client")
ELSEWHERE = ("node_modules", "dist", "__pycache__")


def copied(to: Path) -> Path:
    """The tracked source, in a folder of another name and of files of another age."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.rstrip("\0").split("\0"):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to / name)
    (to / CLIENT / "node_modules").symlink_to(ROOT / CLIENT / "node_modules")
    return to


def built(folder: Path) -> dict[str, bytes]:
    """The client's files and the wheel that holds them."""
    subprocess.run(["node", "build.mjs"], cwd=folder / CLIENT, check=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", "out", "."]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    files = [*(folder / CLIENT / "dist" / "site").iterdir(), *(folder / "out").iterdir()]
    return {path.name: path.read_bytes() for path in files}


def test_two_builds_of_the_client_and_the_wheel_are_the_same_bytes(tmp_path: Path) -> None:
    one, two = (built(copied(tmp_path / name)) for name in ("one", "another place"))
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    assert sum(name.endswith(".whl") for name in one) == 1
    served = {path.name: path.read_bytes() for path in (ROOT / CLIENT / "dist" / "site").glob("*.js")}
    assert served
    assert {name: one[name] for name in served} == served  # and what is served here is one of them
