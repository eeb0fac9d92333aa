"""No dump of a process that holds secrets: neither a core file nor a crash handler's copy of its memory."""

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4  # prctl(2)


def leave_none() -> None:
    """For this process and, of core files, all that it starts.

    A handler that the kernel pipes dumps to is not held by the limit: on Linux the process is no longer dumpable.
    Then other processes of the same user can read neither its memory nor its environment; root still can.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
