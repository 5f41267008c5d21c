"""What the process asks of the kernel before it holds a secret: no core dump, no debugger, no new rights, nothing in swap.

Linux; elsewhere each step that does not exist is left out and said. Not against root, who may do all of it anyway.
"""

import ctypes
import os
import resource

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38  # linux/prctl.h
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # linux/mman.h


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


def _does(kernel: ctypes.CDLL, name: str, *arguments: int) -> bool:
    try:
        return int(getattr(kernel, name)(*(ctypes.c_ulong(one) for one in arguments))) == 0
    except AttributeError:  # not this kernel
        return False
