"""One writer at a time for each store; readers never wait.

The lock is the kernel's (`flock` on a file that stays), so it ends with its process however that ends.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "lock"
PAUSE = 0.05  # seconds between two looks


@contextmanager
def only_writer(folder: Path, wait: float) -> Iterator[None]:
    """Hold the lock of a store.

    Parameters
    ----------
    folder : Path
        That of the store; it is there.
    wait : float
        Seconds to wait for another writer to end.

    Raises
    ------
    TimeoutError
        One line, where another process still writes then.
    """
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, folder.name, time.monotonic() + wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, name: str, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 20, 0).decode() or "unknown"
                raise TimeoutError(
                    f"store {name} is being written by process {holder}: try again when it has ended"
                ) from None
            time.sleep(PAUSE)
