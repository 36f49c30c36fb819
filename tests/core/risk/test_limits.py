"""Every limit holds, nothing grows, twice is once, and the report says what was done."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dlcore.risk import Limits, apply_limits

ASSETS, SECTORS = list("ABCDEF"), ["oil", "oil", "oil", "tech", "tech", "food"]
WEIGHTS = arrays(float, (3, 6), elements=st.floats(-2, 2) | st.just(np.nan) | st.just(0.0))
SHARE = st.none() | st.floats(0.01, 3)


def book(values) -> xr.DataArray:
    values = np.asarray(values, float).reshape(-1, 6)
    dates = pd.bdate_range("2020-01-01", periods=len(values))
    coordinates = {"date": dates, "asset": ASSETS, "sector": ("asset", SECTORS)}
    return xr.DataArray(values, coordinates, ("date", "asset"), "weight")


@settings(max_examples=80)
@given(
    weights=WEIGHTS,
    gross=SHARE,
    net=st.none() | st.floats(0, 2),
    name=SHARE,
    sector=SHARE,
    participation=SHARE,
    traded=arrays(float, (3, 6), elements=st.floats(0, 1e7) | st.just(np.nan)),
)
def test_the_properties(weights, gross, net, name, sector, participation, traded):
    limits = Limits(gross, net, name, sector, participation)
    given_ = {"traded_value": book(traded), "capital": 1e6}
    wanted = book(weights)
    allowed, report = apply_limits(wanted, limits, **given_)
    held = np.nan_to_num(allowed.to_numpy())
    size, slack = np.abs(held), 1e-11
    infinite = np.inf
    assert (size.sum(axis=1) <= (infinite if gross is None else gross) + slack).all()
    assert (np.abs(held.sum(axis=1)) <= (infinite if net is None else net) + slack).all()
    assert (size <= (infinite if name is None else name)).all()
    for s in set(SECTORS):
        inside = size[:, np.array(SECTORS) == s].sum(axis=1)
        assert (inside <= (infinite if sector is None else sector) + slack).all()
    if participation is not None:
        assert (size <= participation * np.nan_to_num(traded) / 1e6 * (1 + 1e-12) + 1e-300).all()

    assert (size <= np.abs(np.nan_to_num(weights))).all()  # nothing grows
    assert (held * np.nan_to_num(weights) >= 0).all()  # nothing changes sides
    np.testing.assert_array_equal(np.isnan(allowed), np.isnan(weights))
    again, nothing = apply_limits(allowed, limits, **given_)
    xr.testing.assert_identical(again, allowed)  # twice is once, to the last bit
    assert len(nothing) == 0
    changed = (held != np.nan_to_num(weights)).any(axis=1)
    assert set(report["date"]) >= set(wanted["date"].to_numpy()[changed])
    if len(report) == 0:
        xr.testing.assert_identical(allowed, wanted)
    assert (np.abs(report["wanted"]) > np.abs(report["allowed"])).all()


def test_the_report_by_hand():
    wanted = book([[0.5, 0.2, 0.1, -0.1, -0.05, np.nan], [0.1, 0.0, 0.0, -0.1, 0.0, 0.0]])
    limits = Limits(gross=0.35, net=0.15, name=0.3, sector=0.4)
    allowed, report = apply_limits(wanted, limits)
    # name: A to 0.3; oil 0.6 to 0.4, so 0.2, 0.1333, 0.0667; net 0.25 to 0.15: longs by 3/4; gross 0.45 to 0.35
    expected = np.array([0.15, 0.1, 0.05, -0.1, -0.05, np.nan]) * 0.35 / 0.45
    np.testing.assert_allclose(allowed[0], expected, rtol=1e-12)
    np.testing.assert_array_equal(allowed[1], wanted[1])
    assert report.columns.tolist() == ["date", "limit", "subject", "wanted", "allowed"]
    assert report[["limit", "subject"]].to_numpy().tolist() == [
        ["name", "A"],
        ["sector", "oil"],
        ["net", ""],
        ["gross", ""],
    ]
    np.testing.assert_allclose(report[["wanted", "allowed"]], [[0.5, 0.3], [0.6, 0.4], [0.25, 0.15], [0.45, 0.35]])
    assert (report["date"] == pd.Timestamp("2020-01-01")).all()


def test_a_short_book_is_cut_on_its_short_side():
    allowed, report = apply_limits(book([-0.4, -0.2, 0.2, 0, 0, 0]), Limits(net=0.1))
    np.testing.assert_allclose(allowed[0], [-0.2, -0.1, 0.2, 0, 0, 0])
    np.testing.assert_allclose(report[["wanted", "allowed"]], [[-0.4, -0.1]])
    neutral, _ = apply_limits(book([0.4, 0.2, 0, 0, 0, 0]), Limits(net=0))
    np.testing.assert_array_equal(neutral, np.zeros((1, 6)))


def test_participation_is_a_share_of_what_trades():
    traded = book([1e6, 1e6, np.nan, 1e6, 1e6, 1e6])
    allowed, report = apply_limits(
        book([0.3, -0.3, 0.3, 0.05, 0, np.nan]), Limits(participation=0.1), traded_value=traded, capital=1e6
    )
    np.testing.assert_array_equal(allowed[0], [0.1, -0.1, 0.0, 0.05, 0, np.nan])
    assert report["subject"].tolist() == ["A", "B", "C"]
    np.testing.assert_allclose(report["allowed"], [0.1, -0.1, 0])


def test_rows_come_in_the_order_of_dates_and_no_limit_cuts_nothing():
    wanted = book(np.full((3, 6), 0.5))
    _, report = apply_limits(wanted, Limits(gross=1, name=0.4))
    assert report["date"].is_monotonic_increasing
    assert report["limit"].tolist()[:7] == ["name"] * 6 + ["gross"]
    same, empty = apply_limits(wanted, Limits())
    xr.testing.assert_identical(same, wanted)
    assert empty.columns.tolist() == ["date", "limit", "subject", "wanted", "allowed"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda w: Limits(gross=0), "gross=0 is not allowed: give a number ≥ 1e-09, or None"),
        (lambda w: Limits(net=-0.1), "net=-0.1 is not allowed: give a number ≥ 0, or None"),
        (lambda w: Limits(name=float("nan")), "name=nan is not allowed"),
        (lambda w: apply_limits(w.drop_vars("sector"), Limits(sector=0.2)), "the weights have no sector"),
        (lambda w: apply_limits(w, Limits(participation=0.1)), "capital=None is not allowed: a participation limit"),
        (lambda w: apply_limits(w, Limits(participation=0.1), traded_value=w, capital=0.0), "capital=0.0 is not"),
        (lambda w: apply_limits(w, Limits(participation=0.1), traded_value=w - 1, capital=1.0), "traded_value=-"),
        (lambda w: apply_limits(w, Limits(participation=0.1), traded_value=w[1:], capital=1.0), "axis 'date' differs"),
        (lambda w: apply_limits(w[:, 0], Limits()), "weights over .* are not allowed: give"),
        (lambda w: apply_limits(w / 0.0, Limits()), "weights holds 12 infinities"),
    ],
)
def test_what_cannot_be_limited_is_refused_in_one_line(call, says):
    with pytest.raises(ValueError, match=says) as refusal:
        call(book(np.full((2, 6), 0.1)))
    assert "\n" not in str(refusal.value)
