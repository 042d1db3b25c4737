"""Ties a child process to its parent's life, so that nothing started here outlives a killed parent.

Run as a script it asks the kernel for SIGTERM at the parent's death and becomes the command it was given. A
`preexec_fn` would do the same in fewer lines, but is unsafe in a process that has threads.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def tethered(command: Sequence[str]) -> list[str]:
    """Return `command` wrapped so that it ends when the calling thread ends.

    The kernel watches the thread that started the child, not the process: start long-lived children from the
    main thread. Outside Linux the command runs untethered.
    """
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def _become(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # the parent died before the request reached the kernel
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
