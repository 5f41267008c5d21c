"""Copies of the source, builds of it, and virtual environments to install them in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT = Path("intake/client")
BIN = Path(sys.executable).parent
DAY = "1700000000"


def tracked() -> list[str]:
    """Return every file that git tracks and that exists."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.rstrip("\0").split("\0") if (ROOT / name).is_file()]


def copied(to: Path, *, mode: int = 0o644) -> Path:
    """Copy the tracked source to another folder, with other times and modes and this machine's npm packages."""
    for name in tracked():
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, to / name)
        (to / name).chmod(mode | (ROOT / name).stat().st_mode & 0o100)
    with_npm_packages(to)
    return to


def with_npm_packages(source: Path) -> None:
    """Let a build use the installed npm packages, so that it downloads nothing."""
    (source / CLIENT / "node_modules").symlink_to(ROOT / CLIENT / "node_modules")


def build(source: Path, out: Path, *what: str, path: str = os.environ["PATH"]) -> "subprocess.CompletedProcess[str]":
    """Run `python -m build` on a source with the tools that are installed here."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": DAY, "PATH": path}
    command = [sys.executable, "-m", "build", "--no-isolation", *what, "--outdir", str(out), str(source)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def built(source: Path, out: Path, *what: str) -> list[Path]:
    """Return the files that a build makes, by name."""
    done = build(source, out, *what)
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(out.iterdir())


def environment_with(folder: Path, *install: str) -> Path:
    """Make a virtual environment with these packages and, behind them, the tests' dependencies; return its `bin`."""
    subprocess.run([BIN / "uv", "venv", "-q", "--python", sys.executable, folder], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    [ours] = BIN.parent.glob("lib/python*/site-packages")
    (site / "zz_dependencies.pth").write_text(f"{ours}\n")
    command = [str(BIN / "uv"), "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--offline", "--no-cache"]
    if install:
        subprocess.run([*command, "--python", str(folder / "bin" / "python"), *install], check=True)
    return folder / "bin"
