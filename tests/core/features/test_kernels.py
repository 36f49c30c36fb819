"""Kernels against plain loops and scipy: every pattern of NaN, any level of price and any window."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.features.kernels import recursions, windows
from dlcore.features.kernels.elements import quotient


def with_gaps(seed: int, dates: int = 60, assets: int = 5, share: float = 0.06) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (dates, assets)), axis=0))
    values[rng.random(values.shape) < share] = np.nan
    return values


def looped(values: np.ndarray, window: int, function) -> np.ndarray:
    """The function of every window of every column."""
    out = np.full_like(values, np.nan)
    for t in range(window - 1, len(values)):
        for i in range(values.shape[1]):
            out[t, i] = function(values[t - window + 1 : t + 1, i])
    return out


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), window=st.integers(1, 70))
def test_windows_are_those_of_a_plain_loop(seed, window):
    values = with_gaps(seed)
    shift, variance = windows.rolling_moments(values, window)
    for ours, function in (
        (windows.rolling_mean(values, window), np.mean),
        (shift, lambda x: np.mean(x) - x[-1]),
        (variance, np.var),
        (windows.rolling_max(values, window), np.max),
        (windows.rolling_min(values, window), np.min),
    ):
        np.testing.assert_allclose(ours, looped(values, window, function), rtol=1e-10, atol=1e-11)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), lag=st.integers(1, 70))
def test_the_past_value_is_known_only_where_nothing_is_missing_since(seed, lag):
    values = with_gaps(seed)
    expected = looped(values, lag + 1, lambda x: x[0] if np.isfinite(x).all() else np.nan)
    np.testing.assert_array_equal(windows.lagged(values, lag), expected)


@pytest.mark.parametrize("window", [2, 20, 40])
def test_the_slope_is_that_of_polyfit(window):
    values, regressor = with_gaps(1), np.random.default_rng(2).normal(size=60)
    ours = windows.rolling_slope(values, regressor, window)
    for t in range(60):
        for i in range(5):
            y, x = values[max(t - window + 1, 0) : t + 1, i], regressor[max(t - window + 1, 0) : t + 1]
            if t < window - 1 or np.isnan(y).any():
                assert np.isnan(ours[t, i])
            else:
                assert ours[t, i] == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-9)
    assert np.isnan(windows.rolling_slope(values, np.full(60, 0.1), window)).all()


@pytest.mark.parametrize("level", [1.0, 1e6, 1e9])
def test_variance_does_not_know_the_level(level):
    steps = np.random.default_rng(0).integers(-50, 50, (200, 3)) / 64.0  # exact at every level
    _, ours = windows.rolling_moments(steps + level, 20)
    np.testing.assert_allclose(ours, looped(steps, 20, np.var), rtol=1e-13)


def test_a_spike_is_forgotten_on_the_day_it_leaves():
    calm = np.random.default_rng(0).normal(100, 1, (100, 2))
    spiked = calm.copy()
    spiked[30] = 1e12
    for kernel in (windows.rolling_mean, lambda x, n: windows.rolling_moments(x, n)[1]):
        np.testing.assert_array_equal(kernel(spiked, 20)[50:], kernel(calm, 20)[50:])


def test_a_constant_window_has_no_variance_at_all():
    shift, variance = windows.rolling_moments(np.full((300, 2), 0.1), 20)
    assert (shift[19:] == 0).all()
    assert (variance[19:] == 0).all()


def test_a_window_longer_than_history_knows_nothing():
    values = with_gaps(0)
    for kernel in (windows.rolling_mean, windows.rolling_max, windows.rolling_min, windows.lagged):
        assert np.isnan(kernel(values, 61)).all()
    assert np.isnan(recursions.ema(values, 61, 0.1)).all()


def test_a_quotient_by_nil_is_unknown():
    np.testing.assert_array_equal(
        quotient(np.array([[1.0, 0.0, 3.0]]), np.array([[0.0, 0.0, 2.0]])), [[np.nan, np.nan, 1.5]]
    )
