"""Several processes at one store: writers take turns, readers never wait and never see half of anything."""

import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import Scripted, invent

from dlcore.markets import load_panel
from dlcore.markets.store import import_panel, query, refresh
from dlcore.markets.store.manifest import read_manifest
from dlcore.markets.store.writer import open_writer

FORK = multiprocessing.get_context("fork")
END = "2021-01-08"


def text(level: float) -> str:
    days = ("2019-12-30", "2019-12-31", "2020-01-02", "2020-01-03", "2021-01-04")
    return "date,symbol,close\n" + "".join(f"{day},{name},{level}\n" for day in days for name in ("A", "B"))


def import_many(folder: Path, levels: range) -> None:
    for level in levels:
        path = folder / f"{level}.csv"
        path.write_text(text(level))
        import_panel(path, "mine")


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_readers_see_one_generation_while_writers_replace_them(tmp_path, root):
    import_many(tmp_path, range(1, 2))
    writers = [FORK.Process(target=import_many, args=(tmp_path, range(k, k + 8))) for k in (10, 20)]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        levels = np.unique(load_panel("mine")["close"].to_numpy())
        assert len(levels) == 1, "half of two generations"
        asked = query("select count(*) n, min(close) low, max(close) high from mine")
        assert (asked["n"].item(), asked["low"].item()) == (10, asked["high"].item())
        seen.add(float(levels[0]))
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    manifest = read_manifest(root / "mine")
    assert (manifest.generation, len(manifest.runs)) == (17, 17)  # nobody's import was lost
    assert len(seen) > 1


def refresh_in_pieces(names: list[str]) -> None:
    refresh("us", Scripted({name: invent(name) for name in names}, size=1), names, end=END)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_two_refreshes_at_once_lose_nothing(root):
    groups = [["A", "B", "C", "D"], ["C", "D", "E", "F"]]
    writers = [FORK.Process(target=refresh_in_pieces, args=(names,)) for names in groups]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    panel = load_panel("us")
    assert sorted(panel["asset"].to_numpy().tolist()) == ["A", "B", "C", "D", "E", "F"]
    for name in panel["asset"].to_numpy():
        rows = invent(str(name)).set_index("date").loc[:END]
        np.testing.assert_array_equal(panel["close"].sel(asset=name), rows["close"])
    assert read_manifest(root / "us").rows == 6 * 18


def hold(ready, done) -> None:
    with open_writer("mine", 0):
        ready.set()
        done.wait(30)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_second_writer_waits_and_is_then_told_in_one_line(tmp_path):
    import_many(tmp_path, range(1, 2))
    ready, done = FORK.Event(), FORK.Event()
    holder = FORK.Process(target=hold, args=(ready, done))
    holder.start()
    assert ready.wait(30)
    before = time.monotonic()
    with pytest.raises(TimeoutError, match=f"store mine is being written by process {holder.pid}: try again"):
        import_panel(tmp_path / "1.csv", "mine", wait=0.2)
    assert time.monotonic() - before >= 0.2
    assert load_panel("mine").sizes["date"] == 5  # a reader does not wait
    holder.kill()  # the lock ends with its process
    holder.join()
    import_panel(tmp_path / "1.csv", "mine", wait=0.2)
