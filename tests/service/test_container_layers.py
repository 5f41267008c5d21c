"""No folder of secrets may be on the layers of a container, where a deleted file remains in a lower layer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from intake import settings
from intake.service import installation
from retention.errors import KeyStoreError
from retention.key_stores import filesystem

MOUNT = 'mkdir "$0" "$0-u" "$0-w" && mount -t overlay overlay -o "lowerdir=/usr/share/doc,upperdir=$0-u,workdir=$0-w" "$0"'


def environment_of(folder: Path) -> dict[str, str]:
    values = {"INTAKE_DATA": "data", "INTAKE_KEY_STORE": "keys", "INTAKE_KEY_STORE_MIRRORS": "mirror"}
    return {name: f"{folder}/{value}" for name, value in values.items()}


@pytest.mark.parametrize("name", ["INTAKE_DATA", "INTAKE_KEY_STORE", "INTAKE_KEY_STORE_MIRRORS"])
def test_a_folder_of_secrets_on_layers_is_refused_by_the_name_of_its_setting(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings.read(environment_of(tmp_path))
    folder = Path(environment_of(tmp_path)[name])
    monkeypatch.setattr(filesystem, "layered", lambda asked: asked == folder)
    with pytest.raises(
        KeyStoreError, match=f"{name} is {folder}, on the layers .* Mount a volume there: --volume NAME:{folder}"
    ):
        installation.make_private(config)


def test_a_command_makes_no_key_on_a_real_overlay(tmp_path: Path) -> None:
    layers = tmp_path / "layers"
    environment = {**os.environ, **environment_of(tmp_path), "INTAKE_KEY_STORE": f"{layers}/keys"}
    mounted = ["unshare", "--mount", "sh", "-c", f'{MOUNT} && exec "$@"', str(layers)]
    if subprocess.run([*mounted, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this account may not mount, so the test has no overlay")
    for suffix in ("", "-u", "-w"):
        subprocess.run(["rm", "-r", f"{layers}{suffix}"], check=True)
    command = [*mounted, sys.executable, "-m", "sealed_intake", "migrate"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "INTAKE_KEY_STORE is" in done.stderr) == (2, True), done.stderr
    assert list((tmp_path / "layers-u").iterdir()) == []
    assert not (tmp_path / "data").exists()
