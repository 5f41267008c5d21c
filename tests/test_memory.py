"""The server's memory holds nothing of a request sent without JavaScript once the request is stored.

Freed memory is shared by all threads.
"""

import os
import platform
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx2 as httpx
import pytest

from crypto import receipt
from crypto.encoding import new_id
from tests.support.browser import PASSPHRASE
from tests.support.processes import started
from tests.support.terminal import enrol

WORDS = "a-heater-for-the-third-floor"
KIND = {"content-type": "application/x-www-form-urlencoded"}
# Eight threads hold 8 MiB in small pieces, one after another. Each keeps its last piece, so no thread can return its heap.
IN_TURN = """
import threading
from pathlib import Path
from intake.server.hardening import overwrite_freed_memory

overwrite_freed_memory()
turn, all_done, kept = threading.Lock(), threading.Barrier(9), []

def resident():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) // 1024

def hold():
    with turn:
        pieces = [bytes(1000) for _ in range(8192)]
        kept.append(pieces.pop())
        del pieces
    all_done.wait()

before = resident()
for _ in range(8):
    threading.Thread(target=hold).start()
all_done.wait()
print(resident() - before)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the server is not dumpable: only root can read its memory")
def test_text_that_the_server_encrypted_is_overwritten_in_its_memory(environment: dict[str, str]) -> None:
    port = environment["INTAKE_PORT"]
    del environment["PYTHONMALLOC"]
    with started(environment) as (client, link):
        enrol(link, PASSPHRASE, "Sam")
        server = listener(int(port))
        page = client.post("/nojs/en/", content="step=begin&form=need", headers=KIND)
        ticket = page.text.split('name="ticket" value="')[1].split('"')[0]
        time.sleep(2.1)  # a person's pace
        code = receipt.generate()
        body = f"form=need&q-words={WORDS * 40}&days=7&ticket={ticket}&case={new_id()}&code={code}"
        assert client.post("/nojs/en/send/", content=body, headers=KIND).status_code == 200
        over(client)
        seen = occurrences(server, WORDS, code, "Sealed Intake")
        assert seen["Sealed Intake"] > 0, "the search reads memory"
        assert (seen[WORDS], seen[code]) == (0, 0)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc lets a program configure its allocator")
def test_memory_freed_by_one_thread_is_used_by_the_next() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONMALLOC", "GLIBC_TUNABLES")}
    done = subprocess.run([sys.executable, "-c", IN_TURN], env=environment, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 32, "MiB; heaps of their own would keep 64"


def over(client: httpx.Client) -> None:
    """Send a longer body, which overwrites what the event loop's buffer still holds."""
    assert client.post("/nojs/en/", content="step=begin&form=need&more=" + "x" * 20_000, headers=KIND).status_code == 200


def listener(port: int) -> int:
    """Return the id of the process that listens on this port."""
    wanted = f":{port:04X}"
    inode = next(
        parts[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if (parts := line.split())[1].endswith(wanted) and parts[3] == "0A"
    )
    for folder in Path("/proc").glob("[0-9]*/fd"):
        for descriptor in folder.iterdir():
            try:
                if descriptor.readlink().name == f"socket:[{inode}]":
                    return int(folder.parent.name)
            except OSError:
                continue
    raise AssertionError("nobody listens")


def occurrences(process: int, *words: str) -> Counter[str]:
    """Count each word in all memory that the process can read and write."""
    count: Counter[str] = Counter()
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            addresses, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(text, 16) for text in addresses.split("-"))
            memory.seek(start)
            try:
                part = memory.read(end - start)
            except OSError:
                continue
            count.update({word: part.count(word.encode()) for word in words})
    return count
