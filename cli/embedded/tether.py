"""Run as a script: becomes a command that gets a signal when the thread that started it dies, even by kill -9.

It imports nothing of ours, so that it starts in a few milliseconds. The kernel watches the starting *thread*, so the one thread
that lives as long as the stack starts all children.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tether(command: list[str], ending: signal.Signals) -> list[str]:
    """The same command, tied to this process on Linux; unchanged elsewhere."""
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", __file__, str(int(ending)), str(os.getpid()), *command]


def main(arguments: list[str]) -> None:
    """Tie this process to its parent, then become the command."""
    ending, parent, *command = arguments
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(ending), 0, 0, 0)
    if os.getppid() != int(parent):  # it died before we were tied to it
        sys.exit(1)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and an ignored signal stays so across exec
    try:
        os.execvp(command[0], command)  # noqa: S606 the command is ours
    except OSError as error:
        sys.exit(f"{command[0]} could not be run: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
