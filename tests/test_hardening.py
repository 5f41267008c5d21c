"""A server process gives no memory to a debugger, a core dump or the swap."""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

SCRIPT = """
import sys
from intake.server import hardening
hardening.harden()
print(hardening.not_done)
sys.stdout.flush()
sys.stdin.read()
"""


@pytest.fixture
def hardened() -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.told = process.stdout.readline()  # type: ignore[attr-defined]
    return process


def test_a_crash_leaves_no_core_and_nothing_gains_rights(hardened: "subprocess.Popen[str]") -> None:
    status = Path(f"/proc/{hardened.pid}/status").read_text()
    limits = Path(f"/proc/{hardened.pid}/limits").read_text()
    assert "NoNewPrivs:\t1" in status
    assert next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()[4:6] == ["0", "0"]
    locked = int(status.split("VmLck:")[1].split()[0])
    assert locked > 0 or "swap" in hardened.told  # type: ignore[attr-defined]
    hardened.send_signal(signal.SIGQUIT)
    hardened.communicate(timeout=PATIENCE)
    assert not list(Path.cwd().glob("core*"))


def test_another_process_of_the_same_user_cannot_attach(hardened: "subprocess.Popen[str]") -> None:
    nobody = 65534
    if os.geteuid() != 0:
        pytest.skip("only root can change its account for this test")
    # A change of account also clears the flag, so the test sets the flag again first.
    script = f"import ctypes, os; os.setgid({nobody}); os.setuid({nobody}); ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)\n"
    victim = subprocess.Popen([sys.executable, "-c", script + SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    plain = subprocess.Popen([sys.executable, "-c", script + "print(1, flush=True); input()"], stdin=-1, stdout=-1, text=True)
    for process in (victim, plain):
        assert process.stdout is not None
        process.stdout.readline()
    assert attached(plain.pid, nobody)
    assert not attached(victim.pid, nobody)
    for process in (victim, plain, hardened):
        process.kill()
        process.communicate()


def attached(pid: int, user: int) -> bool:
    script = (
        f"import ctypes, os, sys\nos.setgid({user}); os.setuid({user})\n"
        f"sys.exit(ctypes.CDLL(None).ptrace(16, {pid}, 0, 0) != 0)"  # PTRACE_ATTACH
    )
    assert hasattr(ctypes, "CDLL")
    return subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
