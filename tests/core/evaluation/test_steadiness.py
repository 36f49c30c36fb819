"""Stability of scores and turnover of weights, against scipy and a plain loop over dates."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from dlcore.evaluation import prediction_stability, turnover

RNG = np.random.default_rng(0)


def panel(values: np.ndarray) -> xr.DataArray:
    dates, assets = np.shape(values)
    coords = {"date": pd.bdate_range("2015-01-01", periods=dates), "asset": np.arange(assets)}
    return xr.DataArray(np.asarray(values, dtype=float), coords, ("date", "asset"))


@pytest.mark.parametrize("lag", [1, 5])
def test_stability_is_the_rank_correlation_with_before(lag):
    values = np.where(RNG.random((30, 40)) < 0.2, np.nan, RNG.standard_normal((30, 40)).cumsum(axis=0))
    found = prediction_stability(panel(values), lag=lag)
    assert np.isnan(found[:lag]).all()
    for t in range(lag, 30):
        expected = stats.spearmanr(values[t], values[t - lag], nan_policy="omit")[0]
        assert float(found[t]) == pytest.approx(expected, abs=1e-12)
    assert found.name == "stability"


def test_what_does_not_change_is_stable():
    assert np.allclose(prediction_stability(panel(np.tile(np.arange(20.0), (5, 1))))[1:], 1)


def by_loop(weights: np.ndarray, returns: np.ndarray) -> list[float]:
    held, traded = np.zeros(weights.shape[1]), []
    for w, r in zip(np.nan_to_num(weights), np.nan_to_num(returns), strict=True):
        cash = 1 - held.sum()
        money = held * (1 + r)
        held = money / (money.sum() + cash)
        traded.append(abs(w - held).sum())
        held = w
    return traded


def test_turnover_is_that_of_a_loop_with_cash():
    weights = np.where(RNG.random((50, 8)) < 0.2, np.nan, RNG.normal(0.05, 0.1, (50, 8)))
    returns = np.where(RNG.random((50, 8)) < 0.1, np.nan, RNG.normal(0, 0.03, (50, 8)))
    np.testing.assert_allclose(turnover(panel(weights), panel(returns)), by_loop(weights, returns), rtol=1e-12)


def test_who_lets_run_trades_nothing_and_who_swaps_trades_twice():
    returns = panel(RNG.normal(0, 0.02, (40, 3)))
    wealth = (1 + returns).cumprod("date")
    drifting = wealth / wealth.sum("asset")
    assert np.abs(turnover(drifting, returns)[1:]).max() < 1e-12
    assert float(turnover(drifting, returns)[0]) == pytest.approx(1)
    swap = turnover(panel([[1, 0], [0, 1]]), panel([[0, 0], [0.5, -0.5]]))
    assert swap.to_numpy().tolist() == [1, 2]
    constant = turnover(xr.full_like(returns, 1 / 3), returns)
    assert (constant[1:] > 0).all()  # equal weights have to be bought back every day


def test_after_ruin_nothing_is_said():
    found = turnover(panel([[2.0], [1.0]]), panel([[0.0], [-0.5]]))
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda w: turnover(w.to_pandas(), w), TypeError, "weights is a DataFrame"),
        (lambda w: turnover(w, w - 5), ValueError, "no simple return is below -1"),
        (lambda w: turnover(w[::-1], w), ValueError, "dates of weights are not in order"),
        (lambda w: turnover(w, w[:2]), ValueError, "returns lacks date"),
        (lambda w: prediction_stability(w, lag=0), ValueError, "lag=0"),
    ],
)
def test_bad_input_is_refused(call, error, says):
    with pytest.raises(error, match=says):
        call(panel(np.full((4, 12), 0.1)))
