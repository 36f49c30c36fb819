"""Small panels with everything that goes wrong in listings: halts, gaps, late starts, delistings, missing opens."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from dlcore.markets.calendar import sessions
from dlcore.markets.panel import build_panel

WORDS = dict.fromkeys(("source", "adjustment", "licence", "retrieved_at"), "a test") | {"calendar": "XNYS"}


def panel_of(close: np.ndarray, open: np.ndarray | None = None, benchmark: np.ndarray | None = None) -> xr.Dataset:
    """A panel on consecutive sessions; arrays (dates, assets), benchmark (dates,)."""
    dates = sessions("2019-01-02", "2021-12-31")[: len(close)]
    names = [f"A{i}" for i in range(close.shape[1])]
    fields = {"close": close} | ({"open": open} if open is not None else {})
    frames = {name: pd.DataFrame(field, dates, names) for name, field in fields.items()}
    daily = {"benchmark": pd.Series(benchmark, dates)} if benchmark is not None else None
    return build_panel(frames, WORDS, per_date=daily)


def ragged_panel(seed: int, *, length: int = 70, assets: int = 5, benchmark: bool = False) -> xr.Dataset:
    """Random walks with holes of every kind; some stocks never trade again, some only lack the newest rows."""
    rng = np.random.default_rng(seed)
    close = 50 * np.exp(rng.normal(0, 0.03, (length, assets)).cumsum(axis=0))
    open_ = close * np.exp(rng.normal(0, 0.01, (length, assets)))
    halted = rng.random((length, assets)) < rng.choice([0, 0.05, 0.4])
    for j in range(assets):
        start, stop = rng.integers(0, length, 2)
        kind = rng.choice(["whole", "late", "gone", "paused", "silent at the end", "never"], p=[0.2] * 4 + [0.15, 0.05])
        halted[:, j] |= {
            "whole": np.zeros(length, bool),
            "late": np.arange(length) < start,
            "gone": np.arange(length) > stop,
            "paused": (np.arange(length) >= start) & (np.arange(length) < start + rng.integers(1, 30)),
            "silent at the end": np.arange(length) >= length - rng.integers(1, 25),
            "never": np.ones(length, bool),
        }[str(kind)]
    close[halted] = open_[halted] = np.nan
    open_[rng.random((length, assets)) < 0.01] = np.nan
    level = 100 * np.exp(rng.normal(0, 0.01, length).cumsum()) if benchmark else None
    return panel_of(close, open_, level)


@pytest.fixture(scope="session")
def make_panel():
    return panel_of


@pytest.fixture(scope="session")
def make_ragged():
    return ragged_panel
