"""Two who do the same work: their answers are compared first, then they take turns and their times are kept.

In comes a Row, out come Outcomes, one for each peer. A peer is a function here, or a script of `benchmarks/peers` that
runs in its own environment and waits, between its turns, on its standard input.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
PEERS = HERE.parent / "build" / "peers" / ".venv" / "bin" / "python"


@dataclass(frozen=True)
class Peer:
    """One to compare with.

    Attributes
    ----------
    name : str
        As the table says it; a script adds its version.
    work : callable or str
        Does the work here, or the name of a script in `benchmarks/peers`.
    check : callable
        Takes our answer and the peer's, raises AssertionError where they differ; returns what was compared, in words.
    ratio : float
        The reach: our time over the peer's, at most.
    """

    name: str
    work: Callable[[], Any] | str
    check: Callable[[Any, Any], str]
    ratio: float = np.inf


@dataclass(frozen=True)
class Row:
    """One piece of work.

    Attributes
    ----------
    work : str
        What is done, in words.
    ours : callable
        Does it.
    peers : tuple of Peer
        May be empty.
    inputs : mapping of name to array
        What scripts are given.
    seconds : float
        The reach: our time, at most; infinite where only ratios count.
    beyond : float
        The reach: our time less the peer's, at most.
    bars : int
        Asset-bars that the work goes through, for a rate; 0 where that says nothing.
    rate : float
        The reach: asset-bars a second, at least.
    """

    work: str
    ours: Callable[[], Any]
    peers: tuple[Peer, ...] = ()
    inputs: Mapping[str, np.ndarray] = field(default_factory=dict)
    seconds: float = np.inf
    beyond: float = np.inf
    bars: int = 0
    rate: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What a Row came to against one peer: seconds of each turn, theirs empty where there is no peer."""

    row: Row
    peer: Peer | None
    version: str
    compared: str
    ours: np.ndarray
    theirs: np.ndarray

    @property
    def ratio(self) -> float:
        """Median of our time over the peer's, turn by turn; NaN without a peer."""
        return float(np.median(self.ours / self.theirs)) if len(self.theirs) else np.nan

    @property
    def best_ratio(self) -> float:
        """Our fastest turn over the peer's: what is left when the machine is busy with other things."""
        return float(self.ours.min() / self.theirs.min()) if len(self.theirs) else np.nan

    @property
    def passed(self) -> bool:
        """Whether every reach that the row states is met, by medians."""
        median, row = float(np.median(self.ours)), self.row
        met = [median <= row.seconds, row.bars / median >= row.rate]
        if self.peer is not None:
            met += [not self.ratio > self.peer.ratio, median - float(np.median(self.theirs)) <= row.beyond]
        return all(met)


def race(row: Row, turns: int = 5) -> list[Outcome]:
    """Compare, then time, ours and each peer in turn.

    Parameters
    ----------
    row : Row
        What to do.
    turns : int
        Timed turns of each, ≥ 1, after one that is not timed.

    Returns
    -------
    list of Outcome
        One for each peer; one for a row without any. A peer whose environment is not there is left out.
    """
    answer = row.ours()
    if not row.peers:
        return [Outcome(row, None, "", "", np.array([timed(row.ours) for _ in range(turns)]), np.empty(0))]
    return [_against(row, peer, answer, turns) for peer in row.peers if available(peer)]


def available(peer: Peer) -> bool:
    """Whether a peer can be run: functions always, scripts where `make bench` has made their environment."""
    return callable(peer.work) or PEERS.exists()


def _against(row: Row, peer: Peer, answer: Any, turns: int) -> Outcome:
    with ExitStack() as stack:
        other = _Here(peer.work) if callable(peer.work) else stack.enter_context(_There(peer.work, row.inputs))
        compared = peer.check(answer, other.answer())
        times = np.array([(timed(row.ours), other.seconds()) for _ in range(turns)])  # (turns, 2)
    return Outcome(row, peer, other.version, compared, times[:, 0], times[:, 1])


def timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    kept = work()  # what it gives back is thrown away after the clock has stopped
    seconds = time.perf_counter() - start
    del kept
    return seconds


class _Here:
    """A function of this process."""

    version = ""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.answer = work
        self.seconds = lambda: timed(work)


class _There:
    """A script in another environment, which reads its inputs once and then does one turn for each line it is given."""

    def __init__(self, script: str, inputs: Mapping[str, np.ndarray]) -> None:
        self._script, self._inputs = script, inputs

    def __enter__(self) -> "_There":
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        for name, values in self._inputs.items():
            np.save(folder / f"{name}.npy", values)
        command = [PEERS, "-W", "ignore", HERE / "peers" / f"{self._script}.py", folder]
        with (folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        try:
            self.version = self._ask(None)["version"]
        except RuntimeError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()

    def answer(self) -> dict[str, np.ndarray]:
        """One turn, with its answer."""
        self._ask("answer")
        with np.load(Path(self._folder.name) / "answer.npz") as answer:
            return dict(answer)

    def seconds(self) -> float:
        """One turn, timed over there."""
        return self._ask("turn")["seconds"]

    def _ask(self, what: str | None) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if what is not None:
            self._process.stdin.write(what + "\n")
            self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith('{"turn"'):
                return json.loads(line)
        said = (Path(self._folder.name) / "log").read_text().strip().splitlines() or ["nothing"]
        raise RuntimeError(f"the peer {self._script} stopped, saying: {said[-1]}")
