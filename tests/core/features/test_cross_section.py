"""Ranks, scores and residuals of one date against scipy, pandas and statsmodels; who is outside moves nobody."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation, rankdata, zscore

from dlcore.evaluation.leaks import assert_causal
from dlcore.features import cross_sectional_rank, cross_sectional_zscore, neutralise, winsorise, winsorise_mad
from dlcore.markets import load_panel


def labelled(rows: np.ndarray, name: str = "value") -> xr.DataArray:
    dates = pd.bdate_range("2020-01-06", periods=rows.shape[0])
    assets = np.array([f"S{j:02d}" for j in range(rows.shape[1])])
    return xr.DataArray(rows, {"date": dates, "asset": assets}, ("date", "asset"), name)


def drawn(seed: int, *, ties: bool = False, assets: int = 14) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Values with holes, a universe, and sectors of which one asset has none and one sector has a single member."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((9, assets))
    rows = rows.round(0) if ties else rows
    rows[rng.random(rows.shape) < 0.2] = np.nan
    rows[3], rows[4, 1:] = np.nan, np.nan  # a date without values, and one with at most one
    universe = labelled(rng.random(rows.shape) < 0.8, "member")
    values = labelled(rows)
    names = rng.permutation(["tech"] * 5 + ["oil"] * 4 + ["banks"] * 3 + ["alone", ""])
    return values, universe, xr.DataArray(names, {"asset": values["asset"]}, ("asset",))


FUNCTIONS = {
    "rank": lambda values, universe, sector: cross_sectional_rank(values, universe),
    "zscore": lambda values, universe, sector: cross_sectional_zscore(values, universe),
    "winsorise": lambda values, universe, sector: winsorise(values, universe, tail=0.2),
    "winsorise_mad": lambda values, universe, sector: winsorise_mad(values, universe, limit=1.0),
    "neutralise": lambda values, universe, sector: neutralise(values, sector, universe),
    "neutralise_exposed": lambda values, universe, sector: neutralise(
        values, sector, universe, exposures=xr.Dataset({"size": values**2 + values["date"].dt.day})
    ),
}


def by_date(values: xr.DataArray, universe: xr.DataArray, function) -> np.ndarray:
    """A function of the members' values (n,) of each date with at least two."""
    out = np.full(values.shape, np.nan)
    for t in range(len(out)):
        members = universe.to_numpy()[t] & np.isfinite(values.to_numpy()[t])
        if members.sum() >= 2:
            out[t, members] = function(values.to_numpy()[t, members])
    return out


def centred(x: np.ndarray) -> np.ndarray:
    return (rankdata(x) - 0.5) / len(x) - 0.5


def by_quantiles(x: np.ndarray) -> np.ndarray:
    return np.clip(x, np.quantile(x, 0.2), np.quantile(x, 0.8))


def by_deviations(x: np.ndarray) -> np.ndarray:
    reach = 1.4826 * median_abs_deviation(x)
    return np.clip(x, np.median(x) - reach, np.median(x) + reach) if reach > 0 else x


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), ties=st.booleans())
def test_each_date_is_that_of_scipy_and_numpy(seed, ties):
    values, universe, sector = drawn(seed, ties=ties)

    def scored(x):
        return zscore(x) if np.ptp(x) > 0 else np.full_like(x, np.nan)

    oracles = {"rank": centred, "zscore": scored, "winsorise": by_quantiles, "winsorise_mad": by_deviations}
    for name, oracle in oracles.items():
        found = FUNCTIONS[name](values, universe, sector).to_numpy()
        np.testing.assert_allclose(found, by_date(values, universe, oracle), rtol=1e-12, atol=1e-14, err_msg=name)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_sector_neutral_is_the_group_mean_of_pandas(seed):
    values, universe, sector = drawn(seed)
    found = neutralise(values, sector, universe)
    frame = values.where(universe).to_pandas()
    frame.loc[:, sector.to_numpy() == ""] = np.nan
    frame[frame.count(axis=1) < 2] = np.nan
    groups = frame.T.groupby(sector.to_numpy())
    expected = (frame.T - groups.transform("mean")).where(groups.transform("count") >= 2).T
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-14)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_with_exposures_it_is_one_least_squares_a_date(seed):
    values, universe, sector = drawn(seed, assets=14)
    rng = np.random.default_rng(seed)
    size, risk = (labelled(rng.standard_normal(values.shape)) for _ in range(2))
    size[{"date": 5, "asset": 2}] = np.nan
    exposures = xr.Dataset({"size": size, "risk": risk, "size_again": 3 * size + 100})
    found = neutralise(values, sector, universe, exposures=exposures).to_numpy()
    for t in range(9):
        row = pd.DataFrame({"y": values[t], "size": size[t], "risk": risk[t], "sector": sector})
        row = row[universe.to_numpy()[t] & (row["sector"] != "").to_numpy()].dropna()
        row = row[row.groupby("sector")["y"].transform("count") >= 2]
        dummies = pd.get_dummies(row["sector"], dtype=float)
        if t == 4 or len(row) <= dummies.shape[1] + 2:
            assert np.isnan(found[t]).all()
            continue
        fit = sm.OLS(row["y"], pd.concat([dummies, row[["size", "risk"]]], axis=1)).fit()
        np.testing.assert_allclose(found[t, row.index], fit.resid, atol=1e-10)
        assert np.isfinite(found[t]).sum() == len(row)


