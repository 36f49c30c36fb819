"""Likelihood ratios against likelihoods multiplied out, and their size under a true null."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from dlcore.risk import christoffersen, coverage_table, exceedances, independence, kupiec

HITS = st.lists(st.integers(0, 1), min_size=2, max_size=60).map(np.array)


def series(values) -> xr.DataArray:
    return xr.DataArray(
        np.asarray(values, float), {"date": pd.bdate_range("2010-01-01", periods=len(values))}, ("date",)
    )


def markov(hits: np.ndarray, after_zero: float, after_one: float) -> float:
    """Likelihood of the transitions, multiplied one by one."""
    product = 1.0
    for before, now in pairwise(hits):
        p = after_one if before else after_zero
        product *= p if now else 1 - p
    return product


@settings(max_examples=100)
@given(HITS, st.sampled_from([0.9, 0.95, 0.99]))
def test_ratios_are_those_of_likelihoods_multiplied_out(hits, level):
    p, share = 1 - level, hits.mean()
    plain = np.prod(np.where(hits == 1, share, 1 - share)) / np.prod(np.where(hits == 1, p, 1 - p))
    assert kupiec(hits, level).statistic == pytest.approx(2 * np.log(plain), abs=1e-8)
    follow_zero, follow_one = hits[1:][hits[:-1] == 0], hits[1:][hits[:-1] == 1]
    after_zero, after_one = (x.mean() if len(x) else 0.5 for x in (follow_zero, follow_one))
    pooled = hits[1:].mean()
    best = markov(hits, after_zero, after_one)
    assert independence(hits).statistic == pytest.approx(2 * np.log(best / markov(hits, pooled, pooled)), abs=1e-8)
    assert christoffersen(hits, level).statistic == pytest.approx(2 * np.log(best / markov(hits, p, p)), abs=1e-8)
    together = independence(hits).statistic + kupiec(hits[1:], level).statistic if len(hits) > 2 else None
    assert together is None or christoffersen(hits, level).statistic == pytest.approx(together, abs=1e-8)


def test_the_best_likelihood_is_a_maximum():
    hits = (np.random.default_rng(0).random(80) < 0.3).astype(int)
    found = optimize.minimize(lambda q: -np.log(markov(hits, *q)), [0.5, 0.5], bounds=[(1e-6, 1 - 1e-6)] * 2)
    expected = 2 * (-found.fun - np.log(markov(hits, 0.05, 0.05)))
    assert christoffersen(hits, 0.95).statistic == pytest.approx(expected, rel=1e-5)
    assert christoffersen(hits, 0.95).p_value == pytest.approx(stats.chi2.sf(expected, 2), rel=1e-4)


def test_kupiec_by_its_published_values():
    """Kupiec's regions at 5 %, as Jorion, Value at Risk, prints them: N < 7, 1 < N < 11 and 6 < N < 21.

    The first leaves out that no exceedance in 255 days has a ratio of 5.13 and is rejected too.
    """
    assert [n for n in range(30) if kupiec(np.arange(255) < n).p_value > 0.05] == list(range(1, 7))
    assert [n for n in range(30) if kupiec(np.arange(510) < n).p_value > 0.05] == list(range(2, 11))
    assert [n for n in range(60) if kupiec(np.arange(255) < n, 0.95).p_value > 0.05] == list(range(7, 21))


def test_without_and_with_nothing_but_exceedances():
    none, all_ = np.zeros(250, int), np.ones(250, int)
    assert kupiec(none).statistic == pytest.approx(-2 * 250 * np.log(0.99))
    assert kupiec(all_).statistic == pytest.approx(-2 * 250 * np.log(0.01))
    for hits in (none, all_):
        assert independence(hits) == (0.0, 1.0)
        assert np.isfinite(christoffersen(hits)).all()


def test_exceedances_that_come_together_are_found():
    clustered, apart = np.zeros(500, int), np.zeros(500, int)
    clustered[100:110], apart[25::50] = 1, 1
    assert independence(clustered).p_value < 1e-6
    assert independence(apart).p_value > 0.4
    assert kupiec(clustered) == kupiec(apart)


@pytest.mark.parametrize(("days", "size"), [(250, 0.095), (500, 0.071), (1000, 0.055)])
def test_the_size_of_kupiec_is_the_one_that_is_written(days, size):
    """Exact, as the statistic depends on the count alone; then 2,000 simulations inside a binomial 99.9 % band."""
    counts = np.arange(days // 5)
    rejected = np.array([kupiec(np.arange(days) < n).p_value < 0.05 for n in counts])
    exact = stats.binom.pmf(counts, days, 0.01)[rejected].sum()
    assert exact == pytest.approx(size, abs=5e-4)
    hits = np.random.default_rng(days).random((2000, days)) < 0.01
    seen = int(rejected[hits.sum(axis=1)].sum())
    assert stats.binom.ppf(0.0005, 2000, exact) <= seen <= stats.binom.ppf(0.9995, 2000, exact)


def test_the_sizes_of_christoffersen_are_near_those_that_are_written():
    rng = np.random.default_rng(8)
    for days, level, alone, together in (
        (250, 0.99, 0.012, 0.010),
        (250, 0.95, 0.016, 0.044),
        (1000, 0.95, 0.079, 0.056),
    ):
        hits = rng.random((600, days)) > level
        seen = [sum(test.p_value < 0.05 for test in map(independence, hits)), 0]
        seen[1] = sum(christoffersen(hit, level).p_value < 0.05 for hit in hits)
        for count, size in zip(seen, (alone, together), strict=True):
            assert stats.binom.ppf(0.0005, 600, size - 0.005) <= count <= stats.binom.ppf(0.9995, 600, size + 0.005)


def test_an_exceedance_is_held_to_the_assets_next_day():
    returns = series([0.0, -0.03, np.nan, -0.01, -0.05])
    forecast = series([0.02, 0.02, 0.02, np.nan, 0.02])
    np.testing.assert_array_equal(exceedances(returns, forecast), [1, 0, np.nan, np.nan, np.nan])
    assert exceedances(series([0.0, -0.02]), series([0.02, 0.02])).to_numpy()[0] == 0  # equal is not beyond


def test_the_table_compares_on_shared_days():
    rng = np.random.default_rng(9)
    returns = series(rng.standard_normal(400))
    wide, short = series(np.full(400, 3.0)), series(np.full(400, 1.0))
    short[:100] = np.nan
    table = coverage_table(returns, {"wide": wide, "short": short}, level=0.95).set_index("method")
    assert (table["days"] == 299).all()
    hits = (returns.to_numpy()[101:] < -1).astype(int)
    assert table.loc["short", "exceedances"] == hits.sum()
    assert table.loc["short", "kupiec"] == kupiec(hits, 0.95).p_value
    assert table.loc["short", "binomial"] == pytest.approx(stats.binomtest(int(hits.sum()), 299, 0.05).pvalue)
    assert table.loc["wide", "mean_loss"] == 3
    assert table.loc["short", "expected"] == pytest.approx(299 * 0.05)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: kupiec(np.array([0, 2])), "exceedance=2 is not allowed: give 0 or 1"),
        (lambda: kupiec(np.array([0, np.nan])), "exceedance=nan is not allowed"),
        (lambda: independence(np.zeros((2, 2))), r"shape \(2, 2\) are not allowed"),
        (lambda: christoffersen(np.zeros(5), 1.0), "level=1.0 is not allowed"),
        (lambda: coverage_table(series([0.0, 0.1]), {}), "0 forecasts over"),
        (lambda: coverage_table(series([0.0, 0.1]), {"a": series([np.nan] * 2)}), "share 0 days"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_one_line(call, says):
    with pytest.raises(ValueError, match=says) as refusal:
        call()
    assert "\n" not in str(refusal.value)
