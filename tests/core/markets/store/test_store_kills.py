"""A writer killed at any operation on the disk leaves the old store or the new, and running again completes.

What happens before the disk is touched (reading the file, judging its rows) is done once and remembered, and syncing is
counted but left out: a kill takes nothing back that was written, only a power cut does.
"""

import functools
import os
import shutil

import numpy as np
import pandas as pd
import pytest
from killed import interrupted

from dlcore.markets import load_panel
from dlcore.markets.store import filling, import_panel, importing, read_quarantine, refresh, verify_store
from dlcore.markets.store.manifest import read_manifest
from dlcore.markets.store.places import is_store

OLD = "date,symbol,close\n2020-01-02,KO,54\n2020-01-02,CL,-61\n"
NEW = "date,symbol,close\n2020-01-02,KO,54\n2020-01-02,CL,61\n2021-01-04,KO,-50\n2021-01-04,PEP,140\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nothing is worked out twice, in this process or in the children forked from it."""
    judged = {}

    def screen_rows(frame, calendar, days):
        key = frame.to_csv(), calendar, days.tobytes()
        if key not in judged:
            judged[key] = screened(frame, calendar, days)
        return judged[key]

    screened = importing.screen_rows
    monkeypatch.setattr(importing, "screen_rows", screen_rows)
    monkeypatch.setattr(filling, "screen_rows", screen_rows)
    monkeypatch.setattr(importing, "read_rows", functools.cache(importing.read_rows))
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def contents(name: str) -> tuple | None:
    """All that a reader can see of a store."""
    if not is_store(name):
        return None
    panel, kept = load_panel(name), read_quarantine(name)
    assert verify_store(name) == []
    return panel.to_dict()["data_vars"].__repr__(), repr(panel.coords), kept.drop(columns="run").to_csv()


def leftovers(folder) -> set[str]:
    """Files in a store that its manifest does not name."""
    named = {part.file for part in read_manifest(folder).parts} | {"lock", "manifest.json"}
    return {place.name for place in folder.iterdir()} - named


@pytest.fixture
def restore(tmp_path, root):
    """A function that brings the stores back to what they were when it was first called."""
    saved = tmp_path / "saved"

    def restored():
        if not saved.exists():
            shutil.copytree(root, saved) if root.exists() else saved.mkdir()
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(saved, root)

    return restored


def every_kill(name, folder, restore, work):
    """Kill at each operation in turn; the number of them."""
    restore()
    before = contents(name)
    work()
    after = contents(name)
    assert before != after
    at, killed = 0, True
    while killed:
        at += 1
        restore()
        killed = interrupted(work, at)
        assert contents(name) in ((before, after) if killed else (after,))
        if killed:
            work()
            assert contents(name) == after
            assert not {place for place in leftovers(folder) if place.endswith(".tmp")}
    return at - 1


def test_a_killed_first_import_is_no_store_or_all_of_it(tmp_path, root, restore):
    (tmp_path / "p.csv").write_text(OLD)
    count = every_kill("mine", root / "mine", restore, lambda: import_panel(tmp_path / "p.csv", "mine"))
    assert count >= 3 * 5  # a year, quarantine, manifest: open, write, sync, rename, sync of the folder


def test_a_killed_second_import_leaves_the_first_or_the_second(tmp_path, root, restore):
    for name, text in (("o", NEW), ("p", OLD), ("q", NEW)):
        (tmp_path / f"{name}.csv").write_text(text)
    import_panel(tmp_path / "o.csv", "mine")
    import_panel(tmp_path / "p.csv", "mine")
    count = every_kill("mine", root / "mine", restore, lambda: import_panel(tmp_path / "q.csv", "mine"))
    assert count >= 4 * 5 + 3  # and what is swept


def test_a_killed_refresh_keeps_what_it_had_committed(scripted, invented, restore):
    first, last = "2021-01-04", "2021-01-08"
    before = {"A": invented("A", first, last)}
    now = {**before, "C": invented("C", first, last)}
    now["A"] = now["A"].assign(adj_close=now["A"]["adj_close"] * np.where(now["A"]["date"] < "2021-01-07", 0.9, 1.0))

    def work():
        refresh("us", scripted(now), ["A", "C"], end=last)

    refresh("us", scripted(before), ["A"], end="2021-01-06")
    restore()
    old = rows()
    work()
    new = rows()
    assert (list(old), list(new)) == (["A"], ["A", "C"])
    at, killed = 0, True
    while killed:
        at += 1
        restore()
        killed = interrupted(work, at)
        found = rows()
        assert verify_store("us") == []
        assert all(found.get(name) in (new[name], old.get(name)) for name in new), f"half of two at operation {at}"
        if killed:
            work()
            assert rows() == new
    assert at > 5 * 5  # a year and the manifest twice, the manifest alone once


def rows() -> dict[str, list]:
    """What is stored of each symbol, by date."""
    panel = load_panel("us")
    dates = panel["date"].to_numpy().astype(np.int64)
    values = np.stack([panel[name].to_numpy() for name in panel.data_vars])  # (fields, dates, assets)
    traded = ~np.isnan(panel["close"].to_numpy())
    return {
        str(asset): [dates[traded[:, i]].tolist(), values[:, traded[:, i], i].tolist()]
        for i, asset in enumerate(panel["asset"].to_numpy())
    }


def test_a_full_disk_is_an_error_and_the_old_store_stays(tmp_path, monkeypatch):
    (tmp_path / "p.csv").write_text(OLD)
    (tmp_path / "q.csv").write_text(NEW)
    import_panel(tmp_path / "p.csv", "mine")
    before = contents("mine")

    def full(descriptor, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        import_panel(tmp_path / "q.csv", "mine")
    assert contents("mine") == before
    monkeypatch.undo()
    monkeypatch.setenv("DLCORE_STORE", str(tmp_path / "store"))
    import_panel(tmp_path / "q.csv", "mine")
    assert contents("mine") != before
    assert pd.Timestamp("2021-01-04") in load_panel("mine").indexes["date"]
