"""Stops and targets lie on their sides of the close, at the distances asked for."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.risk import atr_levels, conformal_levels


def panel(values) -> xr.DataArray:
    values = np.asarray(values, float)
    coordinates = {"date": pd.bdate_range("2010-01-01", periods=len(values)), "asset": list("AB")}
    return xr.DataArray(values, coordinates, ("date", "asset"))


CLOSE = panel([[100.0, 10.0], [np.nan, 10.0], [50.0, 10.0]])


def test_atr_levels_by_hand():
    levels = atr_levels(CLOSE, panel([[2.0, 4.0], [1.0, 0.0], [np.nan, 6.0]]), stop_multiple=2, target_multiple=3)
    nan = np.nan
    assert levels["stop"].dims == ("side", "date", "asset")
    np.testing.assert_array_equal(levels["stop"].sel(side="long"), [[96, 2], [nan, nan], [nan, nan]])  # 10 - 12 < 0
    np.testing.assert_array_equal(levels["target"].sel(side="long"), [[106, 22], [nan, nan], [nan, 28]])
    np.testing.assert_array_equal(levels["stop"].sel(side="short"), [[104, 18], [nan, nan], [nan, 22]])
    np.testing.assert_array_equal(levels["target"].sel(side="short"), [[94, nan], [nan, nan], [nan, nan]])


def test_conformal_levels_by_hand():
    intervals = xr.Dataset(
        {
            "lower": panel([[-0.1, 0.05], [-0.1, -np.inf], [-1.0, -0.3]]),
            "upper": panel([[0.2, 0.10], [0.1, np.inf], [0.1, -0.1]]),
        }
    )
    levels = conformal_levels(CLOSE, intervals)
    nan = np.nan
    np.testing.assert_allclose(levels["stop"].sel(side="long"), [[90, nan], [nan, nan], [nan, 7]])
    np.testing.assert_allclose(levels["target"].sel(side="long"), [[120, 11], [nan, nan], [55, nan]])
    np.testing.assert_allclose(levels["stop"].sel(side="short"), [[120, 11], [nan, nan], [55, nan]])
    np.testing.assert_allclose(levels["target"].sel(side="short"), [[90, nan], [nan, nan], [nan, 7]])


@settings(max_examples=50)
@given(close=st.floats(0.01, 1e4), atr=st.floats(0, 1e4), stop=st.floats(0.1, 10), target=st.floats(0.1, 10))
def test_every_level_is_a_price_on_its_side(close, atr, stop, target):
    levels = atr_levels(panel([[close, close]]), panel([[atr, atr]]), stop_multiple=stop, target_multiple=target)
    long, short = (levels.sel(side=side) for side in ("long", "short"))
    for below in (long["stop"], short["target"]):
        assert not ((below >= close) | (below <= 0)).any()
    for above in (long["target"], short["stop"]):
        assert not (above <= close).any()
        assert np.isfinite(above).all() == (close + atr * min(stop, target) > close) or np.isnan(above).any()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: atr_levels(CLOSE, CLOSE, stop_multiple=0), "stop_multiple=0 is not allowed: give a number above 0"),
        (lambda: atr_levels(CLOSE, CLOSE, target_multiple=np.nan), "target_multiple=nan is not allowed"),
        (lambda: atr_levels(CLOSE, -CLOSE), "atr=-100 is not allowed"),
        (lambda: atr_levels(-CLOSE, CLOSE), "close=-100 is not allowed: prices are > 0"),
        (lambda: atr_levels(CLOSE, CLOSE[1:]), "axis 'date' differs"),
        (lambda: conformal_levels(CLOSE, xr.Dataset({"lower": CLOSE[1:], "upper": CLOSE[1:]})), "axis 'date' differs"),
    ],
)
def test_what_has_no_level_is_refused_in_one_line(call, says):
    with pytest.raises(ValueError, match=says):
        call()
