"""Errors of a mean: plain loops, statsmodels, and the size that a test of 5 % really has when labels overlap."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.evaluation import information_coefficient, mean_test, summarize
from dlcore.evaluation.significance import variance_of_mean

Z_999 = 3.29  # a normal lies within it in 99.9 % of the cases


def overlapping(rng: np.random.Generator, n: int, horizon: int) -> np.ndarray:
    """Sums of `horizon` neighbours of white noise: what a label of that horizon makes of a market without memory."""
    return np.convolve(rng.standard_normal(n + horizon - 1), np.ones(horizon), mode="valid")


def by_loop(x: np.ndarray, lag: int, kernel: str) -> float:
    """Sum over all pairs of days, weighted by their distance; missing days are in no pair."""
    known = np.flatnonzero(~np.isnan(x))
    d = x - np.nanmean(x)
    total = 0.0
    for s in known:
        for t in known:
            if abs(s - t) <= lag:
                total += d[s] * d[t] * (1.0 if kernel == "rectangular" else 1 - abs(s - t) / (lag + 1))
    return total / len(known) ** 2


@given(st.integers(0, 10**6), st.integers(30, 60), st.integers(0, 6), st.sampled_from(["rectangular", "bartlett"]))
@settings(max_examples=30)
def test_the_variance_is_a_double_sum_with_or_without_gaps(seed, n, lag, kernel):
    rng = np.random.default_rng(seed)
    x = np.where(rng.random(n) < 0.2, np.nan, rng.standard_normal(n))
    d = np.nan_to_num(x - np.nanmean(x))
    ours = variance_of_mean(d, int((~np.isnan(x)).sum()), lag, kernel)
    assert ours == pytest.approx(by_loop(x, lag, kernel), rel=1e-10, abs=1e-15)
    if kernel == "bartlett":
        assert ours > 0


@pytest.mark.parametrize(("horizon", "nw_lag"), [(1, 20), (5, 20), (21, 84)])
def test_the_t_values_are_those_of_statsmodels(horizon, nw_lag):
    x = overlapping(np.random.default_rng(0), 2000, horizon) + 0.1
    ours = mean_test(x, horizon=horizon)
    assert ours.newey_west_lag == nw_lag
    fit = sm.OLS(x, np.ones(len(x)))
    plain = {"use_correction": False}
    bartlett = fit.fit(cov_type="HAC", cov_kwds={"maxlags": nw_lag, **plain})
    rectangular = fit.fit(cov_type="HAC", cov_kwds={"maxlags": horizon - 1, "kernel": "uniform", **plain})
    assert ours.t_newey_west == pytest.approx(bartlett.tvalues[0], rel=1e-10)
    assert ours.t_hansen_hodrick == pytest.approx(rectangular.tvalues[0], rel=1e-10)
    assert ours.t_naive == pytest.approx(fit.fit().tvalues[0], rel=1e-10)
    assert ours.reasons == ()


def test_a_negative_variance_is_nan_with_its_reason():
    x = np.tile([1.0, -1.0], 60) + np.linspace(0, 0.01, 120)
    found = mean_test(x, horizon=2)
    assert np.isnan(found.t_hansen_hodrick)
    assert found.reasons[0].startswith("Hansen–Hodrick: the variance of the mean came out at -")
    assert found.reasons[1] == "Newey–West: 120 values are too few for lag 20, give at least 210"
    assert np.isfinite(found.t_naive)


def test_few_values_have_no_careful_t():
    x = np.random.default_rng(0).standard_normal(49)
    assert mean_test(x, horizon=5).reasons[0] == "Hansen–Hodrick: 49 values are too few for lag 4, give at least 50"
    assert np.isfinite(mean_test(np.append(x, 0.5), horizon=5).t_hansen_hodrick)


def test_series_arrays_and_dataarrays_are_one():
    x = np.random.default_rng(0).standard_normal(300)
    x[[0, 17, 299]] = np.nan
    dates = pd.bdate_range("2015-01-01", periods=300)
    results = [mean_test(v, horizon=5) for v in (x, pd.Series(x, dates), xr.DataArray(x, {"date": dates}, ("date",)))]
    assert results[0] == results[1] == results[2]
    assert results[0].n == 297


@pytest.fixture(scope="module")
def rejections() -> dict[str, float]:
    """Share of 2,000 markets without memory in which |t| of a five-day label exceeds 1.96."""
    rng = np.random.default_rng(7)
    t = {"naive": [], "hansen_hodrick": [], "newey_west": [], "bartlett_4": []}
    for _ in range(2000):
        x = overlapping(rng, 1000, 5)
        found = mean_test(x, horizon=5)
        t["naive"].append(found.t_naive)
        t["hansen_hodrick"].append(found.t_hansen_hodrick)
        t["newey_west"].append(found.t_newey_west)
        t["bartlett_4"].append(found.mean / variance_of_mean(x - x.mean(), 1000, 4, "bartlett") ** 0.5)
    return {name: float((np.abs(values) > 1.96).mean()) for name, values in t.items()}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("hansen_hodrick", 0.05),  # nominal
        ("newey_west", 0.068),  # as the docstring says
        ("bartlett_4", 0.108),  # twice too often
        ("naive", 0.387),
    ],
)
def test_what_a_test_at_five_per_cent_really_rejects(rejections, name, size):
    assert abs(rejections[name] - size) < Z_999 * (size * (1 - size) / 2000) ** 0.5


def test_a_rank_ic_of_nothing_with_persistent_scores_is_found_at_the_nominal_rate():
    rng = np.random.default_rng(11)
    seeds, dates, assets, horizon = 200, 500, 30, 5
    axes = {"date": pd.bdate_range("2015-01-01", periods=dates), "asset": np.arange(assets)}
    careful, naive = np.empty(seeds), np.empty(seeds)
    for seed in range(seeds):
        scores = np.tile(rng.standard_normal(assets), (dates, 1)) + 0.3 * rng.standard_normal((dates, assets))
        daily = np.pad(rng.standard_normal((dates + horizon - 1, assets)).cumsum(axis=0), ((1, 0), (0, 0)))
        label = xr.DataArray(daily[horizon:] - daily[:-horizon], axes, ("date", "asset"))
        ic = information_coefficient(xr.DataArray(scores, axes, ("date", "asset")), label, method="spearman")
        found = summarize(ic, horizon=horizon)
        careful[seed], naive[seed] = found.t_hansen_hodrick, found.t_naive
    band = Z_999 * (0.05 * 0.95 / seeds) ** 0.5
    assert abs((np.abs(careful) > 1.96).mean() - 0.05) < band
    assert (np.abs(naive) > 1.96).mean() > 0.05 + 3 * band


@pytest.mark.parametrize(
    ("x", "horizon", "says"),
    [
        (np.full(100, 0.1), 5, "constant at 0.1"),
        ([1.0], 1, "holds 1 values: give at least 2"),
        ([], 1, "holds no value"),
        ([1.0, np.inf], 1, "1 infinite"),
        (np.ones((3, 2)), 1, r"shape \(3, 2\)"),
        (["a", "b"], 1, "dtype"),
        ([1.0, 2.0], 0, "horizon=0 is not allowed"),
        ([1.0, 2.0], 2.5, "horizon=2.5 is not allowed"),
    ],
)
def test_bad_input_is_refused(x, horizon, says):
    with pytest.raises(ValueError, match=says):
        mean_test(x, horizon=horizon)
