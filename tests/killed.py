"""Work that is killed at a chosen operation on the disk, in a child forked from this warm process."""

import os
import signal
import warnings

OPERATIONS = ("open", "write", "fsync", "replace", "unlink", "mkdir", "ftruncate", "pwrite")


def interrupted(work, at: int) -> bool:
    """Do the work in a forked child that is killed at its n-th operation on the disk; whether it came that far."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 on: this process has threads of libraries
        child = os.fork()
    if child == 0:
        try:
            _arm(at)
            work()
            os._exit(0)
        except BaseException:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the work itself failed"
    return os.WIFSIGNALED(status)


def _arm(at: int) -> None:
    """From now on every operation counts, and the n-th kills; a write has then written half."""
    count = 0

    def dying(name, operation):
        def counted(*arguments, **named):
            nonlocal count
            count += 1
            if count == at:
                if name == "write":
                    operation(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return operation(*arguments, **named)

        return counted

    for name in OPERATIONS:
        setattr(os, name, dying(name, getattr(os, name)))
