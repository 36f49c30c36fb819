"""Where a run is kept: its config, what each step wrote, and from what.

In come steps with a fingerprint of their inputs, out come their files, once: a step whose inputs have not changed and
whose files are as it wrote them is not done again. Files are written aside and renamed, and a step counts as done only
when its line in `run.json` says so: a kill at any moment loses that step at most.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dlcore.markets.store.disk import sync_folder, write_durably

FORMAT = 1
LEDGER, CONFIG = "run.json", "config.toml"
ASIDE = ".part"


class RunFolder:
    """A folder with one run.

    Parameters
    ----------
    path : str or Path
        Made where it is not there yet.

    Raises
    ------
    ValueError
        For a folder that holds something else, or a run of another format.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise ValueError(f"{self.path} is a file: give a folder")
        if self.path.is_dir() and any(self.path.iterdir()) and not (self.path / LEDGER).exists():
            raise ValueError(f"{self.path} holds no run and is not empty: give a new folder")
        self.steps: dict[str, dict[str, Any]] = _read_ledger(self.path / LEDGER)

    def keep_config(self, text: str) -> None:
        """Write the config that the steps from now on follow."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not (self.path / LEDGER).exists():
            self._write_ledger()
        if not (self.path / CONFIG).is_file() or (self.path / CONFIG).read_text(encoding="utf-8") != text:
            write_durably(self.path / CONFIG, text.encode())

    def is_done(self, step: str, inputs: str) -> bool:
        """Whether a step was done with these inputs, and its files are there as it wrote them."""
        done = self.steps.get(step)
        return done is not None and done["inputs"] == inputs and self.is_whole(step)

    def is_whole(self, step: str) -> bool:
        """Whether a step was ever finished, and its files are there as it wrote them."""
        files = self.steps[step]["files"] if step in self.steps else {"": ""}
        return all((self.path / name).is_file() and _hash(self.path / name) == sha for name, sha in files.items())

    def do(
        self, step: str, inputs: str, work: Callable[[Path], Any], *, notes: Mapping[str, Any] | None = None
    ) -> bool:
        """Do a step, unless it is done.

        Parameters
        ----------
        step : str
            Its name.
        inputs : str
            Fingerprint of all that its result depends on.
        work : callable
            Writes files and folders into the empty folder that it is given. They replace those of the same names.
        notes : mapping, optional
            Kept in the ledger beside it, as JSON can hold it.

        Returns
        -------
        bool
            Whether it had to be done.
        """
        if self.is_done(step, inputs):
            return False
        aside = self.path / f"{ASIDE}-{step}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        work(aside)
        files = {str(file.relative_to(aside)): _hash(file) for file in sorted(aside.rglob("*")) if file.is_file()}
        if self.steps.pop(step, None):
            self._write_ledger()  # from here until the end it is not done
        for made in sorted(aside.iterdir()):
            place = self.path / made.name
            if place.is_dir():
                shutil.rmtree(place)
            made.replace(place)
        aside.rmdir()
        sync_folder(self.path)
        self.steps[step] = {"inputs": inputs, "files": files, **(notes or {})}
        self._write_ledger()
        return True

    def outputs(self, step: str) -> str:
        """Fingerprint of what a step wrote."""
        return fingerprint(self.steps[step]["files"])

    def _write_ledger(self) -> None:
        ledger = {"format": FORMAT, "steps": self.steps}
        write_durably(self.path / LEDGER, json.dumps(ledger, indent=1, ensure_ascii=False).encode())


def fingerprint(*parts: Any) -> str:
    """SHA-256 of plain values, as JSON writes them."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _read_ledger(file: Path) -> dict[str, dict[str, Any]]:
    if not file.exists():
        return {}
    try:
        ledger = json.loads(file.read_text(encoding="utf-8"))
        written, steps = ledger["format"], ledger["steps"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{file} is not what a run writes: give a new folder") from None
    if written != FORMAT:
        raise ValueError(
            f"{file.parent} holds a run of format {written!r}, and this version reads {FORMAT}: start anew"
        )
    return steps
