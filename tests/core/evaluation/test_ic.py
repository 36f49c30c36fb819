"""The information coefficient and its ranks against scipy and pandas, date by date."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from dlcore.evaluation import information_coefficient
from dlcore.evaluation.correlation import correlate_rows

FEW = st.sampled_from([np.nan, -2.0, -1.0, 0.0, -0.0, 1.0, 1.5])


def panel(values: np.ndarray) -> xr.DataArray:
    dates, assets = values.shape
    coords = {"date": pd.bdate_range("2015-01-01", periods=dates), "asset": [f"A{i}" for i in range(assets)]}
    return xr.DataArray(values, coords, ("date", "asset"))


def holes(values: np.ndarray, share: float, seed: int) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(values.shape) < share, np.nan, values)


@pytest.fixture(scope="module")
def pair() -> tuple[xr.DataArray, xr.DataArray]:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((70, 60))
    returns = np.round(0.02 * (0.3 * scores + rng.standard_normal(scores.shape)), 2)  # many ties
    return panel(holes(scores, 0.2, 1)), panel(holes(returns, 0.1, 2))


# --- the coefficient ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "reference"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)])
def test_it_is_scipys_date_by_date(pair, method, reference):
    scores, returns = pair
    ic = information_coefficient(scores, returns, method=method)
    for t in range(len(ic)):
        x, y = scores.to_numpy()[t], returns.to_numpy()[t]
        known = ~np.isnan(x + y)
        assert float(ic[t]) == pytest.approx(reference(x[known], y[known])[0], abs=1e-14)
        assert int(ic["breadth"][t]) == known.sum()
    assert ic.name == {"pearson": "ic", "spearman": "rank_ic"}[method]


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_it_is_that_of_pandas(pair, method):
    scores, returns = (x.to_pandas() for x in pair)
    reference = scores.T.corrwith(returns.T, method=method)
    if method == "spearman":  # corrwith ranks before it looks for pairs; rank only the pairs
        both = scores.notna() & returns.notna()
        reference = scores.where(both).rank(axis=1).T.corrwith(returns.where(both).rank(axis=1).T)
    np.testing.assert_allclose(information_coefficient(*pair, method=method), reference, atol=1e-14)


@given(arrays(np.float64, (3, 12), elements=FEW), arrays(np.float64, (3, 12), elements=FEW))
@settings(max_examples=100)
def test_ties_and_holes_never_leave_the_range(x, y):
    ic = information_coefficient(panel(x), panel(y), method="spearman", minimum_breadth=3).to_numpy()
    assert np.all(np.isnan(ic) | (abs(ic) <= 1))
    for t, value in enumerate(ic):
        known = ~np.isnan(x[t] + y[t])
        a, b = x[t, known], y[t, known]
        if known.sum() < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(stats.spearmanr(a, b)[0], abs=1e-12)


@given(arrays(np.float64, (2, 15), elements=st.integers(-50, 50).map(float)), st.integers(0, 99))
@settings(max_examples=60)
def test_a_rank_ic_does_not_see_monotone_changes(x, seed):
    y = np.random.default_rng(seed).standard_normal(x.shape)
    plain = information_coefficient(panel(x), panel(y), method="spearman")
    xr.testing.assert_identical(information_coefficient(panel(np.exp(x / 10)), panel(y**3), method="spearman"), plain)
    np.testing.assert_allclose(information_coefficient(panel(-x), panel(y), method="spearman"), -plain, atol=1e-15)


def test_extreme_scales_neither_overflow_nor_vanish():
    x, y = np.random.default_rng(0).standard_normal((2, 5, 30))
    plain = information_coefficient(panel(x), panel(y)).to_numpy()
    for scale in (1e-200, 1e200):
        np.testing.assert_allclose(information_coefficient(panel(x * scale), panel(y / scale)), plain, rtol=1e-12)


def test_a_constant_side_has_no_correlation():
    y = np.random.default_rng(0).standard_normal((1, 20))
    for constant in (0.0, 0.1, 1e-300, 7.0):  # 0.1: its rounded mean is not 0.1
        assert np.isnan(correlate_rows(np.full((1, 20), constant), y)).all()
    assert np.isnan(information_coefficient(panel(np.full((1, 20), 0.1)), panel(y), method="spearman")).all()


def test_the_universe_and_the_breadth_decide_who_counts(pair):
    scores, returns = pair
    inside = panel(np.random.default_rng(5).random(scores.shape) < 0.5)
    ic = information_coefficient(scores, returns, method="spearman", universe=inside)
    xr.testing.assert_identical(ic, information_coefficient(scores.where(inside), returns, method="spearman"))
    least = int(ic["breadth"].median()) + 1
    narrow = information_coefficient(scores, returns, method="spearman", universe=inside, minimum_breadth=least)
    np.testing.assert_array_equal(np.isnan(narrow), ic["breadth"] < least)
    assert 0 < np.isnan(narrow).sum() < len(narrow)


def test_returns_are_read_at_the_dates_and_assets_of_the_scores(pair):
    scores, returns = pair
    part = scores.isel(date=slice(10, 30), asset=[5, *range(7, 40)])
    shuffled = returns.isel(asset=np.random.default_rng(0).permutation(returns.sizes["asset"])).transpose()
    expected = information_coefficient(part, returns.sel(date=part["date"], asset=part["asset"]))
    xr.testing.assert_identical(information_coefficient(part, shuffled), expected)


def test_inputs_stay_as_they_were(pair):
    before = [x.copy(deep=True) for x in pair]
    information_coefficient(*pair, method="spearman")
    for x, y in zip(pair, before, strict=True):
        xr.testing.assert_identical(x, y)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda s, r: (s.to_pandas(), r), TypeError, "scores is a DataFrame"),
        (lambda s, r: (s, xr.Dataset({"value": r})), TypeError, r'give labels\["value"\]'),
        (lambda s, r: (s.isel(asset=0), r), ValueError, "scores has dims"),
        (lambda s, r: (s, r.isel(date=slice(3, None))), ValueError, r"returns lacks date 2015-01-01 .*3 such"),
        (lambda s, r: (s, r.isel(asset=slice(0, 9))), ValueError, "returns lacks asset A9"),
        (lambda s, r: (xr.concat([s, s[:1]], "date"), r), ValueError, "date 2015-01-01 .* appears twice"),
        (lambda s, r: (s, r.where(r["asset"] != "A7", np.inf)), ValueError, r"returns = inf at \(2015-01-01, A7\)"),
        (lambda s, r: (s.astype(str), r), ValueError, "scores of dtype"),
        (lambda s, r: (s.drop_vars("asset"), r), ValueError, "no labels on 'asset'"),
        (lambda s, r: (s[::-1], r), ValueError, "the dates of scores are not in order"),
        (lambda s, r: (s[:0], r), ValueError, "is empty"),
    ],
)
def test_bad_input_is_refused_in_one_line(pair, change, error, says):
    with pytest.raises(error, match=says) as caught:
        information_coefficient(*change(*pair))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"method": "kendall"}, "method='kendall'"),
        ({"minimum_breadth": 2}, "minimum_breadth=2 is not allowed: give an integer ≥ 3"),
        ({"universe": "numbers"}, "universe of dtype float64"),
    ],
)
def test_bad_settings_are_refused(pair, setting, says):
    if "universe" in setting:
        setting = {"universe": pair[0]}
    with pytest.raises(ValueError, match=says):
        information_coefficient(*pair, **setting)
