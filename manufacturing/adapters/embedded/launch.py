"""Becomes another program that ends with its parent: run as a script, by the path of this file.

Usage: launch.py PARENT SIGNAL UID GID PROGRAM ARGUMENT...

What has to be set in the new process itself is set here rather than in a hook between fork and exec, which may
deadlock in a program with several threads. PARENT is the process id of the starter, SIGNAL the number of the signal to
get when it dies, UID and GID the user to become (-1: remain who we are).
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Sets up this process as told on the command line, then replaces it with the program."""
    parent, death_signal, uid, gid = (int(argument) for argument in sys.argv[1:5])
    program = sys.argv[5:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After the change of user, which clears it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit("the process that started this one has already ended")
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        os.execv(program[0], program)
    except OSError as error:
        sys.exit(f"cannot run {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
