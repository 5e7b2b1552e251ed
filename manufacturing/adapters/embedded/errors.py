"""What can go wrong with an embedded server, told to the person who has to mend it."""


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot be used; the message says why and what to do about it."""


class ServerInUse(EmbeddedServerError):
    """A living process other than this one runs a server on the same directory."""


def explained(message: str, output: str) -> EmbeddedServerError:
    """The error for a server program that failed with ``output``, with a remedy where the cause is a known one."""
    lines = [line for line in output.strip().splitlines() if line.strip()]
    tail = "\n".join(f"  {line}" for line in lines[-8:])
    return EmbeddedServerError("\n".join(part for part in (message, _remedy(output), tail) if part))


def _remedy(output: str) -> str:
    for sign, remedy in _REMEDIES.items():
        if sign in output:
            return remedy
    return ""


_REMEDIES = {
    "No space left on device": "The disk is full: free some space, or move the state directory to another disk "
    "with MANUFACTURING_HOME.",
    "GLIBC_": "The bundled programs need glibc 2.28 or newer. Use a newer system, or set DATABASE_URL and REDIS_URL "
    "to servers of your own.",
    "could not look up effective user ID": "The current user id has no name. Give it one in /etc/passwd, or set "
    "DATABASE_URL to a server of your own.",
    "could not create shared memory": "The system refuses shared memory (kernel.shmmax, kernel.shmall, or a "
    "sandbox). Raise the limit, or set DATABASE_URL to a server of your own.",
    "has invalid permissions": "The state directory lies on a file system without Unix permissions. Move it to "
    "another one with MANUFACTURING_HOME.",
    "Permission denied": "Check who owns the state directory and its parents.",
}
