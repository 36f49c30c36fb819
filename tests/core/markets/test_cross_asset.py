"""The six simulated markets: who leads, by how much, and when it stops."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from dlcore.markets import check_panel, load_panel
from dlcore.markets.simulate import CrossAssetSettings, simulate_cross_asset


def returns(panel: xr.Dataset) -> dict[str, np.ndarray]:
    """Log returns by asset; the first is NaN."""
    close = np.log(panel["close"].to_numpy())
    moves = np.vstack([np.full((1, close.shape[1]), np.nan), np.diff(close, axis=0)])
    return dict(zip(panel["asset"].to_numpy().tolist(), moves.T, strict=True))


def lead_correlations(panel: xr.Dataset, chosen: np.ndarray, lags: int = 6) -> np.ndarray:
    """Correlation of BTC in the chosen bars with ES `lag` bars before, for lag 0 … lags."""
    moves = returns(panel)
    bars = np.flatnonzero(chosen)
    bars = bars[bars > lags]
    return np.array([np.corrcoef(moves["ES"][bars - lag], moves["BTC"][bars])[0, 1] for lag in range(lags + 1)])


@pytest.mark.parametrize(("lag", "bars"), [(2, 1), (1, 1), (5, 1), (2, 13)])
def test_cross_correlation_finds_the_lag_and_only_outside_the_window(lag, bars):
    """Forty markets; bands of 3.3 standard errors."""
    inside, outside = [], []
    for seed in range(40):
        panel = simulate_cross_asset(CrossAssetSettings(lag=lag, bars=bars, seed=seed, sessions=1007 // bars))
        active = panel["lead_active"].to_numpy()
        outside.append(lead_correlations(panel, active))
        inside.append(lead_correlations(panel, ~active))
        assert np.argmax(outside[-1]) == lag
    within = 3.3 * np.std(inside, axis=0, ddof=1) / np.sqrt(40)
    assert (np.abs(np.mean(inside, axis=0)) < within + 1e-3).all()


def test_the_coefficient_is_the_slope():
    slopes = []
    for seed in range(60):
        panel = simulate_cross_asset(CrossAssetSettings(seed=seed, coefficient=2.0))
        moves, bars = returns(panel), np.flatnonzero(panel["lead_active"].to_numpy()[3:]) + 3
        slopes.append(np.polyfit(moves["ES"][bars - 2], moves["BTC"][bars], 1)[0])
    assert abs(np.mean(slopes) - 2.0) < 3.3 * np.std(slopes, ddof=1) / np.sqrt(60)


def test_nothing_is_planted_with_a_coefficient_of_nil():
    panel = load_panel("simulated-cross-asset?coefficient=0&sessions=4000")
    assert np.abs(lead_correlations(panel, panel["lead_active"].to_numpy())).max() < 4 / np.sqrt(4000 * 0.85)


def test_correlations_break_down_in_the_window():
    panel = load_panel("simulated-cross-asset?sessions=4000")
    moves, active = returns(panel), panel["lead_active"].to_numpy().copy()
    active[0] = False
    inside = ~active
    inside[0] = False
    for one, other, sign in (("ES", "NQ", 1), ("ES", "AAPL", 1), ("BTC", "ETH", 1), ("ES", "VIX", -1)):
        assert sign * np.corrcoef(moves[one][active], moves[other][active])[0, 1] > 0.5
        assert abs(np.corrcoef(moves[one][inside], moves[other][inside])[0, 1]) < 0.2


def test_the_window_is_written_down():
    panel = load_panel("simulated-cross-asset")
    window = panel["date"].to_numpy()[~panel["lead_active"].to_numpy()]
    assert (str(window[0])[:10], str(window[-1])[:10]) == (
        panel.attrs["break_start"][:10],
        panel.attrs["break_end"][:10],
    )
    assert dict(panel.sizes) == {"date": 1007, "asset": 6}
    assert panel.attrs["frequency"] == "daily"


def test_vix_comes_home():
    log_vix = np.log(load_panel("simulated-cross-asset?sessions=4000")["close"].sel(asset="VIX").to_numpy())
    assert abs(log_vix.mean() - np.log(17)) < 0.2
    assert 0.1 < log_vix.std() < 0.5


def test_intraday_bars_have_times_within_sessions():
    panel = check_panel(load_panel("simulated-cross-asset?bars=78&sessions=40"))
    first = panel["date"].to_numpy()[[0, 77, 78]]
    assert [str(time)[11:16] for time in first] == ["09:35", "16:00", "09:35"]
    assert panel.attrs["frequency"] == "5min"
    daily = load_panel("simulated-cross-asset?sessions=1007")
    for asset in ("ES", "BTC"):
        a_day = np.nanstd(returns(panel)[asset]) * np.sqrt(78)
        assert 0.3 < a_day / np.nanstd(returns(daily)[asset]) < 3


def test_bars_are_in_order_and_an_index_has_no_volume():
    panel = load_panel("simulated-cross-asset?bars=13&sessions=60")
    for name in ("open", "close"):
        assert (panel["high"] >= panel[name]).all()
        assert (panel["low"] <= panel[name]).all()
    assert panel["volume"].sel(asset="VIX").isnull().all()
    assert panel["volume"].sel(asset="BTC").notnull().all()


def test_seeds_repeat():
    settings = CrossAssetSettings(sessions=60)
    xr.testing.assert_identical(simulate_cross_asset(settings), simulate_cross_asset(settings))
    other = simulate_cross_asset(replace(settings, seed=2))
    assert not other["close"].equals(simulate_cross_asset(settings)["close"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"lag": 0}, "lag=0 is not allowed"),
        ({"bars": 7}, "bars=7 is not allowed"),
        ({"coefficient": float("nan")}, "coefficient=nan is not allowed"),
        ({"sessions": 3}, "sessions=3 is not allowed"),
        ({"seed": -1}, "seed=-1 is not allowed"),
    ],
)
def test_a_wrong_setting_is_named(change, says):
    with pytest.raises(ValueError, match=says):
        CrossAssetSettings(**change)
