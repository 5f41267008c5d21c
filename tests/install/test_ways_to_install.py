"""Each way to install that the documents name gives a server that runs. These tests download packages from the index."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.packaging import BIN, ROOT, environment_with
from tests.support.processes import free_port, started


def serves(program: Sequence[str], folder: Path, **environment: str) -> None:
    """Run a server with its store in `folder`, and ask it for its health and for the browser client."""
    port = free_port()
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "COVERAGE_"))}
    values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/keys", "INTAKE_PORT": str(port)}
    with started(mine | values | environment, program=program) as (client, link):
        assert link.startswith(f"http://127.0.0.1:{port}/en/desk/enrol/#")
        assert client.get("/healthz/live").status_code == 200
        assert "/s/form." in client.get("/manifest.json").text


def test_uvx_runs_the_wheel(wheel: Path, tmp_path: Path) -> None:
    command = [str(BIN / "uvx"), "-q", "--python", sys.executable, "--from", str(wheel), "sealed-intake", "run"]
    serves(command, tmp_path, UV_CACHE_DIR=f"{tmp_path}/cache", UV_TOOL_DIR=f"{tmp_path}/tools")


def test_pipx_installs_the_wheel_with_both_commands(wheel: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "PIPX_HOME": f"{tmp_path}/pipx",
        "PIPX_BIN_DIR": f"{tmp_path}/bin",
        "PIPX_MAN_DIR": f"{tmp_path}/man",
    }
    subprocess.run([BIN / "pipx", "install", "-q", "--python", sys.executable, wheel], env=environment, check=True)
    assert {path.name for path in (tmp_path / "bin").iterdir()} == {"intake", "sealed-intake"}
    serves([f"{tmp_path}/bin/sealed-intake", "run"], tmp_path)
    unit = subprocess.run([f"{tmp_path}/bin/intake", "setup", "systemd"], capture_output=True, text=True, check=True).stdout
    assert f"\nExecStart={tmp_path}/pipx/venvs/sealed-intake/bin/intake run\n" in unit


def test_pip_installs_from_git_and_builds_the_client(tmp_path: Path) -> None:
    program = environment_with(tmp_path / "env")
    pip = [str(BIN / "python"), "-m", "pip", "--python", str(program / "python")]
    subprocess.run([*pip, "install", "-q", "--no-deps", "--no-cache-dir", f"git+file://{ROOT}"], check=True)
    serves([str(program / "intake"), "run"], tmp_path)
