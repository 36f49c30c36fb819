"""Exits within the bar, one by one, on bars made for them."""

import numpy as np
import pytest
from plain_loop import make_panel

from dlcore.backtest import Costs, Stops, run_events

FREE = Costs(bps=0)


def one(bars, stops, weights=(1, np.nan), **rules):
    """One asset with bars (open, high, low, close); wanted from the first close on."""
    opened, high, low, close = np.array(bars, dtype=float).T[:, :, None]
    panel = make_panel(open=opened, high=high, low=low, close=close, volume=close * 0 + 1e9)
    values = np.full(close.shape, np.nan)
    values[: len(weights), 0] = weights
    fills = run_events(panel["close"].copy(data=values), panel, FREE, stops=stops, **rules).fills
    rows = panel.indexes["date"].get_indexer(fills["date"])
    return list(zip(rows.tolist(), fills["price"].round(6).tolist(), fills["reason"].tolist(), strict=True))


FLAT = (100, 100, 100, 100)


@pytest.mark.parametrize(
    ("bar", "side", "stops", "price", "reason"),
    [
        ((100, 101, 94, 99), 1, {"loss": 0.05}, 95, "stop"),
        ((93, 96, 90, 95), 1, {"loss": 0.05}, 93, "stop"),  # a gap through the stop fills at the open
        ((100, 112, 99, 105), 1, {"profit": 0.1}, 110, "target"),
        ((115, 116, 114, 115), 1, {"profit": 0.1}, 115, "target"),  # a gap through the target too
        ((100, 112, 94, 100), 1, {"loss": 0.05, "profit": 0.1}, 95, "stop"),  # both in one bar: the stop first
        ((115, 116, 90, 100), 1, {"loss": 0.05, "profit": 0.1}, 115, "target"),  # but the open is before either
        ((100, 106, 99, 100), -1, {"loss": 0.05}, 105, "stop"),
        ((108, 109, 107, 108), -1, {"loss": 0.05}, 108, "stop"),
        ((100, 101, 88, 92), -1, {"profit": 0.1}, 90, "target"),
        ((100, 106, 88, 92), -1, {"loss": 0.05, "profit": 0.1}, 105, "stop"),
    ],
)
def test_a_bar_meets_its_rule(bar, side, stops, price, reason):
    fills = one([FLAT, FLAT, bar, FLAT, FLAT], Stops(**stops), (side,))
    assert fills == [(1, 100, "order"), (2, price, reason)]


def test_the_bar_of_an_entry_at_the_open_counts_and_of_one_at_the_close_does_not():
    bars = [FLAT, (100, 100, 90, 100), FLAT]
    assert one(bars, Stops(loss=0.05), (1,)) == [(1, 100, "order"), (1, 95, "stop")]
    assert one(bars, Stops(loss=0.05), (1,), entry="next_close") == [(1, 100, "order")]


def test_an_entry_at_the_close_comes_after_the_stops_of_its_bar():
    bars = [FLAT, FLAT, (100, 100, 90, 97), FLAT, FLAT]
    fills = one(bars, Stops(loss=0.05), (1, 0), entry="next_close")
    assert fills == [(1, 100, "order"), (2, 95, "stop")]  # the order to sell finds nothing to sell


def test_the_trailing_stop_follows_the_sessions_before():
    bars = [FLAT, FLAT, (100, 120, 100, 118), (118, 119, 100, 110), FLAT]
    assert one(bars, Stops(trailing=0.1), (1,)) == [(1, 100, "order"), (3, 108, "trailing")]
    # the high of the same bar does not lift the stop: 120 × .9 = 108 lies above the low of 100


def test_time_leaves_after_so_many_fills():
    for sessions in (1, 3):
        fills = one([FLAT] * 8, Stops(sessions=sessions), (1,))
        assert fills == [(1, 100, "order"), (1 + sessions, 100, "time")]


def test_out_until_the_strategy_has_let_go():
    bars = [FLAT, FLAT, (100, 100, 90, 100), *[FLAT] * 6]
    still_wanted = one(bars, Stops(loss=0.05), (1, 1, 1, 1, 1, 1))
    assert still_wanted == [(1, 100, "order"), (2, 95, "stop")]
    let_go = one(bars, Stops(loss=0.05), (1, 1, 1, 0, 1, 1))
    assert [fill for fill in let_go if fill[0] > 2][:1] == [(5, 100, "order")]
    turned = one(bars, Stops(loss=0.05), (1, 1, 1, -1))
    assert (4, 100, "order") in turned


def test_a_day_without_trade_has_no_events():
    gap = (np.nan,) * 4
    fills = one([FLAT, FLAT, gap, (80, 80, 80, 80), FLAT], Stops(loss=0.05), (1,))
    assert fills == [(1, 100, "order"), (3, 80, "stop")]


def test_the_stop_is_measured_from_the_average_price():
    after = (115, 115, 115, 115)
    bars = [FLAT, FLAT, (120, 120, 120, 120), (120, 120, 120, 120), (120, 120, 108, 115), after]
    fills = one(bars, Stops(loss=0.05), (0.5, np.nan, 1.0))
    assert fills[1][0] == 3
    held, bought = 0.5e6 / 100, 1.1e6 / 120 - 0.5e6 / 100
    average = (held * 100 + bought * 120) / (held + bought)
    assert average * 0.95 < 108
    assert len(fills) == 2
    lower = [*bars[:4], (120, 120, 103, 115), after]
    assert one(lower, Stops(loss=0.05), (0.5, np.nan, 1.0))[2] == (4, round(average * 0.95, 6), "stop")


def test_volume_limits_orders_and_what_is_left_waits_or_lapses():
    close = np.full((6, 1), 100.0)
    panel = make_panel(open=close, close=close, volume=close * 20)  # 2,000 shares a day
    weights = panel["close"][:1] * 0 + 1
    for unfilled, quantities in (("cancel", [200]), ("carry", [200] * 5)):
        fills = run_events(weights, panel, FREE, participation=0.1, unfilled=unfilled).fills
        assert fills["quantity"].tolist() == quantities
    few = run_events(weights, panel, FREE, participation=0.1, unfilled="carry", capital=30_070, shares="whole").fills
    assert few["quantity"].tolist() == [200, 100]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loss": 0}, "loss=0 is not allowed: give a fraction between 0 and 1"),
        ({"loss": 5}, "loss=5 is not allowed"),
        ({"trailing": -0.1}, "trailing=-0.1 is not allowed"),
        ({"profit": np.nan}, "profit=nan is not allowed: give a fraction > 0"),
        ({"profit": np.inf}, "profit=inf is not allowed"),
        ({"sessions": 0}, "sessions=0 is not allowed: give an integer ≥ 1"),
        ({"sessions": 2.5}, "sessions=2.5 is not allowed"),
    ],
)
def test_stops_that_are_none(change, message):
    with pytest.raises(ValueError, match=message):
        Stops(**change)
