"""Every indicator against TA-Lib, one contiguous stretch at a time, or a plain loop where TA-Lib has none."""

import numpy as np
import pytest
import talib
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.features import amihud, beta, market_return, momentum, residual_momentum, reversal, volatility
from dlcore.features import indicators as ind
from dlcore.markets import load_panel

FIELDS = ("open", "high", "low", "close", "volume")


def gappy(seed: int, share: float = 0.02) -> xr.Dataset:
    """A simulated panel in which some bars are missing."""
    panel = load_panel("simulated-sp500?assets=10&sessions=260&seed=4")[list(FIELDS)].isel(asset=slice(6))
    hole = xr.DataArray(np.random.default_rng(seed).random((260, 6)) < share, dims=("date", "asset"))
    return panel.where(~hole)


def by_stretch(panel: xr.Dataset, names: tuple[str, ...], function, shortest: int) -> list[np.ndarray]:
    """Lines of a TA-Lib function on each contiguous stretch of each asset, NaN elsewhere."""
    columns = [np.ascontiguousarray(panel[name].transpose("asset", "date").to_numpy()) for name in names]
    alive = np.isfinite(sum(columns))
    lines: list[np.ndarray] = []
    for i in range(len(alive)):
        edges = np.flatnonzero(np.diff(np.r_[False, alive[i], False]))
        for start, end in edges.reshape(-1, 2):
            found = function(*(column[i, start:end].copy() for column in columns)) if end - start >= shortest else ()
            found = found if isinstance(found, tuple) else (found,)
            for k, line in enumerate(found):
                while len(lines) <= k:
                    lines.append(np.full(alive.shape, np.nan))
                lines[k][i, start:end] = line
    return [line.T for line in lines]


SAME = [
    ("sma", ("close",), lambda c: talib.SMA(c, 10), lambda p: [ind.sma(p["close"], 10)]),
    ("ema", ("close",), lambda c: talib.EMA(c, 10), lambda p: [ind.ema(p["close"], 10)]),
    ("rsi", ("close",), lambda c: talib.RSI(c, 14), lambda p: [ind.rsi(p["close"])]),
    ("momentum", ("close",), lambda c: talib.MOM(c, 10), lambda p: [ind.momentum(p["close"])]),
    ("roc", ("close",), lambda c: talib.ROCP(c, 10), lambda p: [ind.rate_of_change(p["close"])]),
    ("atr", ("high", "low", "close"), lambda h, lo, c: talib.ATR(h, lo, c, 14), lambda p: [ind.atr(p)]),
    ("obv", ("close", "volume"), talib.OBV, lambda p: [ind.obv(p)]),
    (
        "bollinger",
        ("close",),
        lambda c: talib.BBANDS(c, 20),
        lambda p: [ind.bollinger_bands(p["close"])[line] for line in ("upper", "middle", "lower")],
    ),
    (
        "macd",
        ("close",),
        lambda c: talib.MACD(c)[1:],
        lambda p: [ind.macd(p["close"])[line] for line in ("signal", "histogram")],
    ),
    (
        "stochastic",
        ("high", "low", "close"),
        lambda h, lo, c: talib.STOCHF(h, lo, c, 14, 3, 0)[1:],  # TA-Lib hides %K until there is a %D
        lambda p: [ind.stochastic(p)["d"]],
    ),
]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.08])
@pytest.mark.parametrize(("name", "fields", "theirs", "ours"), SAME, ids=[row[0] for row in SAME])
def test_equal_to_talib_on_every_stretch(name, fields, theirs, ours, share):
    panel = gappy(7, share)
    expected = by_stretch(panel, fields, theirs, 1 if name == "obv" else 2)
    found = [line.to_numpy() for line in ours(panel)]
    assert len(found) == len(expected)
    for line, other in zip(found, expected, strict=True):
        assert np.isfinite(line).sum() > 50
        np.testing.assert_allclose(line, other, rtol=1e-10, atol=1e-10)


