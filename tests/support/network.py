"""A separate host on this machine: a network namespace that tests can disconnect."""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Forwards each TCP connection to a Unix socket, because a namespace has its own network but the same files.
_RELAY = """
import asyncio, sys
host, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def relay(reader, writer):
    there = await asyncio.open_unix_connection(path)
    await asyncio.gather(copy(reader, there[1]), copy(there[0], writer), return_exceptions=True)
async def main():
    server = await asyncio.start_server(relay, host, port)
    print("ready", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
PORT = 5432


def available() -> bool:
    """Whether this process may make network namespaces."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


@dataclass
class Host:
    """Another host, with its address. It forwards to a Unix socket of this machine."""

    name: str
    address: str

    def vanish(self) -> None:
        """Disconnect the host. It answers nothing more and closes no connection."""
        _ip("-n", self.name, "link", "set", "inner", "down")


@contextmanager
def host(socket: str) -> Iterator[Host]:
    """Make a host that forwards port 5432 to a Unix socket."""
    token = secrets.token_hex(3)
    name, link, third = f"intake-{token}", f"it{token}", secrets.randbelow(200) + 20
    outer, inner = f"10.213.{third}.1", f"10.213.{third}.2"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", link, "type", "veth", "peer", "name", "inner", "netns", name)
        _ip("addr", "add", f"{outer}/30", "dev", link)
        _ip("link", "set", link, "up")
        _ip("-n", name, "addr", "add", f"{inner}/30", "dev", "inner")
        _ip("-n", name, "link", "set", "inner", "up")
        command = ["ip", "netns", "exec", name, sys.executable, "-c", _RELAY, inner, str(PORT), socket]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as relay:
            try:
                assert relay.stdout is not None
                assert relay.stdout.readline() == "ready\n"
                yield Host(name, inner)
            finally:
                relay.kill()
    finally:
        subprocess.run(["ip", "link", "del", link], capture_output=True, check=False)
        time.sleep(0.1)
        _ip("netns", "del", name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
