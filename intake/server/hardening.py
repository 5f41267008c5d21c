"""Hardens the process before it has a secret: no core dump, no debugger, no new privileges, no memory in swap.

This needs Linux. Other systems skip the missing steps and report them. Hardening does not protect against root.
"""

import ctypes
import os
import platform
import resource
import sys

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38  # linux/prctl.h
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # linux/mman.h
# glibc fills freed memory with this byte, and caches no memory unfilled (glibc manual, Tunables).
_OVERWRITTEN = "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"
# Use two heaps for all threads. With one heap each, every thread keeps the most that it ever used. A withdrawal copies its
# day's root in any free thread, so in time every thread would keep as much as the largest root. With one heap in total, the
# event loop waits while a thread fills a receipt's 19 MiB (docs/evidence/performance.md). The Argon2 threads start first and
# take the second heap.
_TWO_HEAPS = "glibc.malloc.arena_max=2"

not_done: list[str] = []
"""Steps that failed in this process, in words for the operator. `intake doctor` prints them."""


def harden() -> None:
    """Harden this process, and add each step that fails to `not_done`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kernel = ctypes.CDLL(None, use_errno=True)
    # A process that is not dumpable writes no core, and no other process of this user may attach or read /proc/…/mem.
    if not _does(kernel, "prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0):
        not_done.append("another process of this user may read the memory of this one")
    if not _does(kernel, "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        not_done.append("programs that this one starts may gain rights")
    # A limit would make later allocations fail in the middle of a request.
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY or os.geteuid() == 0
    if not unlimited or not _does(kernel, "mlockall", _MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT):
        not_done.append("memory may be swapped to disk. Switch swap off, encrypt it, or set LimitMEMLOCK=infinity")


def overwrite_freed_memory() -> None:
    """Restart this program so that the allocator overwrites every byte that it frees.

    Python cannot erase its texts in place, so the allocator erases them when the last reference is dropped. It reads the
    setting only when a process starts. This needs glibc. On other systems the function does nothing (`not_overwritten`). It
    does not reach objects that are still referenced. Nor does it reach the event loop's read buffer, which keeps the last bytes
    until new bytes replace them (SECURITY.md).
    """
    if not not_overwritten() and "PYTHONMALLOC" not in os.environ:
        tunables = ":".join(filter(None, (os.environ.get("GLIBC_TUNABLES"), _OVERWRITTEN, _TWO_HEAPS)))
        wanted = {**os.environ, "PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": tunables}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)  # noqa: S606  # no shell, and this program itself


def not_overwritten() -> list[str]:
    """Return the reasons why this user's server would not overwrite freed memory, or an empty list."""
    if platform.libc_ver()[0] != "glibc":
        return ["freed memory is not overwritten, because this system has no glibc"]
    chosen, tunables = os.environ.get("PYTHONMALLOC"), os.environ.get("GLIBC_TUNABLES", "")
    if chosen is not None and (chosen != "malloc" or _OVERWRITTEN not in tunables):
        return ["freed memory is not overwritten. Unset PYTHONMALLOC and GLIBC_TUNABLES"]
    return []


def _does(kernel: ctypes.CDLL, name: str, *arguments: int) -> bool:
    try:
        return int(getattr(kernel, name)(*(ctypes.c_ulong(argument) for argument in arguments))) == 0
    except AttributeError:  # this kernel does not have it
        return False