def test_where_talib_is_silent_the_lines_continue_backwards():
    panel = gappy(7)
    line = by_stretch(panel, ("close",), lambda c: talib.MACD(c)[0], 2)[0]
    ours = ind.macd(panel["close"])["line"].to_numpy()
    shown = np.isfinite(line)
    np.testing.assert_allclose(ours[shown], line[shown], rtol=1e-10, atol=1e-10)
    assert np.isfinite(ours).sum() > shown.sum()
    k = by_stretch(panel, ("high", "low", "close"), lambda h, lo, c: talib.STOCHF(h, lo, c, 14, 3, 0)[0], 2)[0]
    shown = np.isfinite(k)
    np.testing.assert_allclose(ind.stochastic(panel)["k"].to_numpy()[shown], k[shown], rtol=1e-10)


def test_volatilities_are_those_of_plain_loops():
    panel = gappy(3)
    o, h, lo, c = (panel[name].to_numpy() for name in FIELDS[:4])
    r = np.full_like(c, np.nan)
    r[1:] = np.log(c[1:] / c[:-1])
    daily = {
        "realized": r**2,
        "parkinson": np.log(h / lo) ** 2 / (4 * np.log(2)),
        "garman_klass": 0.5 * np.log(h / lo) ** 2 - (2 * np.log(2) - 1) * np.log(c / o) ** 2,
    }
    expected = {name: np.full_like(c, np.nan) for name in daily}
    for t in range(19, len(c)):
        for name, variance in daily.items():
            expected[name][t] = np.sqrt(252 * variance[t - 19 : t + 1].mean(axis=0))
    found = {
        "realized": ind.realized_volatility(panel["close"]),
        "parkinson": ind.parkinson(panel),
        "garman_klass": ind.garman_klass(panel),
    }
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-10)
        assert np.isfinite(values).sum() > 100


def test_kdj_is_that_of_a_plain_loop_and_forgets_its_seed():
    panel = gappy(3)
    h, lo, c = (panel[name].to_numpy() for name in ("high", "low", "close"))
    ours = ind.kdj(panel)
    for i in range(6):
        k = d = 50.0
        for t in range(260):
            top, bottom = h[max(t - 8, 0) : t + 1, i].max(), lo[max(t - 8, 0) : t + 1, i].min()
            place = np.nan if t < 8 else 100 * (c[t, i] - bottom) / (top - bottom)
            if np.isnan(place):
                k = d = 50.0
                assert np.isnan(ours["k"][t, i])
                continue
            k, d = 2 / 3 * k + place / 3, 2 / 3 * d + (2 / 3 * k + place / 3) / 3
            np.testing.assert_allclose(ours["k"][t, i], k, rtol=1e-10)
            np.testing.assert_allclose(ours["d"][t, i], d, rtol=1e-10)
            np.testing.assert_allclose(ours["j"][t, i], 3 * k - 2 * d, rtol=1e-9)
    whole = load_panel("simulated-sp500?assets=10&sessions=260&seed=4")
    h, lo, c = (whole[name].to_numpy()[:, 0].copy() for name in ("high", "low", "close"))
    k, _ = talib.STOCH(h, lo, c, 9, 5, 1, 5, 1)  # an exponential average of 5 has weight 1/3, another seed
    np.testing.assert_allclose(ind.kdj(whole)["k"].to_numpy()[-50:, 0], k[-50:], rtol=1e-10)


