"""Selection: it drops what is redundant, looks at training alone, and says the same twice."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from dlcore.features import build_features, recipes, select_by_correlation
from dlcore.markets import load_panel


def made(**columns: np.ndarray) -> xr.Dataset:
    coords = {"date": pd.bdate_range("2020-01-01", periods=100), "asset": ["a", "b"]}
    return xr.Dataset({name: (("date", "asset"), x) for name, x in columns.items()}, coords)


@pytest.fixture
def features() -> xr.Dataset:
    a, b, c, noise = np.random.default_rng(0).normal(size=(4, 100, 2))
    return made(a=a, b=b, copy_of_a=-a + 0.01 * noise, mix=a + b + 0.5 * noise, c=c)


@pytest.fixture
def train(features) -> xr.DataArray:
    return (features["date"] < features["date"][80]).drop_vars("date").assign_coords(date=features["date"])


def greedy(features: xr.Dataset, keep: int) -> list[str]:
    """The same rule on a pandas frame."""
    frame = features.to_dataframe()[list(features.data_vars)].dropna()
    while frame.shape[1] > keep:
        table = frame.corr().abs().to_numpy(copy=True)
        np.fill_diagonal(table, 0)
        i, j = np.unravel_index(np.triu(table).argmax(), table.shape)
        frame = frame.drop(columns=frame.columns[i if table[i].mean() > table[j].mean() else j])
    return list(frame.columns)


@pytest.mark.parametrize("keep", [1, 2, 3, 4, 5])
def test_the_rule_is_that_of_a_plain_loop(features, train, keep):
    kept = select_by_correlation(features, train, keep)
    assert list(kept) == greedy(features.isel(date=slice(80)), keep)
    assert kept == select_by_correlation(features, train, keep)


def test_one_of_two_copies_goes(features, train):
    kept = select_by_correlation(features, train, 4)
    assert len({"a", "copy_of_a"} & set(kept)) == 1
    assert {"b", "c", "mix"} <= set(kept)


def test_only_training_cells_are_looked_at(features, train):
    other = features.copy(deep=True)
    other["c"][80:] = other["b"][80:]
    other["c"][90] = np.nan
    for keep in (1, 3, 4):
        assert select_by_correlation(other, train, keep) == select_by_correlation(features, train, keep)


def test_twenty_four_become_nineteen():
    panel = load_panel("simulated-sp500?assets=30&sessions=300")
    engineered = build_features(panel, recipes.ENGINEERED_24)
    mask = xr.zeros_like(engineered["close"], dtype=bool)
    mask[:200] = True
    kept = select_by_correlation(engineered, mask)
    assert len(kept) == 19
    assert list(kept) == greedy(engineered.isel(date=slice(200)), 19)
    assert len({"open", "high", "low", "close", "sma_5", "sma_10", "sma_20"} & set(kept)) <= 3


def test_what_is_wrong_is_refused(features, train):
    for keep in (0, 6, 2.5, True):
        with pytest.raises(ValueError, match=f"keep={keep} is not allowed: give an integer from 1 to 5"):
            select_by_correlation(features, train, keep)
    with pytest.raises(ValueError, match="c is constant in training"):
        select_by_correlation(features.assign(c=xr.zeros_like(features["c"])), train, 3)
    with pytest.raises(ValueError, match="0 training cells have all features"):
        select_by_correlation(features.where(~train), train, 3)
    with pytest.raises(ValueError, match="no training cell"):
        select_by_correlation(features, train & False, 3)
    with pytest.raises(ValueError, match="another axis"):
        select_by_correlation(features, train[1:], 3)
