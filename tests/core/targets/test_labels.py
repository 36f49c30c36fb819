"""Labels against a loop over days that knows no array, against the future, and against bad input."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.markets import load_panel
from dlcore.risk.series import ahead
from dlcore.targets import (
    alpha_score,
    direction,
    excess_return,
    forward_return,
    forward_variance,
    three_class,
    volatility_regime,
)

DATA = Path(os.environ.get("DLCORE_TEST_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
FAMILY = (forward_return, excess_return, direction, three_class, alpha_score, volatility_regime)
ENTRIES = ("next_open", "next_close")
NAN = float("nan")

cases = given(
    seed=st.integers(0, 10**6),
    horizon=st.integers(1, 9),
    entry=st.sampled_from(ENTRIES),
    benchmark=st.booleans(),
    masked=st.booleans(),
)
few = settings(max_examples=15)


def short(panel: xr.Dataset, function) -> dict:
    """A lookback that fits into a small panel."""
    return {"lookback": 12} if function is volatility_regime else {}


def some_universe(panel: xr.Dataset, seed: int) -> xr.DataArray:
    rng = np.random.default_rng(seed)
    return xr.DataArray(rng.random(panel["close"].shape) < 0.8, panel["close"].coords)


# --- the oracle: one stock, one day, if after if --------------------------------------------------------------------


def follow(prices: list[float], closes: list[float], t: int, horizon: int, delisting_return: float):
    """(return, row of the fill, row of the exit, row where it is known) or None."""
    entry, planned = t + 1, t + 1 + horizon
    if planned >= len(prices) or np.isnan(prices[entry]):
        return None
    for row in range(planned, len(prices)):
        if not np.isnan(prices[row]):
            return prices[row] / prices[entry] - 1, entry, row, row
    quiet = 0
    while np.isnan(closes[-1 - quiet]) and np.isnan(prices[-1 - quiet]):
        quiet += 1
    if quiet < 20:
        return None
    gone = len(prices) - 1 - quiet
    final = prices[gone] if np.isnan(closes[gone]) else closes[gone]
    return final * (1 + delisting_return) / prices[entry] - 1, entry, planned, max(planned, gone + 20)


def worth(prices: list[float], closes: list[float], row: int) -> float:
    """Price at that row, or the last one seen."""
    if not np.isnan(prices[row]):
        return prices[row]
    while np.isnan(closes[row]) and np.isnan(prices[row]):
        row -= 1
    return prices[row] if np.isnan(closes[row]) else closes[row]


def market(panel: xr.Dataset, entry: str, universe, t: int, leave: int) -> float:
    if "benchmark" in panel:
        level = panel["benchmark"].to_numpy()
        return level[leave - 1] / level[t] - 1 if entry == "next_open" else level[leave] / level[t + 1] - 1
    return float(np.mean(held(panel, entry, universe, t, leave)))


def held(panel: xr.Dataset, entry: str, universe, t: int, leave: int) -> list[float]:
    price = panel["open" if entry == "next_open" else "close"].to_numpy()
    returns = []
    for j in range(price.shape[1]):
        if np.isnan(price[t + 1, j]) or (universe is not None and not universe.to_numpy()[t, j]):
            continue
        returns.append(worth(list(price[:, j]), list(panel["close"].to_numpy()[:, j]), leave) / price[t + 1, j] - 1)
    return returns


@cases
@few
def test_labels_equal_a_loop_over_days(make_ragged, seed, horizon, entry, benchmark, masked):
    panel = make_ragged(seed, benchmark=benchmark)
    universe = some_universe(panel, seed) if masked else None
    terms = {"universe": universe, "delisting_return": -0.3}
    got = {f: f(panel, horizon, entry, **terms) for f in (forward_return, excess_return, alpha_score)}
    price = panel["open" if entry == "next_open" else "close"].to_numpy()
    dates = panel["date"].to_numpy()
    for t in range(len(dates)):
        for j in range(price.shape[1]):
            trade = follow(list(price[:, j]), list(panel["close"].to_numpy()[:, j]), t, horizon, -0.3)
            inside = universe is None or bool(universe.to_numpy()[t, j])
            expected = dict.fromkeys(got, NAN)
            if trade is not None and inside:
                excess = trade[0] - market(panel, entry, universe, t, trade[2])
                day = held(panel, entry, universe, t, t + 1 + horizon)
                spread = np.std(day, ddof=1) if len(day) > 1 else 0.0
                alpha = np.clip(excess / spread, -3, 3) if spread > 1e-12 else NAN
                expected = {forward_return: trade[0], excess_return: excess, alpha_score: alpha}
            for function, labels in got.items():
                value = labels["value"].to_numpy()[t, j]
                np.testing.assert_allclose(value, expected[function], rtol=1e-9, atol=1e-12)
                interval = (labels["start"].to_numpy()[t, j], labels["end"].to_numpy()[t, j])
                if np.isnan(value):
                    assert np.isnat(interval).all()
                else:
                    assert interval == (dates[trade[1]], dates[trade[3]])


@given(seed=st.integers(0, 10**6), horizon=st.integers(1, 9), entry=st.sampled_from(ENTRIES))
@settings(max_examples=20)
def test_regimes_equal_a_loop_over_days(make_ragged, seed, horizon, entry):
    panel, lookback = make_ragged(seed), 12
    got = volatility_regime(panel, horizon, entry, lookback=lookback)["value"].to_numpy()
    known = forward_return(panel, horizon, entry)
    price = panel["open" if entry == "next_open" else "close"].to_numpy()
    for j in range(price.shape[1]):
        trades = [row for row in range(len(price)) if not np.isnan(price[row, j])]

        def variance(start: int, end: int, j=j, trades=trades) -> float:
            pairs = [(a, b) for a, b in pairwise(trades) if start < b <= end]
            return sum(np.log(price[b, j] / price[a, j]) ** 2 for a, b in pairs) / (end - start)

        for t in range(len(price)):
            past = [
                variance(row - horizon, row)
                for row in range(max(horizon, t - lookback + 1), t + 1)
                if row in trades and row - horizon in trades
            ]
            if np.isnan(known["value"].to_numpy()[t, j]) or len(past) < 6:
                assert np.isnan(got[t, j])
                continue
            planned = t + 1 + horizon
            leave = next((row for row in trades if row >= planned), planned)
            low, high = np.quantile(past, [1 / 3, 2 / 3])
            realised = variance(t + 1, leave)
            if min(abs(realised - low), abs(realised - high)) > 1e-12:
                assert got[t, j] == int(realised > high) - int(realised < low)


@given(seed=st.integers(0, 10**6), horizon=st.integers(1, 9), masked=st.booleans())
@settings(max_examples=20)
def test_forward_variance_equals_a_loop_over_days(make_ragged, seed, horizon, masked):
    panel = make_ragged(seed)
    universe = some_universe(panel, seed) if masked else None
    got, close, dates = forward_variance(panel, horizon, universe=universe), panel["close"].to_numpy(), panel["date"]
    for j in range(close.shape[1]):
        trades = [row for row in range(len(close)) if not np.isnan(close[row, j])]
        for t in range(len(close)):
            planned = t + horizon
            leave = next((row for row in trades if row >= planned), None)
            known = leave
            if leave is None and trades and trades[-1] + 20 < len(close) and planned < len(close):
                leave, known = planned, max(planned, trades[-1] + 20)
            value, start, end = (got[name].to_numpy()[t, j] for name in ("value", "start", "end"))
            if t not in trades or leave is None or (masked and not universe.to_numpy()[t, j]):
                assert np.isnan(value)
                assert np.isnat([start, end]).all()
                continue
            moves = [np.log(close[b, j] / close[a, j]) ** 2 for a, b in pairwise(trades) if t < b <= leave]
            assert value == pytest.approx(sum(moves), rel=1e-9, abs=1e-15)
            assert (start, end) == (dates.to_numpy()[t + 1], dates.to_numpy()[known])


def test_a_forecast_of_variance_is_held_to_the_same_sum():
    panel = load_panel("us-tech-5", "2010-01-04", "2010-12-31")
    returns = np.log(panel["close"]).diff("date").reindex(date=panel["date"])
    label = forward_variance(panel, 5)["value"]
    np.testing.assert_allclose(label[1:], ahead(returns**2, 5)[1:], rtol=1e-9)


# --- nothing from after the end --------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FAMILY, ids=lambda f: f.__name__)
@cases
@settings(max_examples=6)
def test_a_panel_cut_at_the_end_of_a_label_has_the_same_label(
    make_ragged, function, seed, horizon, entry, benchmark, masked
):
    panel = make_ragged(seed, benchmark=benchmark)
    terms = {"universe": some_universe(panel, seed)} if masked else {}
    whole = function(panel, horizon, entry, **terms, **short(panel, function))
    dates = panel.indexes["date"]
    for last in range(horizon + 2, len(dates), 5):
        then = {name: mask.isel(date=slice(last)) for name, mask in terms.items()}
        cut = function(panel.isel(date=slice(last)), horizon, entry, **then, **short(panel, function))
        over = (whole["end"] <= dates[last - 1]).isel(date=slice(last))
        for name in ("value", "start", "end"):
            old, new = (labels[name].isel(date=slice(last)).to_numpy()[over.to_numpy()] for labels in (whole, cut))
            if name == "value":
                np.testing.assert_allclose(old, new, rtol=1e-12, atol=1e-12)
            else:
                np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("function", FAMILY, ids=lambda f: f.__name__)
@given(seed=st.integers(0, 10**6), entry=st.sampled_from(ENTRIES), benchmark=st.booleans(), row=st.integers(20, 60))
@settings(max_examples=8)
def test_later_prices_move_no_label_that_has_ended(make_ragged, function, seed, entry, benchmark, row):
    panel = make_ragged(seed, benchmark=benchmark)
    shaken = panel.copy(deep=True)
    rng = np.random.default_rng(seed)
    for name in shaken.data_vars:
        shaken[name].to_numpy()[row:] *= np.exp(rng.normal(0, 0.5, shaken[name].to_numpy()[row:].shape))
    before, after = (function(p, 4, entry, **short(panel, function)) for p in (panel, shaken))
    ended = (before["end"] < panel["date"][row]).to_numpy()
    assert np.isfinite(before["value"].to_numpy()[ended]).all()
    np.testing.assert_array_equal(before["value"].to_numpy()[ended], after["value"].to_numpy()[ended])


@pytest.mark.parametrize("function", [forward_return, excess_return, alpha_score])
@pytest.mark.parametrize("entry", ENTRIES)
def test_earlier_prices_move_no_label_but_for_the_close_before_an_open(make_ragged, function, entry):
    panel = make_ragged(3, benchmark=True)
    shaken = panel.copy(deep=True)
    row = 30  # everything before it is shaken
    for name in shaken.data_vars:
        shaken[name].to_numpy()[:row] *= 1.7
    before, after = (function(p, 4, entry)["value"].to_numpy() for p in (panel, shaken))
    first = row if entry == "next_open" and function is not forward_return else row - 1
    np.testing.assert_array_equal(before[first:], after[first:])
    if first == row:
        assert (before[row - 1] != after[row - 1])[np.isfinite(before[row - 1])].all()


# --- cases small enough to read -------------------------------------------------------------------------------------


def one(make_panel, prices: list[float], others: int = 0) -> xr.Dataset:
    column = np.array(prices, float)[:, None]
    return make_panel(np.concatenate([column, *[np.linspace(10, 20, len(prices))[:, None]] * others], axis=1))


def dated(panel: xr.Dataset, labels: xr.Dataset, t: int) -> tuple[float, int, int]:
    """Value, and rows of start and end, of the first asset."""
    rows = [panel.indexes["date"].get_loc(labels[name].to_numpy()[t, 0]) for name in ("start", "end")]
    return float(labels["value"].to_numpy()[t, 0]), *rows


def test_the_clock_of_both_entries(make_panel):
    close = np.array([[10.0, 11, 12, 13, 14, 15]]).T
    panel = make_panel(close, close + 0.5)
    opens, closes = (forward_return(panel, 2, entry) for entry in ENTRIES)
    assert dated(panel, opens, 0) == (pytest.approx(13.5 / 11.5 - 1), 1, 3)
    assert dated(panel, closes, 0) == (pytest.approx(13 / 11 - 1), 1, 3)
    assert np.isfinite(closes["value"].to_numpy()[:, 0]).tolist() == [True] * 3 + [False] * 3


def test_an_order_that_cannot_be_filled_has_no_label_and_a_halted_exit_waits(make_panel):
    panel = one(make_panel, [10, NAN, 12, 13, NAN, NAN, 16, 17])
    labels = forward_return(panel, 2, "next_close")
    assert np.isnan(labels["value"].to_numpy()[0, 0])
    assert dated(panel, labels, 1) == (pytest.approx(16 / 12 - 1), 2, 6)
    assert dated(panel, labels, 2) == (pytest.approx(16 / 13 - 1), 3, 6)


@pytest.mark.parametrize(("silence", "judged"), [(1, False), (19, False), (20, True), (25, True)])
def test_a_stock_is_written_off_after_twenty_silent_sessions_and_not_for_lacking_the_newest(
    make_panel, silence, judged
):
    panel = one(make_panel, [10.0, 11, 12, 13, 14] + [NAN] * silence, others=1)
    labels = forward_return(panel, 3, "next_close", delisting_return=-0.5)
    assert dated(panel, labels, 0) == (pytest.approx(14 / 11 - 1), 1, 4)
    if judged:
        assert dated(panel, labels, 2) == (pytest.approx(14 * 0.5 / 13 - 1), 3, 24)
        assert dated(panel, labels, 3) == (pytest.approx(-0.5), 4, 24)
        assert np.isnan(labels["value"].to_numpy()[4:, 0]).all()
    else:
        assert np.isnan(labels["value"].to_numpy()[2:, 0]).all()
    assert labels.attrs["delisting_return"] == -0.5
    assert labels.attrs["delisted_after"] == 20


def test_a_delisted_stock_stays_in_the_mean_at_its_last_close(make_panel):
    panel = one(make_panel, [10.0, 10, 10, 5] + [NAN] * 25, others=1)
    values = excess_return(panel, 4, "next_close")["value"].to_numpy()[0]
    other = (10 + 10 * 5 / 28) / (10 + 10 * 1 / 28) - 1
    np.testing.assert_allclose(values, [(-0.5 - other) / 2, (other + 0.5) / 2])


def test_classes_and_their_thresholds(make_panel):
    panel = one(make_panel, [1, 100, 101.9, 101.9 * 1.0201, 103, 101.9, 101.9])
    gains = forward_return(panel, 1, "next_close")["value"].to_numpy()[:, 0]
    labels = three_class(panel, 1, "next_close")
    up = direction(panel, 1, "next_close")
    np.testing.assert_allclose(gains[:2], [0.019, 0.0201])
    assert labels["value"].to_numpy()[:5, 0].tolist() == [0, 1, 0, -1, 0]
    assert up["value"].to_numpy()[:5, 0].tolist() == [1, 1, 0, 0, 0]
    assert np.isnan(labels["value"].to_numpy()[5:]).all()
    assert np.isnan(up["value"].to_numpy()[5:]).all()
    assert (labels.attrs["buy"], labels.attrs["sell"]) == (0.02, -0.01)


def test_equal_returns_have_no_score_and_outliers_are_clipped(make_panel):
    steady = 10 * 1.01 ** np.arange(8)[:, None] * np.ones(3)
    assert np.isnan(alpha_score(make_panel(steady), 2, "next_close")["value"].to_numpy()).all()
    close = 10 * np.exp(np.random.default_rng(0).normal(0, 0.001, (8, 30)))
    close[3:, 0] *= 2
    scores = alpha_score(make_panel(close), 2, "next_close")["value"]
    assert scores.max() == 3


def test_attrs_name_the_benchmark(make_ragged):
    assert excess_return(make_ragged(1, benchmark=True)).attrs["benchmark"].startswith("panel['benchmark'], opens")
    assert excess_return(make_ragged(1)).attrs["benchmark"] == "mean of the universe"
    labels = alpha_score(make_ragged(1), 3, "next_close")
    assert {n: labels.attrs[n] for n in ("label", "horizon", "entry", "calendar")} == {
        "label": "alpha_score", "horizon": 3, "entry": "next_close", "calendar": "XNYS",
    }  # fmt: skip


def test_the_planted_ic_is_found_by_these_labels():
    panel = load_panel("simulated-sp500?assets=100&sessions=300&ic=0.1")
    label = forward_return(panel)["value"].to_pandas()
    ic = label.rank(axis=1).corrwith(panel["true_signal"].to_pandas().rank(axis=1), axis=1).mean()
    assert ic - panel.attrs["chance_ic"] == pytest.approx(0.1, abs=0.002)


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", FAMILY, ids=lambda f: f.__name__)
def test_a_panel_without_opens_names_the_other_entry(make_panel, function):
    with pytest.raises(ValueError, match='no opens: give entry="next_close"'):
        function(one(make_panel, [1, 2, 3, 4]))


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"horizon": 0}, "horizon=0 is not allowed"),
        ({"horizon": 2.0}, "horizon=2.0 is not allowed"),
        ({"horizon": True}, "horizon=True is not allowed"),
        ({"entry": "close"}, "entry='close' is not allowed"),
        ({"delisting_return": -1.1}, "delisting_return=-1.1 is not allowed"),
        ({"delisting_return": NAN}, "delisting_return=nan is not allowed"),
    ],
)
def test_terms_that_mean_nothing_are_refused(make_ragged, terms, says):
    with pytest.raises(ValueError, match=says):
        forward_return(make_ragged(1), **terms)


def test_wrong_universes_thresholds_lookbacks_and_panels_are_refused(make_ragged):
    panel = make_ragged(1)
    mask = some_universe(panel, 1)
    for wrong, says in (
        (mask.isel(date=slice(1, None)), "universe: other labels on axis 'date'"),
        (mask.assign_coords(asset=[*"abcde"]), "other labels on axis 'asset'"),
        (mask.astype(float), "dtype float64"),
        (mask.isel(asset=0), "has dims"),
    ):
        with pytest.raises(ValueError, match=says):
            forward_return(panel, universe=wrong)
    with pytest.raises(TypeError, match="universe is a ndarray"):
        forward_return(panel, universe=mask.to_numpy())  # pyright: ignore[reportArgumentType] -- the point of the test
    with pytest.raises(ValueError, match=r"sell=0.05 is not allowed: give a return below buy=0.02"):
        three_class(panel, sell=0.05)
    with pytest.raises(ValueError, match="lookback=1 is not allowed"):
        volatility_regime(panel, lookback=1)
    with pytest.raises(TypeError, match="no Panel"):
        forward_return(pd.DataFrame())  # pyright: ignore[reportArgumentType] -- the point of the test


@pytest.mark.parametrize("function", FAMILY, ids=lambda f: f.__name__)
def test_a_panel_shorter_than_the_horizon_has_labels_that_wait(make_ragged, function):
    labels = function(make_ragged(1, length=4), 5)
    assert np.isnan(labels["value"]).all()
    assert np.isnat(labels["end"]).all()
    assert labels["end"].dtype == labels["start"].dtype == np.dtype("datetime64[ns]")


@pytest.mark.parametrize("room", ["targets", "windows"])
def test_the_room_costs_nothing_to_import(room):
    code = f"import dlcore.{room}, sys; print({{'numpy', 'pandas', 'xarray', 'torch'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_five_real_years_have_few_irregular_intervals():
    path = DATA / "sp500_5yr" / "all_stocks_5yr.parquet"
    if not path.exists():
        pytest.skip("all_stocks_5yr.parquet is not at DLCORE_TEST_DATA or beside the repository")
    panel = load_panel(path)
    labels = forward_return(panel)
    end = labels["end"].to_numpy()
    known = np.isfinite(labels["value"].to_numpy())
    assert known.sum() == 616_028
    assert (end[:-6] != panel["date"].to_numpy()[6:, None])[known[:-6]].sum() == 44
    gap = np.flatnonzero(np.isnan(panel["close"].sel(asset="ES")))
    assert np.diff(gap).tolist() == [1] * 9  # the longest in the file, and the only one of this stock
    waited = labels["end"].sel(asset="ES").to_numpy()[gap[0] - 6 : gap[0] - 1]
    assert (waited == panel["date"].to_numpy()[gap[-1] + 1]).all()
