"""Overlapping weights against a plain loop, and the rules at their edges."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_loop import DATES

from dlcore.backtest import overlapping_weights


def table(values) -> xr.DataArray:
    values = np.asarray(values)
    axes = {"date": DATES[: len(values)], "asset": [f"A{i}" for i in range(values.shape[1])]}
    return xr.DataArray(values, axes, ("date", "asset"), "score")


def plain_weights(scores, top, horizon, threshold, bottom):
    """The docstring, asset by asset."""
    dates, assets = scores.shape
    weights = np.zeros(scores.shape)
    share = 0.5 if bottom else 1.0
    for t in range(dates):
        ranked = sorted((i for i in range(assets) if not np.isnan(scores[t, i])), key=lambda i: (-scores[t, i], i))
        best, worst = top, bottom or 0
        if len(ranked) < best + worst:
            best, worst = len(ranked) * top // (top + worst), len(ranked) * worst // (top + worst)
        longs, shorts = ranked[:best], ranked[len(ranked) - worst :]
        for i in longs:
            if threshold is None or scores[t, i] >= threshold:
                weights[t : t + horizon, i] += share / top / horizon
        for i in shorts:
            if threshold is None or scores[t, i] <= 1 - threshold:
                weights[t : t + horizon, i] -= share / bottom / horizon
    return weights


@settings(max_examples=150)
@given(
    seed=st.integers(0, 2**32 - 1),
    top=st.integers(1, 4),
    bottom=st.sampled_from([None, 1, 2, 3]),
    horizon=st.integers(1, 6),
    threshold=st.sampled_from([None, 0.5, 0.6, 0.9]),
)
def test_weights_are_the_plain_loop_with_ties_and_missing_names(seed, top, bottom, horizon, threshold):
    rng = np.random.default_rng(seed)
    values = np.round(rng.uniform(size=(14, 7)), 1)
    values[rng.uniform(size=values.shape) < rng.uniform()] = np.nan
    weights = overlapping_weights(table(values), top, horizon, threshold, bottom=bottom)
    np.testing.assert_allclose(weights, plain_weights(values, top, horizon, threshold, bottom), atol=1e-15)
    assert float(np.abs(weights).sum("asset").max()) <= 1 + 1e-12


def test_a_full_book_is_long_one_or_long_and_short_a_half():
    scores = table(np.tile(np.random.default_rng(0).normal(size=20), (12, 1)))
    long, both = overlapping_weights(scores, 5, 3), overlapping_weights(scores, 5, 3, bottom=4)
    np.testing.assert_allclose(long.sum("asset"), [1 / 3, 2 / 3, *[1] * 10])
    np.testing.assert_allclose(both.where(both > 0).sum("asset")[2:], 0.5)
    np.testing.assert_allclose(both.where(both < 0).sum("asset")[2:], -0.5)
    assert long.name == "weight"


def test_equal_scores_go_by_the_order_of_the_assets():
    weights = overlapping_weights(table(np.ones((1, 5))), 2, 1, bottom=2)
    assert weights[0].to_numpy().tolist() == [0.25, 0.25, 0, -0.25, -0.25]


def test_a_date_without_scores_leaves_its_part_in_cash():
    values = np.tile([3.0, 2, 1], (6, 1))
    values[2] = np.nan
    weights = overlapping_weights(table(values), 1, 2)
    assert weights[:, 0].to_numpy().tolist() == [0.5, 1, 0.5, 0.5, 1, 1]


def test_too_few_names_do_not_get_more_each():
    weights = overlapping_weights(table([[1.0, np.nan, np.nan, np.nan]]), 2, 1)
    assert weights[0].to_numpy().tolist() == [0.5, 0, 0, 0]


def test_only_members_of_the_day_are_chosen():
    scores = table(np.tile([3.0, 2, 1], (2, 1)))
    universe = table(np.array([[True, True, True], [False, True, True]]))
    weights = overlapping_weights(scores, 1, 1, universe=universe)
    assert weights.to_numpy().tolist() == [[1, 0, 0], [0, 1, 0]]
    assert "by date" in weights.attrs["universe"]
    assert "universe" not in overlapping_weights(scores, 1, 1).attrs


def test_any_order_of_dims_and_integers_are_fine():
    scores = table(np.arange(12).reshape(3, 4))
    turned = overlapping_weights(scores.T, 1, 1)
    xr.testing.assert_identical(turned, overlapping_weights(scores.astype(float), 1, 1))


def test_tomorrow_does_not_change_today():
    values = np.random.default_rng(1).normal(size=(10, 6))
    changed = values.copy()
    changed[6:] = np.random.default_rng(2).normal(size=(4, 6))
    before, after = (overlapping_weights(table(v), 2, 3, bottom=2) for v in (values, changed))
    np.testing.assert_array_equal(before[:6], after[:6])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"top": 0}, "top=0 is not allowed: give an integer ≥ 1"),
        ({"top": 2.5}, "top=2.5 is not allowed"),
        ({"horizon": 0}, "horizon=0 is not allowed"),
        ({"bottom": 0}, "bottom=0 is not allowed"),
        ({"top": 6}, "top=6 of 5 assets is not allowed: give at most 5 together"),
        ({"top": 3, "bottom": 3}, "top=3 and bottom=3 of 5 assets"),
        ({"threshold": 0.4}, "threshold=0.4 is not allowed: give a probability from 0.5 to below 1"),
        ({"threshold": 1.0}, "threshold=1.0 is not allowed"),
    ],
)
def test_settings_that_are_none(change, message):
    with pytest.raises(ValueError, match=message):
        overlapping_weights(table(np.full((3, 5), 0.5)), **({"top": 2} | change))


def test_scores_that_are_none():
    scores = table(np.full((3, 5), 2.0))
    with pytest.raises(ValueError, match="score=2 is no probability"):
        overlapping_weights(scores, 1, threshold=0.6)
    with pytest.raises(ValueError, match="score=inf is not allowed"):
        overlapping_weights(scores / 0, 1)
    with pytest.raises(TypeError, match="scores=ndarray is not allowed"):
        overlapping_weights(scores.to_numpy(), 1)
    with pytest.raises(TypeError, match="universe="):
        overlapping_weights(scores, 1, universe=scores[0] > 0)
    with pytest.raises(ValueError, match="universe of dtype float64"):
        overlapping_weights(scores, 1, universe=scores)
    with pytest.raises(ValueError, match="the universe lacks a date of the scores"):
        overlapping_weights(scores, 1, universe=scores[:2] > 0)
