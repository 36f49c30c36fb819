"""What a Panel is: the builder makes one, and the check refuses everything else with one line."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.markets import check_panel
from dlcore.markets.calendar import sessions
from dlcore.markets.panel import ATTRIBUTES, build_panel

ATTRS = dict.fromkeys(ATTRIBUTES, "test") | {"calendar": "XNYS"}
DATES = sessions("2020-01-02", "2020-01-31")


def make(**changes: np.ndarray) -> xr.Dataset:
    """A good Panel of three assets, or one with some variables replaced."""
    close = np.arange(1.0, 1.0 + 3 * len(DATES)).reshape(-1, 3)
    variables = {name: (("date", "asset"), values) for name, values in ({"close": close} | changes).items()}
    return xr.Dataset(variables, coords={"date": DATES, "asset": ["A", "B", "C"]}, attrs=ATTRS)


def refused(dataset: xr.Dataset) -> str:
    """The one line with which it is refused."""
    with pytest.raises(ValueError, match=r".") as error:
        check_panel(dataset)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_good_panel_comes_back_as_it_is():
    panel = make(volume=np.zeros((len(DATES), 3)))
    panel["close"][3, 1] = np.nan
    panel["regime"] = ("date", np.zeros(len(DATES), dtype=np.int64))
    panel["lead_active"] = ("date", np.zeros(len(DATES), dtype=bool))
    before = panel.copy(deep=True)
    assert check_panel(panel) is panel
    xr.testing.assert_identical(panel, before)


VALUES = st.sampled_from([np.inf, -np.inf, 0.0, -1.0, -1e-300])


@given(VALUES, st.integers(0, len(DATES) - 1), st.integers(0, 2), st.sampled_from(["open", "high", "low", "close"]))
@settings(max_examples=40)
def test_a_wrong_price_anywhere_is_found_and_named(value, date, asset, field):
    panel = make(**{field: np.ones((len(DATES), 3))})
    panel[field][date, asset] = value
    said = refused(panel)
    assert said.startswith(f"{field} = {value} at ({str(DATES[date])[:10]}")
    assert f", {'ABC'[asset]})" in said


@given(st.permutations(range(len(DATES))).filter(lambda order: order != sorted(order)))
@settings(max_examples=20)
def test_unsorted_dates_are_refused(order):
    assert "sort the dates" in refused(make().isel(date=list(order)))


@given(st.sampled_from(["date", "asset"]), st.integers(0, 2))
@settings(max_examples=10)
def test_twins_are_refused(axis, place):
    panel = make()
    assert "appears twice" in refused(xr.concat([panel.isel({axis: [place]}), panel], dim=axis))


@given(st.sampled_from([np.float32, np.int64, object, "U3", bool]))
@settings(max_examples=5)
def test_other_types_are_refused(dtype):
    assert "dtype" in refused(make(close=np.ones((len(DATES), 3)).astype(dtype)))


@given(st.sampled_from(["date", "asset"]))
@settings(max_examples=2)
def test_nothing_is_refused(axis):
    assert "is empty" in refused(make().isel({axis: slice(0)}))


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_panel_without_its_papers_is_refused(name):
    panel = make()
    panel.attrs.pop(name)
    assert refused(panel).startswith(f"attrs lack {name}")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda p: p.rename(close="price"), "lack close"),
        (lambda p: p.rename(asset="stock"), "no labelled axis 'asset'"),
        (lambda p: p.drop_vars("asset"), "no labelled axis 'asset'"),
        (lambda p: p.transpose("asset", "date"), r"close has dims \('asset', 'date'\)"),
        (lambda p: p.assign_coords(date=np.arange(len(DATES))), "dates of dtype int64"),
        (lambda p: p.assign_coords(date=DATES.tz_localize("UTC")), "naive datetime64"),
        (lambda p: p.assign_coords(date=DATES + pd.Timedelta(days=1)), "is no session of XNYS"),
        (lambda p: p.assign_coords(date=DATES + pd.Timedelta(hours=1)), "is no session of XNYS"),
        (lambda p: p.assign_coords(date=[pd.NaT, *DATES[1:]]), "missing label"),
        (lambda p: p.assign_attrs(calendar="MOON"), "calendar='MOON' is not known"),
        (lambda p: p.assign(volume=-p["close"]), r"volume = -1\.0 at"),
        (lambda p: p.assign(signal=p["close"] * np.inf), "signal = inf at"),
        (lambda p: p.assign(benchmark=p["close"][:, 0] * 0), r"benchmark = 0\.0 at \(2020-01-02"),
        (lambda p: p.assign(close3=p["close"].expand_dims("x")), "close3 has dims"),
    ],
)
def test_what_is_no_panel_is_refused(spoil, says):
    with pytest.raises(ValueError, match=says):
        check_panel(spoil(make()))


def test_what_is_no_dataset_is_refused():
    with pytest.raises(TypeError, match="a DataFrame is no Panel"):
        check_panel(pd.DataFrame())  # pyright: ignore[reportArgumentType] -- the point


def test_the_builder_keeps_gaps_and_orders_dates():
    close = pd.DataFrame({"A": [2.0, 1.0], "B": [np.nan, 3.0]}, index=DATES[[1, 0]])
    volume = pd.DataFrame({"C": [5], "A": [7]}, index=DATES[[2]])
    panel = build_panel(
        {"close": close, "volume": volume}, ATTRS, per_asset={"sector": pd.Series({"A": "x", "B": "y", "C": "z"})}
    )
    assert panel["asset"].to_numpy().tolist() == ["A", "B", "C"]
    assert panel["date"].to_numpy().tolist() == DATES[:3].to_numpy().tolist()
    np.testing.assert_array_equal(panel["close"].to_numpy(), [[1, 3, np.nan], [2, np.nan, np.nan], [np.nan] * 3])
    assert panel["volume"].dtype == np.float64
    assert panel["sector"].to_numpy().tolist() == ["x", "y", "z"]


def test_the_builder_refuses_twins_and_nothing():
    twice = pd.DataFrame({"A": [1.0, 2.0]}, index=DATES[[0, 0]])
    with pytest.raises(ValueError, match=r"close: date 2020-01-02 .*appears twice"):
        build_panel({"close": twice}, ATTRS)
    with pytest.raises(ValueError, match="no frames"):
        build_panel({}, ATTRS)
