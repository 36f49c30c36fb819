"""Value at risk and shortfall against integrals, minimisation and plain loops."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from skfolio import measures

from dlcore.risk import cornish_fisher_tail, filtered_tail, gaussian_tail, historical_tail, rolling_tail
from dlcore.risk.var import rises_everywhere

LEVELS = st.sampled_from([0.75, 0.9, 0.95, 0.975, 0.99])


def series(values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, {"date": pd.bdate_range("2010-01-01", periods=len(values))}, ("date",))


@settings(max_examples=60)
@given(level=LEVELS, n=st.integers(100, 400), seed=st.integers(0, 10**6))
def test_historical_shortfall_is_the_minimum_of_rockafellar_and_uryasev(level, n, seed):
    losses = np.random.default_rng(seed).standard_t(3, n).round(1)  # with ties
    tail = historical_tail(-losses, level)
    excess = np.maximum(losses[:, None] - losses, 0).mean(axis=0)  # at every candidate c
    assert tail.expected_shortfall == pytest.approx((losses + excess / (1 - level)).min(), rel=1e-9)
    assert np.mean(losses > tail.value_at_risk) <= 1 - level + 1e-12 <= np.mean(losses >= tail.value_at_risk) + 2e-12


@pytest.mark.parametrize(("n", "level"), [(500, 0.99), (250, 0.99), (100, 0.95), (333, 0.9), (200, 0.975)])
def test_historical_agrees_with_skfolio(n, level):
    x = np.random.default_rng(n).standard_normal(n)
    tail = historical_tail(x, level)
    assert tail.expected_shortfall == pytest.approx(measures.cvar(x, beta=level), rel=1e-9)
    assert tail.value_at_risk in -x


def test_the_next_loss_exceeds_the_historical_one_as_often_as_said():
    rng = np.random.default_rng(1)
    for n, share in ((100, 5 / 101), (110, 6 / 111)):  # ⌈110 · 0.05⌉ = 6
        draws = rng.standard_normal((20_000, n + 1))
        hits = int((-draws[:, -1] > historical_tail(draws[:, :-1], 0.95).value_at_risk).sum())
        assert stats.binom.ppf(0.0005, 20_000, share) <= hits <= stats.binom.ppf(0.9995, 20_000, share)


@settings(max_examples=40)
@given(level=LEVELS, scale=st.floats(0.01, 100), shift=st.floats(-5, 5), seed=st.integers(0, 10**6))
def test_shortfall_lies_beyond_and_both_move_with_the_returns(level, scale, shift, seed):
    x = np.random.default_rng(seed).standard_t(8, 400)
    for tail in (historical_tail, gaussian_tail, cornish_fisher_tail):
        quantile, shortfall = tail(x, level)
        assert not shortfall < quantile
        np.testing.assert_allclose(tail(scale * x + shift, level).value_at_risk, scale * quantile - shift, atol=1e-8)
        np.testing.assert_allclose(
            tail(scale * x + shift, level).expected_shortfall, scale * shortfall - shift, atol=1e-8
        )


def test_historical_shortfall_is_subadditive():
    rng = np.random.default_rng(3)
    for _ in range(200):
        x, y = rng.standard_t(2, (2, 130))
        parts = historical_tail(x, 0.95).expected_shortfall + historical_tail(y, 0.95).expected_shortfall
        assert historical_tail(x + y, 0.95).expected_shortfall <= parts + 1e-12


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_gaussian_is_the_integral_of_the_normal(level):
    x = np.random.default_rng(2).normal(0.001, 0.02, 300)
    normal = stats.norm(x.mean(), x.std(ddof=1))
    tail = gaussian_tail(x, level)
    assert tail.value_at_risk == pytest.approx(-normal.ppf(1 - level), rel=1e-10)
    mean, _ = integrate.quad(lambda p: -normal.ppf(p), 0, 1 - level)
    assert tail.expected_shortfall == pytest.approx(mean / (1 - level), rel=1e-7)


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_cornish_fisher_is_the_integral_of_its_quantile(level):
    rng = np.random.default_rng(4)
    x = rng.laplace(size=500) + 1.5 * rng.exponential(size=500)
    s, k = stats.skew(x), stats.kurtosis(x)
    assert rises_everywhere(s, k)
    assert s > 0.1

    def quantile(p: float) -> float:
        z = stats.norm.ppf(p)
        bent = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
        return x.mean() + x.std(ddof=1) * bent

    tail = cornish_fisher_tail(x, level)
    assert tail.value_at_risk == pytest.approx(-quantile(1 - level), rel=1e-10)
    mean, _ = integrate.quad(quantile, 0, 1 - level)
    assert tail.expected_shortfall == pytest.approx(-mean / (1 - level), rel=1e-6)


@settings(max_examples=200)
@given(s=st.floats(-3, 3), k=st.floats(-2, 12))
def test_the_domain_is_where_the_quantile_rises(s, k):
    z = np.linspace(-60, 60, 240_001)
    slope = 1 + z * s / 3 + (z**2 - 1) * k / 8 - (6 * z**2 - 5) * s**2 / 36
    square = k / 8 - s**2 / 6
    if abs(square) < 1e-3 or abs(slope.min()) < 1e-4:
        return  # the turning point may lie beyond the grid, or between its points
    assert rises_everywhere(np.array(s), np.array(k)) == (slope.min() > 0)


def test_cornish_fisher_has_no_answer_outside_of_its_domain():
    calm = np.random.default_rng(0).standard_normal(500)
    crash = np.concatenate([calm, [-25.0]])
    assert stats.kurtosis(crash) > 8
    assert np.isnan(cornish_fisher_tail(crash)).all()
    assert np.isnan(cornish_fisher_tail(np.random.default_rng(0).uniform(-1, 1, 500))).all()  # K < 0
    assert np.isnan(cornish_fisher_tail(np.full(100, 0.01))).all()
    assert rises_everywhere(np.zeros(2), np.array([0.0, 8.0])).all()


def test_rolling_is_the_plain_loop():
    x = series(np.random.default_rng(6).standard_t(5, 150))
    values = x.to_numpy()
    for method, tail in (("historical", historical_tail), ("gaussian", gaussian_tail)):
        rolled = rolling_tail(x, method=method, window=60, level=0.95)
        expected = np.array([tail(values[t - 59 : t + 1], 0.95) for t in range(59, 150)])
        np.testing.assert_allclose(rolled["value_at_risk"][59:], expected[:, 0], rtol=1e-12)
        np.testing.assert_allclose(rolled["expected_shortfall"][59:], expected[:, 1], rtol=1e-12)
        assert np.isnan(rolled["value_at_risk"][:59]).all()


def test_filtered_is_the_plain_loop_and_skips_days_without_a_forecast():
    rng = np.random.default_rng(7)
    x, variance = rng.standard_normal(90), rng.uniform(0.5, 2, 90)
    variance[[0, 40]], variance[50] = np.nan, 0.0
    tail = filtered_tail(series(x), series(variance), window=20, level=0.9)
    for t in range(90):
        usable = [s for s in range(1, t + 1) if variance[s - 1] > 0]
        known = len(usable) >= 20 and variance[t] > 0 and t in usable
        assert np.isfinite(tail["value_at_risk"].to_numpy()[t]) == known
        if known:
            surprises = np.array([x[s] / np.sqrt(variance[s - 1]) for s in usable[-20:]])
            assert tail["value_at_risk"].to_numpy()[t] == pytest.approx(
                np.sqrt(variance[t]) * historical_tail(surprises, 0.9).value_at_risk
            )


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: historical_tail(np.zeros(99), 0.99), "n=99 is not allowed at level=0.99: give at least 100"),
        (lambda: historical_tail(np.array([0.1, np.nan])), "hold 1 missing or infinite values"),
        (lambda: gaussian_tail(np.zeros(1)), r"shape \(1,\) are not allowed"),
        (lambda: gaussian_tail(np.zeros(9), 0.01), "level=0.01 is not allowed: give a number above 0.5 and below 1"),
        (lambda: rolling_tail(series(np.zeros(9)), window=0), "window=0 is not allowed: give an integer ≥ 2"),
        (lambda: rolling_tail(series(np.zeros(9)), window=50), "n=50 is not allowed at level=0.99"),
        (lambda: rolling_tail(series(np.zeros(9)), method="crystal"), "method='crystal' is not allowed: give one of"),
        (lambda: filtered_tail(series(np.zeros(9)), series(-np.ones(9))), "variance=-1 is not allowed"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(call, says):
    with pytest.raises(ValueError, match=says) as refusal:
        call()
    assert "\n" not in str(refusal.value)


def test_a_history_shorter_than_the_window_has_no_forecast():
    assert np.isnan(rolling_tail(series(np.zeros(9)), window=100)["value_at_risk"]).all()
