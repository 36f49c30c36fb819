"""Sharpe, Sortino, Calmar, hit rate and drawdown, by pencil and by loop (`test_conformance` has the packages)."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlcore.evaluation import calmar, hit_rate, max_drawdown, sharpe, sortino, underwater

FOUR = np.array([0.02, -0.01, 0.03, -0.02])
RETURNS = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1, 1) | st.sampled_from([0.0, np.nan]))


def test_by_pencil():
    assert sharpe(FOUR) == pytest.approx(0.005 / np.sqrt(0.0017 / 3) * np.sqrt(252))
    assert sortino(FOUR) == pytest.approx(0.005 / np.sqrt(0.0005 / 4) * np.sqrt(252))
    growth = 1.02 * 0.99 * 1.03 * 0.98
    assert calmar(FOUR) == pytest.approx((growth**63 - 1) / 0.02)
    assert hit_rate([0.1, 0.0, -0.2, 0.3, np.nan]) == pytest.approx(2 / 3)


def test_what_is_free_of_risk_is_taken_off_day_by_day():
    rate = np.array([0.001, 0.002, np.nan, 0.001])
    assert sharpe(FOUR, risk_free=rate) == pytest.approx(sharpe((FOUR - rate)[[0, 1, 3]]))
    assert sortino(FOUR, target=0.001) == pytest.approx(sortino(FOUR - 0.001))


def test_missing_days_are_left_out():
    gaps = np.insert(FOUR, [0, 2, 4], np.nan)
    for measure in (sharpe, sortino, calmar, hit_rate):
        assert measure(gaps) == measure(FOUR)


@given(st.integers(0, 10**6), st.floats(0.01, 100))
@settings(max_examples=30)
def test_leverage_changes_neither_sharpe_nor_sortino(seed, leverage):
    x = np.random.default_rng(seed).standard_normal(50)
    assert sharpe(leverage * x) == pytest.approx(sharpe(x))
    assert sortino(leverage * x) == pytest.approx(sortino(x))


# --- drawdown -------------------------------------------------------------------------------------------------------


def by_loop(returns: np.ndarray) -> list[float]:
    wealth = best = 1.0
    depth = []
    for r in returns:
        wealth *= 1 + (0 if np.isnan(r) else r)
        best = max(best, wealth)
        depth.append(wealth / best - 1)
    return depth


@given(RETURNS.filter(lambda x: not np.isnan(x).all()))
@settings(max_examples=100)
def test_drawdowns_are_those_of_a_loop(x):
    expected = np.array(by_loop(x))
    np.testing.assert_allclose(underwater(x), expected, atol=1e-12)
    found = max_drawdown(x)
    assert found.depth == pytest.approx(expected.min(), abs=1e-12)
    assert -1 <= found.depth <= 0
    assert found.longest <= len(x)
    longest = below = 0
    for value in underwater(x):
        below = below + 1 if value < 0 else 0
        longest = max(longest, below)
    assert found.longest == longest


def test_a_drawdown_has_its_dates():
    returns = [0.1, -0.1, -0.1, 0.05, 0.3, 0.0, -0.05, 0.01, 0.01, 0.01]
    dates = pd.bdate_range("2020-01-01", periods=10)
    found = max_drawdown(pd.Series(returns, dates))
    assert found.depth == pytest.approx(0.81 - 1)
    assert (found.peak, found.trough, found.recovery) == (dates[0], dates[2], dates[4])
    assert (found.fall, found.climb, found.longest) == (2, 2, 4)
    assert max_drawdown(xr.DataArray(returns, {"date": dates}, ("date",))) == found
    rows = max_drawdown(returns)
    assert (rows.peak, rows.trough, rows.recovery) == (0, 2, 4)


def test_a_loss_on_the_first_day_falls_from_the_start():
    found = max_drawdown([-0.1, 0.05])
    assert (found.depth, found.peak, found.trough, found.recovery) == (pytest.approx(-0.1), None, 0, None)
    assert (found.fall, found.climb, found.longest) == (1, 1, 2)


def test_ruin_is_for_ever():
    found = max_drawdown([0.1, -1.0, 5.0])
    assert (found.depth, found.peak, found.trough, found.recovery) == (-1.0, 0, 1, None)


def test_no_loss_is_no_drawdown():
    found = max_drawdown([0.1, 0.0, 0.2])
    assert (found.depth, found.recovery, found.fall, found.climb, found.longest) == (0.0, None, 0, 0, 0)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: sharpe([0.1] * 9), "constant at 0.1: a Sharpe ratio needs"),
        (lambda: sharpe(FOUR, risk_free=FOUR), "constant at 0"),
        (lambda: sharpe([0.1]), "holds 1 values"),
        (lambda: sharpe(FOUR, risk_free=[0.1]), "risk_free has shape"),
        (lambda: sortino([0.1, 0.2]), "none of 2 returns falls short"),
        (lambda: calmar([0.1, 0.2]), "no drawdown"),
        (lambda: hit_rate([0.0, 0.0]), "all 2 returns are zero"),
        (lambda: max_drawdown([0.1, -1.5]), "returns hold -1.5: no simple return is below -1"),
        (lambda: max_drawdown([[0.1], [0.2]]), "shape"),
        (lambda: sharpe(pd.Series([0.1, np.inf])), "1 infinite"),
    ],
)
def test_bad_input_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
