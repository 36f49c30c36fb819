"""Each factor against a loop that follows its definition, one date and asset at a time."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.evaluation.leaks import assert_causal
from dlcore.features import amihud, beta, market_return, momentum, residual_momentum, reversal, volatility
from dlcore.features.kernels.comoments import rolling_comoments
from dlcore.markets import load_panel

DATA = Path(os.environ.get("DLCORE_TEST_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
REAL = DATA / "sp500_5yr" / "all_stocks_5yr.parquet"


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    """Twelve stocks with holes: one pauses, one comes late, one goes early, one has no volume for a while."""
    whole = load_panel("simulated-sp500?assets=12&sessions=160&ic=0").copy(deep=True)
    for field in ("open", "high", "low", "close", "volume"):
        whole[field][{"date": slice(70, 73), "asset": 1}] = np.nan
        whole[field][{"date": slice(0, 30), "asset": 2}] = np.nan
        whole[field][{"date": slice(120, None), "asset": 3}] = np.nan
    whole["volume"][{"date": 100, "asset": 4}] = 0.0
    return whole


def by_window(values: pd.DataFrame, window: int, function) -> np.ndarray:
    """A function of each full window (window,) of each column."""
    return values.rolling(window).apply(function, raw=True).to_numpy()


def frames(panel: xr.Dataset) -> tuple[pd.DataFrame, pd.DataFrame]:
    close = panel["close"].to_pandas()
    return close, close / close.shift() - 1


def test_momentum_and_reversal_are_two_closes_of_an_unbroken_run(panel):
    close, _ = frames(panel)
    whole = {n: close.notna().rolling(n + 1).sum() == n + 1 for n in (5, 40)}
    found = momentum(panel, 40, 5)
    assert found.name == "momentum_40_5"
    assert found.dims == ("date", "asset")
    assert found["sector"].equals(panel["sector"])
    np.testing.assert_allclose(found, (close.shift(5) / close.shift(40) - 1).where(whole[40]), rtol=1e-14)
    expected = -(close / close.shift(5) - 1).where(whole[5])
    np.testing.assert_allclose(reversal(panel), expected, rtol=1e-9, atol=1e-15)
    assert np.isnan(momentum(panel)).all()  # 160 sessions are all warm-up


def test_volatility_is_that_of_pandas(panel):
    close, _ = frames(panel)
    expected = np.log(close).diff().rolling(30).std() * np.sqrt(252)
    np.testing.assert_allclose(volatility(panel, 30), expected, rtol=1e-9)


def test_amihud_is_the_mean_of_returns_over_value(panel):
    close, returns = frames(panel)
    value = close * panel["volume"].to_pandas()
    expected = (returns.abs() / value.where(value > 0)).rolling(21).mean() * 1e6
    found = amihud(panel)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert found.to_numpy()[100:121, 4].tolist() == pytest.approx([np.nan] * 21, nan_ok=True)
    assert np.isfinite(found.to_numpy()[121, 4])


def test_the_market_is_the_benchmark_or_the_mean_of_the_universe(panel):
    _, returns = frames(panel)
    benchmark = panel["benchmark"].to_pandas()
    market = market_return(panel)
    assert market.attrs["market"] == "benchmark"
    np.testing.assert_allclose(market, benchmark / benchmark.shift() - 1)
    everyone = market_return(panel.drop_vars("benchmark"))
    assert everyone.attrs["market"] == "equal-weight mean of all assets each day"
    np.testing.assert_allclose(everyone, returns.mean(axis=1))
    universe = xr.ones_like(panel["close"], dtype=bool)
    universe[{"date": slice(50, None), "asset": slice(6)}] = False
    members = market_return(panel, universe)  # though there is a benchmark
    assert members.attrs["market"] == "equal-weight mean of the universe each day"
    np.testing.assert_allclose(members, returns.where(universe.to_pandas()).mean(axis=1))


def test_beta_is_the_slope_of_least_squares(panel):
    _, returns = frames(panel)
    market = market_return(panel)
    found = beta(panel, window=30).to_numpy()
    for t in range(1, 160, 7):
        for j in range(12):
            y, x = returns.to_numpy()[max(t - 29, 0) : t + 1, j], market.to_numpy()[max(t - 29, 0) : t + 1]
            if t < 30 or np.isnan(y).any():
                assert np.isnan(found[t, j])
            else:
                assert found[t, j] == pytest.approx(sm.OLS(y, sm.add_constant(x)).fit().params[1], rel=1e-9)


def test_residual_momentum_is_the_sum_of_residuals_over_their_noise(panel):
    _, returns = frames(panel)
    market = market_return(panel.drop_vars("benchmark"))
    found = residual_momentum(panel, market, window=60, lookback=40, skip=5).to_numpy()
    compared = 0
    for t in range(1, 160, 5):
        for j in range(12):
            y, x = returns.to_numpy()[max(t - 59, 0) : t + 1, j], market.to_numpy()[max(t - 59, 0) : t + 1]
            if t < 60 or np.isnan(y).any():
                assert np.isnan(found[t, j])
                continue
            formed = sm.OLS(y, sm.add_constant(x)).fit().resid[20:55]  # sessions t - 39 … t - 5
            assert found[t, j] == pytest.approx(formed.sum() / formed.std(ddof=1), rel=1e-8)
            compared += 1
    assert compared > 100


def test_an_asset_that_is_the_market_has_no_residuals(panel):
    only = panel.isel(asset=slice(0, 2)).copy(deep=True)
    only["close"][{"asset": 0}] = 2 * only["benchmark"]
    assert np.isnan(residual_momentum(only, window=60, lookback=40, skip=5).to_numpy()[:, 0]).all()
    np.testing.assert_allclose(beta(only, window=30).to_numpy()[30:, 0], 1.0)


@settings(max_examples=60)
@given(data=st.data(), window=st.integers(1, 12), dates=st.integers(1, 50), seed=st.integers(0, 10**6))
def test_rolling_comoments_are_those_of_each_window(data, window, dates, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, dates, 3)) + data.draw(st.sampled_from([0.0, 1e6]))
    for _ in range(data.draw(st.integers(0, 3))):
        x[data.draw(st.integers(0, dates - 1)), data.draw(st.integers(0, 2))] = np.nan
    found = rolling_comoments(x, y, window)
    expected = np.full((3, dates, 3), np.nan)
    for t in range(window - 1, dates):
        a, b = x[t - window + 1 : t + 1], y[t - window + 1 : t + 1]
        expected[:, t] = a.mean(axis=0), b.mean(axis=0), ((a - a.mean(axis=0)) * (b - b.mean(axis=0))).sum(axis=0)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(found[2], expected[2], rtol=1e-9, atol=1e-8)
    whole = np.isnan(expected[0])  # y has no holes of its own
    np.testing.assert_allclose(np.where(whole, np.nan, found[1]), np.where(whole, np.nan, expected[1]), rtol=1e-12)


def test_a_price_that_never_moved_has_no_volatility_and_what_was_not_traded_no_illiquidity(panel):
    flat = panel.copy(deep=True)
    flat["close"][:] = 0.1
    flat["volume"][:] = 0.0
    assert (volatility(flat, 20)[20:] == 0).all()
    assert np.isnan(amihud(flat)).all()


def test_a_spike_leaves_nothing_behind():
    x = np.random.default_rng(1).standard_normal((100, 2))
    spiked = x.copy()
    spiked[20] = 1e12
    before, after = (rolling_comoments(one, one, 10)[2] for one in (x, spiked))
    np.testing.assert_array_equal(after[30:], before[30:])
    assert (rolling_comoments(np.full((40, 1), 0.1), np.full((40, 1), 0.1), 7)[2][6:] == 0).all()


@pytest.mark.parametrize("factor", [momentum, reversal, volatility, market_return, beta, residual_momentum])
def test_defaults_on_real_prices(factor):
    panel = load_panel("us-large-20", "2012-01-01", assets=["AAPL", "KO", "XOM"])
    found = factor(panel)
    assert np.isfinite(found.to_numpy()[-1]).all()
    assert_causal(factor, panel)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: momentum(p, 0), r"lookback=0 is not allowed: give an integer ≥ 1"),
        (lambda p: momentum(p, 10, 10), r"skip=10 is not allowed: give an integer from 0 to 9"),
        (lambda p: reversal(p, 2.5), r"lookback=2.5 is not allowed"),
        (lambda p: volatility(p, True), r"window=True is not allowed: give an integer ≥ 2"),
        (lambda p: beta(p, window=1), r"window=1 is not allowed"),
        (
            lambda p: beta(p, market_return(p)[1:]),
            "market_return has other dates than close: give both on the same dates",
        ),
        (lambda p: residual_momentum(p, lookback=20, skip=21), r"lookback=20 is not allowed: give an integer ≥ 24"),
        (lambda p: residual_momentum(p, window=200), r"window=200 is not allowed: give an integer ≥ 252"),
        (lambda p: amihud(p.drop_vars("volume")), "the panel has no volume"),
        (lambda p: momentum(p.isel(date=slice(None, None, -1))), "not sorted and unique: sort it"),
        (lambda p: market_return(p, xr.ones_like(p["close"])), "universe of float64 .*: give booleans"),
    ],
)
def test_wrong_arguments_are_one_line(panel, call, message):
    with pytest.raises(ValueError, match=message) as error:
        call(panel)
    assert "\n" not in str(error.value)


@pytest.mark.skipif(not REAL.exists(), reason="the S&P 500 file is not at DLCORE_TEST_DATA or beside the repository")
def test_five_years_of_the_sp500():
    panel = load_panel(REAL)
    frame = pd.read_parquet(REAL)
    apple = frame[frame["Name"] == "AAPL"].sort_values("date")
    close = apple["close"].to_numpy()
    assert float(momentum(panel).sel(asset="AAPL")[-1]) == pytest.approx(close[-22] / close[-253] - 1)
    traded = close[-21:] * apple["volume"].to_numpy()[-21:]
    impact = np.abs(close[-21:] / close[-22:-1] - 1) / traded
    assert float(amihud(panel).sel(asset="AAPL")[-1]) == pytest.approx(impact.mean() * 1e6)
    slopes = beta(panel)[-1]
    assert float(slopes.mean()) == pytest.approx(1, abs=0.05)  # against the mean of all
    assert int(np.isfinite(slopes).sum()) > 480
