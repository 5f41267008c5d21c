"""The container image and the compose file keep their promises: no root, nothing to write but volumes, nothing of the clone."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.packaging import ROOT, tracked

FOLDER = ROOT / "deploy" / "container"
TEXT = (FOLDER / "Containerfile").read_text("utf-8")
STAGES = {re.search(r" AS (\w+)", stage)[1]: stage for stage in re.split(r"^FROM ", TEXT, flags=re.MULTILINE)[1:]}  # type: ignore[index]
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PUBLISHED = ("intake", "caddy", "tor")
KEYS = "/var/lib/sealed-intake-keys"


@pytest.mark.parametrize("stage", PUBLISHED)
def test_no_image_runs_as_root(stage: str) -> None:
    [user] = re.findall(r"^USER (\S+)$", STAGES[stage], re.MULTILINE)
    assert user in ("10001:10001", "10002:10002", "debian-tor")


def test_an_image_holds_debian_packages_and_the_environment_and_nothing_of_the_clone() -> None:
    copied = [line.split()[1:] for stage in PUBLISHED for line in STAGES[stage].splitlines() if line.startswith("COPY")]
    assert copied == [
        ["--from=build", "/usr/lib/sealed-intake", "/usr/lib/sealed-intake"],
        ["deploy/container/Caddyfile", "/etc/caddy/Caddyfile"],
        ["deploy/container/torrc", "/etc/tor/torrc"],
    ]


def test_every_package_of_an_image_is_checked_by_its_hash() -> None:
    installs = re.findall(r"pip install|python install", STAGES["build"])
    checked = re.findall(r"--require-hashes|--no-deps --no-index /build/wheel", STAGES["build"])
    assert (len(installs), len(checked)) == (3, 3)


def test_the_context_leaves_out_stores_keys_and_whatever_git_does_not_track(tmp_path: Path) -> None:
    rules = [line for line in (ROOT / ".containerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    names = {name.partition("/")[0] for name in tracked()}
    assert {rule.partition("/")[0] for rule in allowed} <= names
    assert not allowed & {"var", "keeper", "key-store", ".git", ".venv", "tests"}


def test_docker_and_podman_leave_out_the_same_files() -> None:
    """Podman reads .containerignore. Docker reads .dockerignore alone."""
    assert (ROOT / ".dockerignore").read_bytes() == (ROOT / ".containerignore").read_bytes()


def test_the_deletion_keys_are_on_a_volume_of_their_own_that_nothing_else_mounts() -> None:
    assert "\nVOLUME" not in STAGES["intake"], "an engine would mount a volume that the next container does not get"
    mounted = [volume for service in SERVICES.values() for volume in service["volumes"] if not volume.startswith("./")]
    assert len({volume.partition(":")[0] for volume in mounted}) == len(mounted) == 5
    assert f"deletion-keys:{KEYS}" in SERVICES["server"]["volumes"]


@pytest.mark.parametrize("name", ["server", "caddy", "tor"])
def test_every_service_has_a_read_only_root_no_capabilities_and_no_way_to_gain_any(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["build"]["target"] == ("intake" if name == "server" else name)
    assert (FOLDER / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


@pytest.mark.parametrize("name", ["server", "caddy", "tor"])
def test_the_log_of_a_service_has_a_driver_that_docker_and_podman_have_and_a_limit(name: str) -> None:
    """Podman knows k8s-file, journald, passthrough and none, and takes json-file as a name of the first."""
    logging = SERVICES[name]["logging"]
    assert logging["driver"] == "json-file"
    assert logging["options"]["max-size"] == "10m"


def test_only_the_proxy_is_published_and_tor_cannot_reach_the_server() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert not set(SERVICES["tor"]["networks"]) & set(SERVICES["server"]["networks"])
    address = SERVICES["caddy"]["networks"]["inside"]["ipv4_address"]
    assert SERVICES["server"]["environment"]["INTAKE_PROXIES"] == f"{address}/32"


def test_secret_settings_come_from_files_that_are_in_no_image_and_no_commit() -> None:
    assert "./secrets:/run/secrets:ro" in SERVICES["server"]["volumes"]
    assert "deploy/container/secrets\n" in (ROOT / ".containerignore").read_text("utf-8")
    assert "deploy/container/secrets/\n" in (ROOT / ".gitignore").read_text("utf-8")


def test_the_founding_link_gets_into_no_log() -> None:
    assert SERVICES["server"]["entrypoint"] == ["sh", "-c", "exec intake run >/dev/null"]


def test_caddy_and_tor_accept_their_configurations(tmp_path: Path) -> None:
    environment = {"SITE": "help.example", "HOME": str(tmp_path), "PATH": "/usr/sbin:/usr/bin:/bin"}
    tor = (FOLDER / "torrc").read_text("utf-8").replace("/var/lib/tor", str(tmp_path)).replace("caddy:", "127.0.0.1:")
    (tmp_path / "torrc").write_text(tor)
    for command in (
        ["caddy", "validate", "--adapter", "caddyfile", "--config", str(FOLDER / "Caddyfile")],
        ["tor", "--verify-config", "-f", str(tmp_path / "torrc")],
    ):
        assert shutil.which(command[0], path=environment["PATH"]), f"{command[0]} is not installed: .ci/machine installs it"
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
