"""Where stores lie, and what they may be called.

In comes a name, out comes its folder; a name is a plain word, so that it can be neither a path nor a command.
"""

import os
import re
from pathlib import Path

from dlcore.markets.built_in import SOURCES

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
MANIFEST = "manifest.json"


def store_root() -> Path:
    """The folder that holds all stores, whether or not it is there yet.

    Returns
    -------
    Path
        ``DLCORE_STORE`` where that is set. Else ``data/store`` in the project: the nearest folder, from the working
        directory upwards, that holds both a ``pyproject.toml`` and a folder ``data``; outside of any, the working
        directory itself.
    """
    if given := os.environ.get("DLCORE_STORE"):
        return Path(os.path.expanduser(given))
    here = Path.cwd()
    projects = (up for up in (here, *here.parents) if (up / "pyproject.toml").is_file() and (up / "data").is_dir())
    return next(projects, here) / "data" / "store"


def store_folder(name: str) -> Path:
    """The folder of one store.

    Parameters
    ----------
    name : str
        A lower-case letter, then up to 63 lower-case letters, digits, ``_`` and ``-``; no built-in market.

    Returns
    -------
    Path
        Directly below `store_root`, whether or not it is there.

    Raises
    ------
    ValueError
        For any other name.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"name={name!r} is not allowed: give small letters, digits, _ and -, such as sp500")
    if name in SOURCES:
        raise ValueError(f"name={name} is not allowed: {name} is built in; give another name")
    return store_root() / name


def is_store(name: str) -> bool:
    """Whether there is a store of that name to be read; False for what cannot be a name."""
    return NAME.fullmatch(name) is not None and (store_root() / name / MANIFEST).is_file()


def store_names() -> list[str]:
    """Names of all stores, sorted."""
    root = store_root()
    return sorted(place.name for place in root.iterdir() if is_store(place.name)) if root.is_dir() else []
