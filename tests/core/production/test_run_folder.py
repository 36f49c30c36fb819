"""The folder of a run: done once, done again when it must be, and never half done."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlcore.production.run_folder import RunFolder
from dlcore.production.tables import read_table, write_table


def write(text):
    def work(place):
        (place / "a.txt").write_text(text)
        (place / "models").mkdir()
        (place / "models" / f"{text}.txt").write_text(text)

    return work


def test_a_step_is_done_once_and_again_for_other_inputs_or_changed_files(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.keep_config("x = 1\n")
    assert folder.do("train", "1", write("one"))
    assert not RunFolder(tmp_path / "run").do("train", "1", write("never"))
    first = folder.outputs("train")
    (tmp_path / "run" / "a.txt").write_text("meddled")
    assert not RunFolder(tmp_path / "run").is_whole("train")
    assert RunFolder(tmp_path / "run").do("train", "1", write("one"))
    assert RunFolder(tmp_path / "run").outputs("train") == first
    folder = RunFolder(tmp_path / "run")
    assert folder.do("train", "2", write("two"), notes={"until": "today"})
    assert [file.name for file in (tmp_path / "run" / "models").iterdir()] == ["two.txt"]  # nothing of the old stays
    assert RunFolder(tmp_path / "run").steps["train"]["until"] == "today"


def test_a_kill_at_any_write_or_rename_loses_that_step_at_most(tmp_path, monkeypatch):
    real = {"replace": os.replace, "write": os.write, "moved": Path.replace}
    left = [10**9]

    def counted(name):
        def call(*arguments):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            return real[name](*arguments)

        return call

    monkeypatch.setattr(os, "replace", counted("replace"))
    monkeypatch.setattr(os, "write", counted("write"))
    monkeypatch.setattr(Path, "replace", counted("moved"))
    survived, moment = False, 0
    while not survived:
        place = tmp_path / f"run{moment}"
        folder = RunFolder(place)
        folder.keep_config("x = 1\n")
        folder.do("build", "1", lambda p: (p / "b.txt").write_text("b"))
        folder.do("train", "1", write("old"))
        left[0] = moment
        try:
            folder.do("train", "2", write("new"))
            survived = True
        except KeyboardInterrupt:
            pass
        left[0] = 10**9
        after = RunFolder(place)
        assert after.is_done("build", "1")
        for inputs, text in (("1", "old"), ("2", "new")):
            if after.is_done("train", inputs):
                assert [file.name for file in (place / "models").iterdir()] == [f"{text}.txt"]
        after.do("train", "2", write("new"))
        assert after.is_done("train", "2")
        assert (place / "a.txt").read_text() == "new"
        assert sorted(p.name for p in place.iterdir()) == ["a.txt", "b.txt", "config.toml", "models", "run.json"]
        moment += 1
    assert moment > 4


def test_other_folders_and_other_versions_are_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="holds no run and is not empty: give a new folder"):
        RunFolder(tmp_path / "mine")
    with pytest.raises(ValueError, match="is a file: give a folder"):
        RunFolder(tmp_path / "mine" / "thesis.txt")
    RunFolder(tmp_path / "run").keep_config("")
    ledger = tmp_path / "run" / "run.json"
    for content, says in (
        (json.dumps({"format": 99, "steps": {}}), "holds a run of format 99, and this version reads 1"),
        ("{", "is not what a run writes"),
        ("[]", "is not what a run writes"),
    ):
        ledger.write_text(content)
        with pytest.raises(ValueError, match=says):
            RunFolder(tmp_path / "run")


@settings(max_examples=25)
@given(
    values=arrays(
        np.float32, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=st.floats(width=32, allow_infinity=False)
    )
)
def test_tables_come_back_bit_for_bit(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("table") / "t.parquet"
    dates = np.datetime64("2020-01-02", "ns") + np.arange(len(values)) * np.timedelta64(1, "D")
    axes = {"date": dates, "asset": [f"a{i}" for i in range(values.shape[1])]}
    given = xr.Dataset({"x": (("date", "asset"), values, {"warm_up": 3}), "y": (("asset", "date"), values.T)}, axes)
    write_table(given, path)
    found = read_table(path)
    xr.testing.assert_identical(found, given.transpose("date", "asset"))
    assert found["x"].dtype == np.float32
