"""The other side of `race`: does one turn for each line on standard input. Runs where only the peer is installed."""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np


def take_turns(prepare, *packages):
    """Answer until standard input ends.

    Parameters
    ----------
    prepare : callable
        Takes the inputs by name and gives back the function to be timed and, behind it, one that makes arrays by name
        of what that returns.
    packages : str
        Whose versions are reported.
    """
    folder = Path(sys.argv[1])
    work, arrays = prepare({path.stem: np.load(path, allow_pickle=False) for path in folder.glob("*.npy")})
    _say(version=", ".join(f"{package} {version(package)}" for package in packages))
    for line in sys.stdin:
        start = time.perf_counter()
        kept = work()
        seconds = time.perf_counter() - start
        if line.strip() == "answer":
            np.savez(folder / "answer.npz", **arrays(kept))
        del kept
        _say(seconds=seconds)


def _say(**what):
    print(json.dumps({"turn": True} | what), flush=True)
