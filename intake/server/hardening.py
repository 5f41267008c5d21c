"""What the process asks of the kernel before it holds a secret: no core dump, no debugger, no new rights, nothing in swap.

Linux; elsewhere each step that does not exist is left out and said. Not against root, who may do all of it anyway.
"""

import ctypes
import os
import platform
import resource
import sys

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38  # linux/prctl.h
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # linux/mman.h
# Freed memory is filled with this byte; none is kept aside unfilled (glibc's manual, Tunables).
_OVERWRITTEN = "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0"
# Two heaps for all threads. With one each, every thread keeps the most that it ever held at once: a withdrawal copies its day's
# root in whichever thread is free, and in time all of them hold as much as the largest root. With one, the event loop waits
# while a receipt's 19 MiB are filled (docs/evidence/performance.md): the threads that stretch begin first, and take the second.
_TWO_HEAPS = "glibc.malloc.arena_max=2"

left: list[str] = []
"""What could not be done for this process, in words for the operator: `intake doctor` says it."""


def harden() -> None:
    """Harden this process; what cannot be done is put down in `left`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    kernel = ctypes.CDLL(None, use_errno=True)
    # Not dumpable: no core however the limit is set, and no other process of this user may attach or read /proc/…/mem.
    if not _does(kernel, "prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0):
        left.append("another process of this user may read the memory of this one")
    if not _does(kernel, "prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        left.append("programs that this one starts may gain rights")
    # With a limit, whatever is asked for beyond it would fail later, in the middle of something.
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY or os.geteuid() == 0
    if not unlimited or not _does(kernel, "mlockall", _MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT):
        left.append("memory may be swapped to disk: switch swap off or encrypt it, or set LimitMEMLOCK=infinity")


def overwrite_what_is_freed() -> None:
    """Have every byte that this process frees overwritten at once: what Python cannot erase in place, texts above all, is gone
    when the last that used it lets go. The allocator is told at a process's start alone, so this begins the program again.

    glibc; elsewhere nothing is done (`not_overwritten`). Not reached: what something still holds, and the buffer that the event
    loop reads into, which holds the last bytes that came until others come over them (SECURITY.md).
    """
    if not not_overwritten() and "PYTHONMALLOC" not in os.environ:
        tunables = ":".join(filter(None, (os.environ.get("GLIBC_TUNABLES"), _OVERWRITTEN, _TWO_HEAPS)))
        wanted = {**os.environ, "PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": tunables}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)  # noqa: S606  # no shell, and ourselves


def not_overwritten() -> list[str]:
    """Why what a server of this user frees would not be overwritten; empty if it is."""
    if platform.libc_ver()[0] != "glibc":
        return ["what the server frees is not overwritten: that needs glibc"]
    chosen, tunables = os.environ.get("PYTHONMALLOC"), os.environ.get("GLIBC_TUNABLES", "")
    if chosen is not None and (chosen != "malloc" or _OVERWRITTEN not in tunables):
        return ["what the server frees is not overwritten: PYTHONMALLOC or GLIBC_TUNABLES is set to something else"]
    return []


def _does(kernel: ctypes.CDLL, name: str, *arguments: int) -> bool:
    try:
        return int(getattr(kernel, name)(*(ctypes.c_ulong(one) for one in arguments))) == 0
    except AttributeError:  # not this kernel
        return False
