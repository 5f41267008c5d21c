"""The whole installation: the database cluster, two servers that share one key store, a deletion process, and HAProxy."""

import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import yaml

from tests.cluster.database import (
    LOOP_WAIT,
    PASSWORD,
    PATRONI,
    RETRY_TIMEOUT,
    START_SECONDS,
    TTL,
    DatabaseCluster,
    binaries,
    wait_until,
)
from tests.cluster.lan import Lan, Machine, lan
from tests.support import proxies
from tests.support.processes import INTAKE

ORIGIN = f"https://{proxies.NAME}"
GUIDE = Path(__file__).parents[2] / "docs" / "howto" / "run-a-cluster.md"
PROGRAMS = ("etcd", "haproxy", "ip", "unshare")
PASSPHRASE = "five dull lanterns over Rotterdam"
KEPT_BY_A_REPLICA = 3  # exit code of a deletion run: all is deleted, and a standby keeps the write-ahead log
PURGE_PAUSE = 10.0  # seconds between two deletion runs


@dataclass
class Installation:
    """The machines, and how to reach them."""

    lan: Lan
    database: DatabaseCluster
    servers: list[Machine]
    purge: Machine
    proxy: Machine
    environment: dict[str, str]
    purges: list[int] = field(default_factory=list)  # exit codes of the deletion runs
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        """The address of HAProxy."""
        return f"https://{self.proxy.address}"

    def of(self, machine: Machine, login: str) -> dict[str, str]:
        """Return the environment of `intake` on a machine, with a login of the database."""
        own = {"INTAKE_DATA": str(machine.folder / "data"), "INTAKE_DATABASE_URL": self.database.address(login)}
        return self.environment | own

    def intake(self, machine: Machine, login: str, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command on a machine."""
        return subprocess.run(
            machine.command([str(INTAKE), *arguments]),
            env=self.of(machine, login),
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def start_server(self, machine: Machine) -> None:
        """Start a server."""
        machine.start([str(INTAKE), "run"], self.of(machine, "intake_web"))

    def is_ready(self, server: Machine) -> bool:
        """Return whether a server says that it takes requests."""
        return httpx.get(f"http://{server.address}:8000/healthz/ready", timeout=5).status_code == 200

    def is_open(self) -> bool:
        """Return whether HAProxy reaches a server that takes requests."""
        address = f"{self.address}/healthz/ready"
        return httpx.get(address, headers={"Host": proxies.NAME}, verify=False, timeout=5).status_code == 200

    def are_ready(self) -> bool:
        """Return whether every server says that it takes requests."""
        return all(map(self.is_ready, self.servers))

    def wait_until_whole(self) -> None:
        """Wait until every machine of the database is in the cluster, and every server takes requests."""
        self.database.wait_until_whole()
        wait_until("every server takes requests", self.are_ready)

    def run_deletion(self) -> None:
        """Run the deletion again and again, as a timer would, until `stop_deletion`."""
        while not self._over.wait(PURGE_PAUSE):
            self.purges.append(self.intake(self.purge, "intake_nightly", "retention", "run").returncode)

    def stop_deletion(self) -> None:
        """Let no more deletion runs begin."""
        self._over.set()


@contextmanager
def installation(databases: int = 3, etcd: int = 3, servers: int = 2, *, deletion: bool = True) -> Iterator[Installation]:
    """Set everything up, with one coordinator and the keys of the coming days.

    Args:
        databases: how many machines with PostgreSQL there are.
        etcd: how many machines with etcd there are.
        servers: how many servers there are.
        deletion: whether a deletion process runs all the time.

    Raises:
        FileNotFoundError: a program is not installed.
    """
    path = os.environ["PATH"] + ":/usr/sbin"
    if missing := [name for name in (*PROGRAMS, PATRONI) if not shutil.which(name, path=path)]:
        raise FileNotFoundError(f"{', '.join(missing)}: not installed. .ci/machine and `make .venv/.cluster` install them.")
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="cluster-", dir=memory if memory.is_dir() else None) as made:
        folder = Path(made)
        with lan(folder) as network:

            def machines(name: str, number: int) -> list[Machine]:
                return [network.machine(f"{name}{n}") for n in range(1, number + 1)]

            database = DatabaseCluster(folder, machines("db", databases), machines("etcd", etcd))
            web = machines("web", servers)
            purge, proxy = network.machine("purge"), network.machine("proxy")
            environment = {
                **os.environ,
                "INTAKE_KEY_STORE": str(folder / "key-store"),
                "INTAKE_HOST": "0.0.0.0",
                "INTAKE_PORT": "8000",
                "INTAKE_ORIGIN": ORIGIN,
                "INTAKE_PROXIES": f"{proxy.address}/32",
                "PATH": f"{binaries()}:{os.environ['PATH']}",
                "PYTHONMALLOC": "pymalloc",
            }
            whole = Installation(network, database, web, purge, proxy, environment)
            for machine in (*web, purge):
                (machine.folder / "data").mkdir()
            thread = threading.Thread(target=whole.run_deletion)
            try:
                _set_up(whole)
                if deletion:
                    thread.start()
                yield whole
            finally:
                whole.stop_deletion()
                if thread.is_alive():
                    thread.join()


def _set_up(whole: Installation) -> None:
    whole.database.settings = dynamic_configuration(whole)
    whole.database.start()
    leader = whole.database.leader()
    assert leader
    for statement in (f"CREATE ROLE owner LOGIN CREATEROLE PASSWORD '{PASSWORD}'", "CREATE DATABASE intake OWNER owner"):
        whole.database.ask(leader, statement, "postgres")
    _done(whole.intake(whole.purge, "owner", "migrate"))
    sql = _done(whole.intake(whole.servers[0], "intake_web", "setup", "postgresql")).stdout
    sql += "".join(f"ALTER ROLE {login} PASSWORD '{PASSWORD}';\n" for login in ("intake_web", "intake_nightly"))
    psql = [str(binaries() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(leader.folder), "-U", "postgres"]
    _done(subprocess.run([*psql, "-d", "intake"], input=sql, capture_output=True, text=True, check=False))
    # Servers are ready once this run has made keys and tables for the coming days.
    first_run = whole.purge.start([str(INTAKE), "retention", "run"], whole.of(whole.purge, "intake_nightly"))
    first, *others = whole.servers
    whole.start_server(first)
    # docs/howto/scale-with-postgresql.md, What all servers share
    key = first.folder / "data" / "server.key"
    wait_until("the servers' key", lambda: key.exists() and key.stat().st_size > 0)
    for other in others:
        shutil.copy2(key, other.folder / "data")
        whole.start_server(other)
    # Each server makes a link when it starts. Only the newest is valid.
    wait_until("every server is ready", whole.are_ready)
    assert first_run.wait(START_SECONDS) in (0, KEPT_BY_A_REPLICA)
    link = _done(whole.intake(first, "intake_web", "link")).stdout.strip()
    here = link.replace(ORIGIN, "http://127.0.0.1:8000")
    typed = ("enrol", here, "--handle", "sam", "--passphrase-file", "-")
    _done(whole.intake(first, "intake_web", *typed, typed=PASSPHRASE))
    proxies.certificate(whole.proxy.folder)
    configuration = whole.proxy.folder / "haproxy.cfg"
    configuration.write_text(_haproxy(whole))
    program = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
    assert program
    whole.proxy.start([program, "-db", "-f", str(configuration)])
    whole.wait_until_whole()
    wait_until("HAProxy sends people to a server", whole.is_open)


def dynamic_configuration(whole: Installation) -> dict[str, Any]:
    """Return Patroni's dynamic configuration: what `intake setup` prints, and how soon a standby takes over."""
    printed = _done(whole.intake(whole.purge, "owner", "setup", "postgresql", "--patroni")).stdout
    configuration: dict[str, Any] = yaml.safe_load(printed)
    configuration |= {"ttl": TTL, "loop_wait": LOOP_WAIT, "retry_timeout": RETRY_TIMEOUT}
    configuration["postgresql"]["use_pg_rewind"] = True
    return configuration


def _haproxy(whole: Installation) -> str:
    """Return the configuration of the guide with the addresses of this network."""
    block = re.search(r"^```haproxy\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert block
    return proxies.replaced(
        block[1],
        ("bind :443", f"bind {whole.proxy.address}:443"),
        (f"/etc/haproxy/{proxies.NAME}.pem", str(whole.proxy.folder / "both.pem")),
        *((f"10.0.0.2{n}:8000", f"{server.address}:8000") for n, server in enumerate(whole.servers, 1)),
    )


def _done(process: "subprocess.CompletedProcess[str]") -> "subprocess.CompletedProcess[str]":
    assert process.returncode == 0, process.stdout + process.stderr
    return process
