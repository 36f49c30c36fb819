"""What happens inside the kernel of a course notebook: the network is cut, and the kernel tells what it used.

The runner points IPYTHONDIR at a folder whose start-up file imports this module and calls `start()`.
"""

import json
import os
import resource
import sys
from pathlib import Path

from challenges.course import guard
from challenges.course.catalog import ROOT

NOTES, NETWORK = "COURSE_KERNEL_NOTES", "NETWORK"


def repository_files() -> list[str]:
    """Files of this repository that the process has imported, relative to its root."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    # torch invents modules with a bare file name, which would seem to lie beside the notebook
    inside = (Path(f).resolve() for f in files if f and f.endswith(".py") and Path(f).is_absolute())
    return sorted(
        p.relative_to(ROOT).as_posix()
        for p in inside
        if p.is_relative_to(ROOT) and ".venv" not in p.relative_to(ROOT).parts
    )


def peak_megabytes() -> float:
    """Largest resident size of this process so far."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1e6 if sys.platform == "darwin" else 1e3)


def write_notes(*_: object) -> None:
    """Leave the list of files and the peak memory where the runner looks for them."""
    target = Path(os.environ[NOTES])
    target.write_text(json.dumps({"files": repository_files(), "peak_mb": round(peak_megabytes())}))


def start() -> None:
    """Called once, before the notebook's first cell."""
    if os.environ.get(NETWORK) != "open":
        guard.install()
    if NOTES in os.environ:
        from IPython import get_ipython

        get_ipython().events.register("post_run_cell", write_notes)
