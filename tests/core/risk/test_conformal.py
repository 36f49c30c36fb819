"""Coverage that is promised is kept: by exchangeable outcomes, by adversaries, and by labels that are known late."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dlcore.risk import adaptive_conformal, conformal_quantile, split_conformal


def frame(values: np.ndarray) -> xr.DataArray:
    dates = pd.bdate_range("2010-01-01", periods=len(values))
    if values.ndim == 1:
        return xr.DataArray(values, {"date": dates}, ("date",))
    return xr.DataArray(values, {"date": dates, "asset": np.arange(values.shape[1]).astype(str)}, ("date", "asset"))


def test_the_quantile_is_the_rank_of_the_theorem():
    residuals = np.array([-5.0, 1.0, -2.0, np.nan, 4.0, 3.0, -6.0, 7.0, 8.0, 9.0])  # sizes 1 … 9
    assert conformal_quantile(residuals, 0.9) == 9  # ⌈10 · 0.9⌉
    assert conformal_quantile(residuals, 0.8) == 8
    assert conformal_quantile(residuals, 0.81) == 9
    assert conformal_quantile(residuals, 0.91) == np.inf
    assert conformal_quantile(np.array([]), 0.5) == np.inf


@pytest.mark.parametrize(("n", "coverage"), [(9, 0.9), (20, 0.8), (99, 0.9), (30, 0.95)])
def test_exchangeable_outcomes_are_covered_as_often_as_promised(n, coverage):
    """Exactly ⌈(n + 1) · coverage⌉ / (n + 1) for continuous residuals: 4,000 draws inside a binomial 99.9 % band."""
    draws = np.random.default_rng(n).standard_t(2, (4000, n + 1))
    inside = sum(abs(row[-1]) <= conformal_quantile(row[:-1], coverage) for row in draws)
    exact = np.ceil((n + 1) * coverage - 1e-9) / (n + 1)
    assert stats.binom.ppf(0.0005, 4000, exact) <= inside <= stats.binom.ppf(0.9995, 4000, exact)


def test_split_intervals_have_one_width():
    predictions = frame(np.array([0.01, np.nan, -0.02]))
    intervals = split_conformal(predictions, np.linspace(-0.1, 0.1, 99), coverage=0.8)
    half = conformal_quantile(np.linspace(-0.1, 0.1, 99), 0.8)
    np.testing.assert_allclose(intervals["upper"], predictions + half)
    np.testing.assert_allclose(intervals["lower"], predictions - half)
    assert np.isnan(intervals["upper"][1])


def plain(made, came, *, delay, window, coverage, rate):
    """Gibbs and Candès for one asset, as a loop that looks everything up again."""
    n, alpha, halves, alphas = len(made), 1 - coverage, [], []
    for t in range(n):
        latest = t - delay
        if latest >= 0 and np.isfinite(made[latest] - came[latest]) and not np.isnan(halves[latest]):
            alpha += rate * ((1 - coverage) - float(abs(came[latest] - made[latest]) > halves[latest]))
        known = [abs(came[s] - made[s]) for s in range(max(0, latest + 1 - window), latest + 1)]
        known = sorted(size for size in known if np.isfinite(size))
        if np.ceil((len(known) + 1) * coverage - 1e-9) > len(known):
            halves.append(np.nan)
        else:
            rank = int(np.ceil((len(known) + 1) * (1 - alpha) - 1e-9))
            halves.append(np.inf if rank > len(known) else known[rank - 1] if rank >= 1 else -np.inf)
        alphas.append(alpha if latest >= 0 else np.nan)
    return np.array(halves), np.array(alphas)


@settings(max_examples=30)
@given(
    delay=st.integers(1, 8),
    window=st.integers(1, 60),
    coverage=st.sampled_from([0.5, 0.8, 0.9]),
    rate=st.sampled_from([0.0, 0.01, 0.2, 0.9]),
    seed=st.integers(0, 10**6),
)
def test_adaptive_intervals_are_the_plain_loops(delay, window, coverage, rate, seed):
    rng = np.random.default_rng(seed)
    made, came = rng.standard_normal((2, 70, 2)).round(1)
    made[rng.random((70, 2)) < 0.1], came[rng.random((70, 2)) < 0.1] = np.nan, np.nan
    options = {"delay": delay, "window": window, "coverage": coverage, "rate": rate}
    ours = adaptive_conformal(frame(made), frame(came), **options)
    for j in range(2):
        halves, alphas = plain(made[:, j], came[:, j], **options)
        np.testing.assert_allclose(ours["alpha"][:, j], alphas, atol=1e-12)
        np.testing.assert_allclose(ours["upper"][:, j], made[:, j] + np.maximum(halves, 0), atol=1e-12)
        np.testing.assert_allclose(ours["lower"][:, j], made[:, j] - np.maximum(halves, 0), atol=1e-12)


@pytest.mark.parametrize("delay", [1, 6])
def test_an_outcome_is_not_used_before_its_label_has_ended(delay):
    rng = np.random.default_rng(1)
    came = rng.standard_normal(120)
    other = came.copy()
    other[80] += 50.0
    before, after = (
        adaptive_conformal(frame(0 * came), frame(y), delay=delay, window=40, rate=0.05)["upper"] for y in (came, other)
    )
    np.testing.assert_array_equal(before[: 80 + delay], after[: 80 + delay])
    assert before.to_numpy()[80 + delay] != after.to_numpy()[80 + delay]


@settings(max_examples=25)
@given(rate=st.sampled_from([0.02, 0.1, 0.5]), delay=st.integers(1, 6), seed=st.integers(0, 10**6))
def test_whatever_the_market_does_the_misses_stay_within_the_bound(rate, delay, seed):
    rng = np.random.default_rng(seed)
    came = np.exp(np.cumsum(rng.normal(0, 0.3, 600))) * rng.choice([-1, 1], 600)  # a scale that walks away
    intervals = adaptive_conformal(frame(0 * came), frame(came), delay=delay, window=50, rate=rate)
    upper = intervals["upper"].to_numpy()
    counted = np.isfinite(intervals["alpha"].to_numpy()) & ~np.isnan(upper)
    counted[len(came) - delay :] = False  # not known yet, so α has not answered
    miss = (np.abs(came) > upper)[counted].mean()
    assert abs(miss - 0.1) <= (1 + delay * rate) / (counted.sum() * rate)


def test_adapting_keeps_coverage_through_a_change_that_a_fixed_window_does_not():
    rng = np.random.default_rng(2)
    scale = np.repeat([1.0, 3.0, 1.0, 4.0], 250)
    came = frame(scale[:, None] * rng.standard_normal((1000, 40)))
    misses = {}
    for rate in (0.0, 0.02):
        intervals = adaptive_conformal(0 * came, came, delay=6, window=400, rate=rate)
        missed = (np.abs(came) > intervals["upper"]).where(np.isfinite(intervals["alpha"]))
        misses[rate] = float(missed[250:300].mean())
    assert misses[0.0] > 0.4  # after the first change
    assert misses[0.02] < misses[0.0] - 0.05


def test_overlapping_labels_are_covered_when_their_delay_is_respected():
    rng = np.random.default_rng(3)
    daily = rng.standard_t(5, (1300, 30))
    came = np.lib.stride_tricks.sliding_window_view(daily, 5, axis=0).sum(axis=-1)[1:]  # t + 1 … t + 5
    outcome = frame(came)
    intervals = adaptive_conformal(0 * outcome, outcome, delay=6, window=500, coverage=0.9, rate=0.0)
    covered = (np.abs(outcome) <= intervals["upper"])[510:]
    assert float(covered.mean()) == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"delay": 0}, "delay=0 is not allowed: give an integer ≥ 1"),
        ({"delay": 1.5}, "delay=1.5 is not allowed"),
        ({"delay": 1, "window": 0}, "window=0 is not allowed"),
        ({"delay": 1, "coverage": 1.0}, "coverage=1.0 is not allowed: give a number above 0 and below 1"),
        ({"delay": 1, "rate": -0.1}, "rate=-0.1 is not allowed: give a number from 0 to below 1"),
    ],
)
def test_what_cannot_be_promised_is_refused_in_one_line(options, says):
    with pytest.raises(ValueError, match=says):
        adaptive_conformal(frame(np.zeros(9)), frame(np.zeros(9)), **options)
