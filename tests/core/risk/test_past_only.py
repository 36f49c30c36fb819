"""One battery for all that speaks of tomorrow: it knows the past only, and follows each asset on its own days."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from dlcore import risk

LENGTH, CUTS = 260, (150, 213, 214, 259)


def sizes(returns: xr.DataArray) -> xr.DataArray:
    return returns**2


FORECASTS: dict[str, Callable[[xr.DataArray], xr.DataArray]] = {
    "historical": lambda r: risk.rolling_tail(r, window=40, level=0.9)["expected_shortfall"],
    "gaussian": lambda r: risk.rolling_tail(r, method="gaussian", window=40)["value_at_risk"],
    "cornish_fisher": lambda r: risk.rolling_tail(r, method="cornish_fisher", window=100, level=0.9)["value_at_risk"],
    "filtered": lambda r: risk.filtered_tail(r, risk.ewma_variance(r), window=40, level=0.9)["value_at_risk"],
    "ewma": lambda r: risk.ewma_variance(r, horizon=3),
    "garch": lambda r: risk.garch_variance(r, horizon=2, least=100, refit=40),
    "har": lambda r: risk.har_variance(sizes(r), least=60, refit=7),
    "har of five days": lambda r: risk.har_variance(np.abs(r), target=sizes(r), horizon=5, least=60, refit=7),
}
BY_SESSION: dict[str, Callable[[xr.DataArray], xr.DataArray]] = {
    "covariance": lambda r: risk.rolling_covariance(r, r["date"], window=30),
    "correlation": lambda r: risk.rolling_correlation(r, r["date"], window=30),
    "conformal": lambda r: risk.adaptive_conformal(0 * r, r, delay=1, window=50)["upper"],
}
ALL = FORECASTS | BY_SESSION


@pytest.fixture(scope="module")
def returns() -> xr.DataArray:
    """Three assets with volatility that clusters; one lists late, one pauses for four days."""
    rng = np.random.default_rng(5)
    loud = np.exp(0.5 * np.cumsum(rng.normal(0, 0.2, (LENGTH, 3)), axis=0).clip(-2, 2))
    values = 0.01 * loud * rng.standard_t(8, (LENGTH, 3))
    values[:30, 1] = np.nan
    values[180:184, 2] = np.nan
    dates = pd.bdate_range("2015-01-01", periods=LENGTH)
    return xr.DataArray(values, {"date": dates, "asset": ["A", "B", "C"]}, ("date", "asset"), "r", {"unit": "fraction"})


@pytest.mark.parametrize("name", ALL)
def test_cutting_the_future_off_changes_nothing(returns, name):
    whole = ALL[name](returns)
    assert np.isfinite(whole.isel(date=-1)).any()
    for cut in CUTS:
        np.testing.assert_array_equal(ALL[name](returns[:cut]), whole[:cut])


@pytest.mark.parametrize("name", ALL)
def test_a_later_date_moves_nothing_earlier_and_something_later(returns, name):
    other = returns.copy()
    other[230] += 0.05
    before, after = ALL[name](returns), ALL[name](other)
    np.testing.assert_array_equal(after[:230], before[:230])
    assert not np.array_equal(after[230:], before[230:], equal_nan=True)


@pytest.mark.parametrize("name", FORECASTS)
def test_every_asset_is_followed_on_its_own_days(returns, name):
    together = FORECASTS[name](returns)
    assert together.dims == ("date", "asset")
    for asset in ("A", "B", "C"):
        alone = returns.sel(asset=asset, drop=True)
        np.testing.assert_array_equal(FORECASTS[name](alone), together.sel(asset=asset))
        gapless = FORECASTS[name](alone.dropna("date"))
        np.testing.assert_allclose(together.sel(asset=asset)[np.isfinite(alone.to_numpy())], gapless, rtol=1e-9)
    assert not np.isfinite(together.to_numpy()[~np.isfinite(returns.to_numpy())]).any()


@pytest.mark.parametrize("name", ALL)
def test_the_order_of_axes_does_not_matter_and_inputs_stay(returns, name):
    kept = returns.copy(deep=True)
    np.testing.assert_array_equal(ALL[name](returns.transpose("asset", "date")), ALL[name](returns))
    xr.testing.assert_identical(returns, kept)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda r: r[::-1], "dates are empty or not ascending"),
        (lambda r: r[:0], "dates are empty or not ascending"),
        (lambda r: r[[0, 0, 1]], "axis 'date' has no labels, or one twice"),
        (lambda r: r.where(r < 0.0, np.inf), "infinities: give finite numbers or NaN"),
        (lambda r: r.rename(asset="stock"), r"give floats \(date,\) or \(date, asset\)"),
        (lambda r: r.fillna(0).astype(int), r"give floats \(date,\) or \(date, asset\)"),
    ],
)
@pytest.mark.parametrize("name", ["historical", "ewma", "garch", "har", "conformal"])
def test_what_is_no_series_is_refused_in_one_line(returns, name, spoil, says):
    with pytest.raises(ValueError, match=says) as refusal:
        ALL[name](spoil(returns))
    assert "\n" not in str(refusal.value)


def test_a_bare_array_is_refused():
    with pytest.raises(TypeError, match=r"returns of type ndarray is not allowed: give a DataArray"):
        risk.ewma_variance(np.zeros(30))


def test_axes_that_differ_are_refused(returns):
    with pytest.raises(ValueError, match=r"axis 'date' differs \(260 and 259 labels\)"):
        risk.filtered_tail(returns, risk.ewma_variance(returns)[1:])
    with pytest.raises(ValueError, match=r"axes .* are not the same"):
        risk.exceedances(returns, returns[:, 0])


def test_the_battery_can_fail(returns):
    def leak(r: xr.DataArray) -> xr.DataArray:
        return r.shift(date=-1)

    assert not np.array_equal(leak(returns[:150]), leak(returns)[:150], equal_nan=True)


def test_names_are_found_where_they_are_promised():
    assert sorted(risk.__all__) == sorted(risk._HOMES)
    for name in risk.__all__:
        assert getattr(risk, name).__module__ == f"dlcore.risk.{risk._HOMES[name]}"
    with pytest.raises(AttributeError, match="no attribute 'kitchen'"):
        _ = risk.kitchen
