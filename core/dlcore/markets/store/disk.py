"""Writing so that a kill at any moment leaves the old content or the new, never half of one.

In come names and bytes. Content is written to a temporary name aside, brought to the disk, and renamed; the folder is
brought to the disk after it.
"""

import os
from pathlib import Path

ASIDE = ".tmp"


def write_durably(target: Path, content: bytes) -> None:
    """Put content in place of whatever is at the target.

    Parameters
    ----------
    target : Path
        In a folder that is there. A killed write leaves a file whose name ends in `ASIDE` beside it.
    content : bytes
        All of it.
    """
    aside = target.with_name(target.name + ASIDE)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(aside, target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
