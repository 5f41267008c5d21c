"""Harden the process before it holds a secret: no core dump, no debugger, no new privileges, nothing in swap.

Linux only. On other systems, missing steps are skipped and reported. It does not protect against root.
"""

import ctypes
import os
import platform
import resource
import sys

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38  # linux/prctl.h
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # linux/mman.h
# glibc fills freed memory with this byte, and caches none unfilled (glibc manual, Tunables).
_OVERWRITTEN = "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"
# Use two heaps for all threads. With one heap each, every thread keeps the most that it ever used: a withdrawal copies its
# day's root in whichever thread is free, so in time every thread holds as much as the largest root. With one heap in all, the
# event loop waits while a receipt's 19 MiB are filled (docs/evidence/performance.md). The Argon2 threads start first and take
# the second heap.
_TWO_HEAPS = "glibc.malloc.arena_max=2"

left: list[str] = []
"""What could not be done for this process, in words for the operator. `intake doctor` prints it."""


def harden() -> None:
    """Harden this process, and add what cannot be done to `left`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kernel = ctypes.CDLL(None, use_errno=True)
    # Not dumpable: no core whatever the limit, and no other process of this user may attach or read /proc/…/mem.
    if not _does(kernel, "prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0):
        left.append("another process of this user may read the memory of this one")
    if not _does(kernel, "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        left.append("programs that this one starts may gain rights")
    # With a limit, allocations beyond it would fail later, in the middle of a request.
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY or os.geteuid() == 0
    if not unlimited or not _does(kernel, "mlockall", _MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT):
        left.append("memory may be swapped to disk: switch swap off or encrypt it, or set LimitMEMLOCK=infinity")


def overwrite_what_is_freed() -> None:
    """Restart this program so that the allocator overwrites every byte that it frees.

    Python cannot erase its texts in place, so this erases them when the last reference is dropped. The allocator reads the
    setting
    only at a process's start. It needs glibc; elsewhere nothing is done (`not_overwritten`). It does not reach objects that are
    still
    referenced, or the event loop's read buffer, which keeps the last bytes until others replace them (SECURITY.md).
    """
    if not not_overwritten() and "PYTHONMALLOC" not in os.environ:
        tunables = ":".join(filter(None, (os.environ.get("GLIBC_TUNABLES"), _OVERWRITTEN, _TWO_HEAPS)))
        wanted = {**os.environ, "PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": tunables}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)  # noqa: S606  # no shell, and ourselves


def not_overwritten() -> list[str]:
    """Return why this user's server would not overwrite what it frees; empty if it would."""
    if platform.libc_ver()[0] != "glibc":
        return ["what the server frees is not overwritten: that needs glibc"]
    chosen, tunables = os.environ.get("PYTHONMALLOC"), os.environ.get("GLIBC_TUNABLES", "")
    if chosen is not None and (chosen != "malloc" or _OVERWRITTEN not in tunables):
        return ["what the server frees is not overwritten: PYTHONMALLOC or GLIBC_TUNABLES is set to something else"]
    return []


def _does(kernel: ctypes.CDLL, name: str, *arguments: int) -> bool:
    try:
        return int(getattr(kernel, name)(*(ctypes.c_ulong(one) for one in arguments))) == 0
    except AttributeError:  # this kernel does not have it
        return False
