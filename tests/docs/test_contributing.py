"""The examples of the contributor's page keep what it says: the model passes the battery, the source fills a store."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from reading import read

from challenges.course.catalog import ROOT
from dlcore import models
from dlcore.evaluation.leaks import assert_causal
from dlcore.features import build_features
from dlcore.features.columns import COLUMNS
from dlcore.markets import load_panel
from dlcore.markets.store import refresh

PAGE = Path("docs/development/contributing.md")


def example(word: str) -> dict:
    """The names of the page's one block of Python that holds a word."""
    (block,) = [block for block in read(PAGE)[1] if block.language == "python" and word in block.text]
    names = {"__name__": "models"}
    exec(compile(block.text, f"{PAGE}:{block.first}", "exec"), names)
    return names


def battery():
    """The contract of every model, from the folder where it lies."""
    spec = importlib.util.spec_from_file_location("the_battery", ROOT / "tests" / "core" / "models" / "battery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_model_passes_the_battery(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "models", models)  # where the page says that it is to lie
    slope = example("Slope")["Slope"]
    monkeypatch.setattr(models, "Slope", slope, raising=False)
    monkeypatch.setattr(models, "__all__", [*models.__all__, "Slope"])
    battery().check_forecaster(slope, tmp_path)
    battery().check_no_tomorrow(slope)


def test_the_feature_is_causal_and_has_its_rank(monkeypatch):
    monkeypatch.setitem(COLUMNS, "close_to_sma_50", example("column = Column")["column"])
    panel = load_panel("simulated-sp500?assets=10&sessions=130")
    features = build_features(panel, ["close_to_sma_50", "rank_close_to_sma_50"])
    assert np.isfinite(features["rank_close_to_sma_50"][60:]).any()
    assert_causal(lambda prices: build_features(prices, list(features)), panel)


@pytest.mark.parametrize("end", ["2020-01-10", None])
def test_the_source_fills_a_store(monkeypatch, tmp_path, end):
    monkeypatch.setenv("DLCORE_STORE", str(tmp_path / "store"))
    report = refresh("mine", example("Flat")["Flat"](), ["AAPL", "KO"], end=end)
    assert (report.stored, report.failed) == (["AAPL", "KO"], {})
    assert (load_panel("mine")["close"] == 100).all()