@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_who_is_outside_receives_nothing_and_moves_nobody(name, seed):
    values, universe, sector = drawn(seed)
    found = FUNCTIONS[name](values, universe, sector)
    assert not np.isfinite(found.to_numpy()[~universe.to_numpy()]).any()
    wild = values.where(universe, 1e6 * np.random.default_rng(seed).standard_normal(values.shape))
    np.testing.assert_array_equal(FUNCTIONS[name](wild, universe, sector), found)
    gone = values.where(universe)
    np.testing.assert_array_equal(FUNCTIONS[name](gone, xr.ones_like(universe), sector), found)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_order_of_dims_and_dates_together_or_alone_do_not_matter(name):
    values, universe, sector = drawn(5)
    found = FUNCTIONS[name](values, universe, sector)
    xr.testing.assert_identical(FUNCTIONS[name](values.T, universe.T, sector), found)
    for t in range(9):
        alone = FUNCTIONS[name](values[t : t + 1], universe[t : t + 1], sector)
        np.testing.assert_array_equal(alone.to_numpy()[0], found.to_numpy()[t])


def test_ranks_lie_between_minus_and_plus_a_half_with_mean_nil():
    ranks = cross_sectional_rank(labelled(np.array([[3.0, 1.0, 1.0, np.nan, 9.0]])))
    np.testing.assert_allclose(ranks.to_numpy()[0], [0.125, -0.25, -0.25, np.nan, 0.375])


def test_equal_values_have_ranks_but_no_scale():
    same = labelled(np.full((1, 3), 0.1))
    assert (cross_sectional_rank(same) == 0).all()
    assert np.isnan(cross_sectional_zscore(same)).all()
    assert (winsorise_mad(same) == 0.1).all()


def test_a_dataset_is_treated_variable_by_variable():
    values, universe, _ = drawn(3)
    both = xr.Dataset({"a": values, "b": -values}).map(cross_sectional_rank, universe=universe)
    np.testing.assert_allclose(both["a"], -both["b"])


@pytest.mark.parametrize("missing", ["", None, np.nan])
def test_no_sector_no_value(missing):
    values = labelled(np.arange(8.0).reshape(2, 4))
    sector = xr.DataArray(np.array(["a", "a", "a", missing], dtype=object), {"asset": values["asset"]}, ("asset",))
    np.testing.assert_array_equal(neutralise(values, sector).to_numpy(), [[-1, 0, 1, np.nan]] * 2)
    nobody = neutralise(values, sector.where(sector == "z"), exposures=xr.Dataset({"size": values**2}))
    assert np.isnan(nobody).all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_date_knows_another(name):
    panel = load_panel("simulated-sp500?assets=40&sessions=80&ic=0")

    def of_returns(panel):
        values = (panel["close"] / panel["close"].shift(date=1) - 1).drop_vars(["first_session", "last_session"])
        universe = (panel["volume"] > 0) & (panel["asset"] != "S0007")
        return FUNCTIONS[name](values, universe.drop_vars(["first_session", "last_session"]), panel["sector"])

    assert_causal(of_returns, panel)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v, u, s: cross_sectional_rank(v[0]), r"values with dims \('asset',\) are not allowed"),
        (lambda v, u, s: cross_sectional_rank(v.fillna(np.inf)), r"value inf at \(2020-01-06, S\d\d\) is not allowed"),
        (lambda v, u, s: cross_sectional_rank(v, u[1:]), "different labels on date"),
        (lambda v, u, s: cross_sectional_rank(v, u.astype(float)), "universe of float64"),
        (lambda v, u, s: winsorise(v, tail=0.5), "tail=0.5 is not allowed: give a share above 0 and below 0.5"),
        (lambda v, u, s: winsorise_mad(v, limit=0), "limit=0 is not allowed: give a number above 0"),
        (lambda v, u, s: neutralise(v, s[1:]), "give one label for each asset"),
        (lambda v, u, s: neutralise(v, s, exposures=xr.Dataset({"b": v[1:]})), "exposure b and values have different"),
    ],
)
def test_wrong_arguments_are_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call(*drawn(1))
    assert "\n" not in str(error.value)
