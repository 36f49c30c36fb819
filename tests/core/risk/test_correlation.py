"""Shrunk covariances against scikit-learn, and what every matrix must be."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sklearn.covariance
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.risk import ledoit_wolf, plot_correlation, rolling_correlation, rolling_covariance


def panel(days: int = 80, assets: int = 6, seed: int = 0) -> xr.DataArray:
    rng = np.random.default_rng(seed)
    values = 0.01 * (rng.standard_normal((days, 1)) + rng.standard_normal((days, assets))) * np.geomspace(1, 9, assets)
    coordinates = {"date": pd.bdate_range("2010-01-01", periods=days), "asset": [f"A{i}" for i in range(assets)]}
    return xr.DataArray(values, coordinates, ("date", "asset"), "returns")


@settings(max_examples=60)
@given(n=st.integers(2, 40), p=st.integers(1, 30), scale=st.sampled_from([1e-6, 1e-2, 1e3]), seed=st.integers(0, 10**6))
def test_ledoit_wolf_is_scikit_learns(n, p, scale, seed):
    rng = np.random.default_rng(seed)
    x = scale * (rng.standard_normal((n, p)) @ rng.standard_normal((p, p)) + rng.standard_normal(p))
    ours = ledoit_wolf(x)
    theirs, shrinkage = sklearn.covariance.ledoit_wolf(x)
    np.testing.assert_allclose(ours.covariance, theirs, rtol=1e-9, atol=1e-12 * scale**2)
    assert ours.shrinkage == pytest.approx(shrinkage, abs=1e-9) or p == 1  # one variance is its own target
    assert np.linalg.eigvalsh(ours.covariance).min() >= -1e-12 * np.trace(ours.covariance)


def test_ledoit_wolf_is_nearer_to_the_truth_than_the_sample():
    rng = np.random.default_rng(1)
    truth = np.diag(np.geomspace(0.5, 2, 30))
    worse = 0
    for _ in range(50):
        x = rng.standard_normal((40, 30)) @ np.sqrt(truth)
        worse += np.linalg.norm(ledoit_wolf(x).covariance - truth) > np.linalg.norm(np.cov(x.T, ddof=0) - truth)
    assert worse == 0


def test_rolling_covariance_is_the_windows_own():
    returns = panel()
    rolled = rolling_covariance(returns, returns["date"][[10, 49, 79]], window=50)
    assert rolled.dims == ("date", "asset", "other")
    assert np.isnan(rolled[0]).all()
    for i, end in ((1, 49), (2, 79)):
        np.testing.assert_allclose(rolled[i], ledoit_wolf(returns.to_numpy()[end - 49 : end + 1]).covariance)


def test_an_asset_with_a_gap_is_unknown_and_the_others_do_not_notice():
    returns = panel()
    holey = returns.copy()
    holey[70, 2] = np.nan
    last = returns["date"][-1:]
    for rolling in (rolling_covariance, rolling_correlation):
        matrix = rolling(holey, last, window=50)[0]
        assert np.isnan(matrix[2]).all()
        assert np.isnan(matrix[:, 2]).all()
        rest = [0, 1, 3, 4, 5]
        np.testing.assert_allclose(matrix[rest, rest], rolling(returns[:, rest], last, window=50)[0])


def test_correlation_is_a_correlation_even_with_more_assets_than_days():
    returns = panel(60, 90, 3)
    matrix = rolling_correlation(returns, returns["date"][-1:], window=40).to_numpy()[0]
    np.testing.assert_array_equal(np.diag(matrix), 1)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.abs(matrix).max() <= 1
    assert np.linalg.eigvalsh(matrix).min() > 0.001  # the sample's own is singular
    x = returns.to_numpy()[-40:]
    off = ~np.eye(90, dtype=bool)
    ratio = matrix[off] / np.corrcoef(x.T)[off]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-8)  # all pairs are shrunk alike
    assert 0.5 < ratio[0] < 1


def test_correlation_does_not_depend_on_the_units():
    returns = panel()
    last = returns["date"][-1:]
    units = xr.DataArray(np.geomspace(1, 1e6, 6), {"asset": returns["asset"]}, ("asset",))
    np.testing.assert_allclose(
        rolling_correlation(returns * units, last, window=60), rolling_correlation(returns, last, window=60)
    )


def test_a_constant_asset_has_no_correlation():
    returns = panel()
    returns[:, 1] = 0.0
    matrix = rolling_correlation(returns, returns["date"][-1:], window=60)[0]
    assert np.isnan(matrix[1]).all()
    assert np.isfinite(matrix[[0, 2], [0, 2]]).all()
    assert np.isnan(rolling_correlation(0 * returns, returns["date"][-1:], window=60)).all()


def test_the_figure_puts_like_beside_like_and_leaves_the_unknown_out():
    rng = np.random.default_rng(2)
    factors = rng.standard_normal((100, 2))
    returns = panel(100, 7)
    returns[:] = factors[:, [0, 1, 0, 1, 0, 1, 0]] + 0.5 * rng.standard_normal((100, 7))
    returns[:, 6] = np.nan
    drawn = plot_correlation(rolling_correlation(returns, returns["date"][-1:], window=80)[0])
    axes = drawn.axes[0]
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert sorted(names) == [f"A{i}" for i in range(6)]
    assert {frozenset(names[:3]), frozenset(names[3:])} == {
        frozenset({"A0", "A2", "A4"}),
        frozenset({"A1", "A3", "A5"}),
    }
    assert axes.get_title(loc="left") == "6 assets, window to 2010-05-20"
    assert axes.images[0].get_clim() == (-1, 1)
    plt.close(drawn)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda r: ledoit_wolf(np.zeros(5)), r"x of shape \(5,\) is not allowed"),
        (lambda r: ledoit_wolf(np.full((5, 2), np.nan)), "without missing values"),
        (lambda r: rolling_covariance(r[:, 0], r["date"]), "returns over .* are not allowed"),
        (lambda r: rolling_covariance(r, np.array(["1999-01-01"], "datetime64[ns]")), "is not among the returns"),
        (lambda r: rolling_covariance(r, r["date"], window=1), "window=1 is not allowed: give an integer ≥ 2"),
        (lambda r: plot_correlation(rolling_correlation(r, r["date"][-1:], window=60)), "select one date"),
        (lambda r: plot_correlation(rolling_correlation(r, r["date"][:1], window=60)[0]), "0 assets have"),
    ],
)
def test_what_has_no_matrix_is_refused_in_one_line(call, says):
    with pytest.raises(ValueError, match=says) as refusal:
        call(panel())
    assert "\n" not in str(refusal.value)
