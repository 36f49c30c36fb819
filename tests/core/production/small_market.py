"""A small market in which last week's winners win again, or in which nothing does, and a config that fits it."""

import numpy as np
import pandas as pd

from dlcore.markets.calendar import sessions
from dlcore.markets.panel import build_panel
from dlcore.production import make_config

ATTRS = {"source": "made here", "adjustment": "none", "licence": "MIT", "retrieved_at": "now", "calendar": "XNYS"}


def made_panel(seed=0, *, drift=0.25, assets=24, count=330, fields=("open", "high", "low", "close", "volume")):
    """Returns of a day lean on those of the five before, by `drift`; opens lie a little off the close before."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.01, (count, assets))
    for t in range(5, count):
        steps[t] += drift * steps[t - 5 : t].mean(axis=0)
    close = 50 * np.exp(np.cumsum(steps, axis=0))
    before = np.vstack([np.full((1, assets), 50.0), close[:-1]])
    opened = before * np.exp(rng.normal(0, 0.001, close.shape))
    bars = {
        "open": opened,
        "high": np.maximum(opened, close) * 1.004,
        "low": np.minimum(opened, close) * 0.996,
        "close": close,
        "volume": rng.uniform(1e5, 2e5, close.shape),
    }
    dates = sessions("2015-01-02", "2019-12-31")[:count]
    names = [f"A{i:02d}" for i in range(assets)]
    return build_panel({name: pd.DataFrame(bars[name], dates, names) for name in fields}, ATTRS)


def made_config(folder, **tables):
    """Few features that warm up soon, a ridge, five names a side; `tables` change it."""
    base = {
        "features": {"recipes": [], "columns": ["log_return_1", "log_return_5", "rank_log_return_5"]},
        "walk_forward": {"train": 120, "test": 60, "validation": 40, "embargo": 1},
        "model": {"name": "Ridge"},
        "portfolio": {"top": 5, "bottom": 5},
        "run": {"folder": str(folder)},
    }
    for name, table in tables.items():
        base[name] = base.get(name, {}) | table if name != "model" else table
    return make_config(base)