def test_the_rest_by_hand():
    panel = gappy(5)
    c, v, h = (panel[name].to_numpy() for name in ("close", "volume", "high"))
    np.testing.assert_allclose(ind.dollar_volume(panel), c * v)
    np.testing.assert_allclose(ind.price_ratio(panel, "high", "low"), h / panel["low"].to_numpy())
    gap = ind.sma_gap(panel["close"], 20).to_numpy()
    np.testing.assert_allclose(gap, c / ind.sma(panel["close"], 20).to_numpy() - 1, atol=1e-14)
    position, bands = ind.bollinger_position(panel["close"]), ind.bollinger_bands(panel["close"])
    span = bands["upper"] - bands["lower"]
    np.testing.assert_allclose(position["percent_b"], (panel["close"] - bands["lower"]) / span, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(position["bandwidth"], span / bands["middle"], rtol=1e-10)
    distance, slope = (
        ind.distance_to_high(panel["close"], panel["high"], 30).to_numpy(),
        ind.obv_slope(panel).to_numpy(),
    )
    flow = ind.obv(panel).to_numpy()
    for t in range(40, 260):
        for i in range(6):
            expected = c[t, i] / h[t - 29 : t + 1, i].max() - 1
            np.testing.assert_allclose(distance[t, i], expected, rtol=1e-10, atol=1e-14)
            if np.isfinite(slope[t, i]):
                line = np.polyfit(np.arange(10), flow[t - 9 : t + 1, i] - flow[t, i], 1)[0]
                np.testing.assert_allclose(slope[t, i], line / v[t - 9 : t + 1, i].mean(), rtol=1e-8, atol=1e-12)


def test_strength_is_the_difference_of_log_returns():
    panel = load_panel("us-large-20", start="2019-01-01")
    strong = ind.strength(panel["close"], market_return(panel), 21).to_numpy()
    b = np.log(panel["benchmark"].to_numpy())
    expected = np.log(panel["close"].to_numpy()[21:] / panel["close"].to_numpy()[:-21]) - (b[21:] - b[:-21])[:, None]
    np.testing.assert_allclose(strong[21:], expected, rtol=1e-9, atol=1e-13)


def steady(panel: xr.Dataset) -> xr.DataArray:
    """A market without a gap, whatever the panel's."""
    moves = np.random.default_rng(1).normal(0, 0.01, 10_000)
    return xr.DataArray(moves[: panel.sizes["date"]], {"date": panel["date"]}, ("date",), "market")


LINES = {
    "sma": lambda p: ind.sma(p["close"], 7),
    "ema": lambda p: ind.ema(p["close"], 7),
    "macd line": lambda p: ind.macd(p["close"])["line"],
    "macd signal": lambda p: ind.macd(p["close"])["signal"],
    "macd histogram": lambda p: ind.macd(p["close"])["histogram"],
    "rsi": lambda p: ind.rsi(p["close"]),
    "percent_b": lambda p: ind.bollinger_position(p["close"])["percent_b"],
    "lower": lambda p: ind.bollinger_bands(p["close"])["lower"],
    "atr": ind.atr,
    "k": lambda p: ind.stochastic(p)["k"],
    "d": lambda p: ind.stochastic(p)["d"],
    "j": lambda p: ind.kdj(p)["j"],
    "obv": ind.obv,
    "obv_slope": ind.obv_slope,
    "amihud": amihud,
    "momentum": lambda p: ind.momentum(p["close"]),
    "rate_of_change": lambda p: ind.rate_of_change(p["close"]),
    "log_return": lambda p: ind.log_return(p["close"], 5),
    "momentum_12_1": momentum,
    "reversal": reversal,
    "volatility": lambda p: volatility(p, 20),
    "realized": lambda p: ind.realized_volatility(p["close"]),
    "parkinson": ind.parkinson,
    "garman_klass": ind.garman_klass,
    "ratio_to_sma": lambda p: ind.ratio_to_sma(p["volume"], 20),
    "distance": lambda p: ind.distance_to_high(p["close"], p["high"], 30),
    "dollar_volume": ind.dollar_volume,
    "strength": lambda p: ind.strength(p["close"], steady(p), 5),
    "beta": lambda p: beta(p, steady(p), window=40),
    "residual_momentum": lambda p: residual_momentum(p, steady(p), window=60, lookback=40, skip=5),
}


@pytest.mark.parametrize("name", LINES)
def test_warm_up_and_gaps_are_nan_and_nothing_else_is(name):
    panel = load_panel("simulated-sp500?assets=10&sessions=600&seed=5")[list(FIELDS)].isel(asset=[0])
    assert np.isfinite(panel["close"]).all()
    values = LINES[name](panel)
    warm_up = values.attrs["warm_up"]
    assert values.attrs["unit"]
    assert np.isnan(values[:warm_up]).all()
    assert np.isfinite(values[warm_up:]).all()
    gap = panel.copy(deep=True)
    for field in FIELDS:
        gap[field][280] = np.nan
    after = LINES[name](gap)
    np.testing.assert_array_equal(after[:280], values[:280])
    assert np.isnan(after[280 : 281 + warm_up]).all()
    assert np.isfinite(after[281 + warm_up :]).all()
    fresh = LINES[name](panel.isel(date=slice(281, None)))
    if name not in ("strength", "beta", "residual_momentum"):  # its market begins anew with the history
        np.testing.assert_allclose(after[281:], fresh, rtol=1e-9, atol=1e-9)


def test_what_never_moved_is_unknown_and_not_nil():
    panel = load_panel("simulated-sp500?assets=10&sessions=100&seed=5")[list(FIELDS)]
    flat = panel.copy(deep=True)
    for field in FIELDS:
        flat[field][:] = 0.1
    for values in (
        ind.rsi(flat["close"]),
        ind.bollinger_position(flat["close"])["percent_b"],
        ind.stochastic(flat)["k"],
    ):
        assert np.isnan(values).all()
    assert (ind.bollinger_position(flat["close"])["bandwidth"][19:] == 0).all()
    quiet = flat.assign(volume=flat["volume"] * 0)
    assert np.isnan(ind.ratio_to_sma(quiet["volume"], 5)).all()


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), axes=st.booleans())
def test_order_of_dims_and_of_memory_does_not_matter(seed, axes):
    panel = gappy(seed)
    turned = panel.transpose("asset", "date") if axes else panel.map(lambda x: x.copy(data=np.asfortranarray(x)))
    for name in ("rsi", "atr", "percent_b", "j"):
        xr.testing.assert_identical(LINES[name](turned), LINES[name](panel))


