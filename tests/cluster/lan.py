"""Machines of one network: network namespaces at a switch, which tests can disconnect, freeze and kill."""

import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# PostgreSQL refuses to run as root. In this user namespace root is called nobody, and may still read this Python.
NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
STOP_SECONDS = 10.0


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@dataclass
class Machine:
    """A machine with one address. All machines share the same files."""

    namespace: str
    name: str
    address: str
    folder: Path
    _children: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def command(self, program: Sequence[str], *, root: bool = True) -> list[str]:
        """Return a command that runs the program on this machine, as root or as `NOBODY`."""
        return ["ip", "netns", "exec", self.namespace, *(() if root else NOBODY), *program]

    def start(
        self, program: Sequence[str], environment: Mapping[str, str] | None = None, *, root: bool = True
    ) -> "subprocess.Popen[bytes]":
        """Start a program. Its output is appended to a file of its name in the machine's folder."""
        with self.log(program[0]).open("ab") as log:
            child = subprocess.Popen(
                self.command(program, root=root),
                env=dict(environment) if environment is not None else None,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._children.append(child)
        return child

    def log(self, program: str) -> Path:
        """Return the file with the output of a program."""
        return self.folder / f"{Path(program).name}.log"

    def disconnect(self) -> None:
        """Take the link down. The machine answers nothing more and closes no connection."""
        _ip("-n", self.namespace, "link", "set", "inner", "down")

    def connect(self) -> None:
        """Bring the link up again."""
        _ip("-n", self.namespace, "link", "set", "inner", "up")

    def signal(self, number: signal.Signals, name: str = "") -> None:
        """Send a signal to every process of the machine, or to those whose command line contains `name`."""
        for process in self._processes(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        for child in self._children:
            child.poll()

    def runs(self, name: str) -> bool:
        """Return whether a process of the machine has `name` in its command line."""
        return bool(self._processes(name))

    def _processes(self, name: str) -> list[int]:
        listed = subprocess.run(["ip", "netns", "pids", self.namespace], check=True, capture_output=True, text=True).stdout
        chosen = []
        for process in map(int, listed.split()):
            with contextlib.suppress(OSError):
                if name.encode() in Path(f"/proc/{process}/cmdline").read_bytes():
                    chosen.append(process)
        return chosen

    def stop(self) -> None:
        """End every process of the machine at once."""
        until = time.monotonic() + STOP_SECONDS
        while self._processes(""):
            self.signal(signal.SIGKILL)
            if time.monotonic() > until:
                raise TimeoutError(f"processes of {self.name} do not end")
            time.sleep(0.05)
        for child in self._children:
            child.wait()


@dataclass
class Lan:
    """A network with one switch, and this process at its first address."""

    folder: Path
    token: str
    network: str
    machines: list[Machine] = field(default_factory=list)

    def machine(self, name: str) -> Machine:
        """Add a machine."""
        number = len(self.machines) + 2
        namespace, folder = f"{self.token}-{name}", self.folder / name
        folder.mkdir()
        made = Machine(namespace, name, f"{self.network}.{number}", folder)
        _ip("netns", "add", namespace)
        self.machines.append(made)
        _ip(
            "-n",
            f"{self.token}-switch",
            "link",
            "add",
            f"p{number}",
            "type",
            "veth",
            "peer",
            "name",
            "inner",
            "netns",
            namespace,
        )
        _ip("-n", f"{self.token}-switch", "link", "set", f"p{number}", "master", "switch", "up")
        _ip("-n", namespace, "addr", "add", f"{made.address}/24", "dev", "inner")
        for link in ("lo", "inner"):
            _ip("-n", namespace, "link", "set", link, "up")
        return made


@contextmanager
def lan(folder: Path) -> Iterator[Lan]:
    """Make a network. The switch has a namespace of its own, where no firewall of this machine applies."""
    token = f"ic{secrets.token_hex(3)}"
    made = Lan(folder, token, f"10.214.{secrets.randbelow(200) + 20}")
    switch = f"{token}-switch"
    _ip("netns", "add", switch)
    try:
        _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", switch, "link", "set", "switch", "up")
        _ip("link", "add", token, "type", "veth", "peer", "name", "outer", "netns", switch)
        _ip("-n", switch, "link", "set", "outer", "master", "switch", "up")
        _ip("addr", "add", f"{made.network}.1/24", "dev", token)
        _ip("link", "set", token, "up")
        yield made
    finally:
        for machine in made.machines:
            with contextlib.suppress(TimeoutError):
                machine.stop()
            subprocess.run(["ip", "netns", "del", machine.namespace], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", switch], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", token], capture_output=True, check=False)