BAD = [
    (lambda p: ind.sma(p["close"], 0), ValueError, "window=0 is not allowed: give an integer ≥ 1"),
    (lambda p: ind.sma(p["close"], 2.5), ValueError, "window=2.5 is not allowed"),
    (lambda p: ind.sma(p["close"], True), ValueError, "window=True is not allowed"),
    (lambda p: ind.bollinger_bands(p["close"], 1), ValueError, "give an integer ≥ 2"),
    (lambda p: ind.macd(p["close"], 26, 12), ValueError, "fast=26 is not allowed: give an integer from 1 to"),
    (lambda p: ind.bollinger_bands(p["close"], 20, 0), ValueError, "width=0 is not allowed"),
    (lambda p: ind.bollinger_bands(p["close"], 20, np.nan), ValueError, "width=nan is not allowed"),
    (lambda p: ind.rsi(p["close"].to_numpy()), TypeError, "a ndarray has no labels: give a DataArray"),
    (lambda p: ind.rsi(p["close"].isel(asset=0)), ValueError, "close has dims .*: give .date, asset."),
    (lambda p: ind.rsi(p["close"].isel(date=slice(0))), ValueError, "'date' of close is empty"),
    (lambda p: ind.rsi(p["close"].isel(date=[1, 0])), ValueError, "not sorted and unique"),
    (lambda p: ind.rsi(p["close"].isel(date=[0, 0])), ValueError, "not sorted and unique"),
    (lambda p: ind.rsi(p["close"].isel(asset=[0, 0])), ValueError, "not sorted and unique"),
    (lambda p: ind.rsi(p["close"].astype(str)), ValueError, "close has dtype .*: give float64"),
    (lambda p: ind.rsi(p["close"] / 0), ValueError, "close=inf is not allowed"),
    (lambda p: ind.log_return(-p["close"]), ValueError, "close=-.* is not allowed: give numbers > 0"),
    (lambda p: ind.atr(p[["close"]]), ValueError, "the panel has no high .it has close.: give one with high, low"),
    (lambda p: ind.atr(p["close"]), TypeError, "a DataArray is no Panel"),
    (lambda p: ind.obv(p.assign(volume=-p["volume"])), ValueError, "volume below 0"),
    (lambda p: ind.strength(p["close"], p["close"], 5), ValueError, "give one value a date"),
    (lambda p: ind.strength(p["close"], steady(p)[1:], 5), ValueError, "other dates than close"),
    (lambda p: ind.distance_to_high(p["close"], p["high"][1:]), ValueError, "other dates or assets"),
    (lambda p: ind.nothing, AttributeError, "no attribute 'nothing': it has atr"),
]


@pytest.mark.parametrize(("call", "kind", "says"), BAD, ids=range(len(BAD)))
def test_what_is_wrong_is_refused_in_one_line(call, kind, says):
    with np.errstate(divide="ignore"), pytest.raises(kind, match=says) as refusal:
        call(gappy(0, 0.0))
    assert "\n" not in str(refusal.value)
