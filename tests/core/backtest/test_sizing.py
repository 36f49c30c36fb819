"""Sizes against what they promise."""

import numpy as np
import pytest
import xarray as xr
from plain_loop import DATES, make_panel

from dlcore.backtest import (
    equal_weights,
    fractional_kelly,
    risk_parity,
    run_vectorized,
    score_weights,
    volatility_target,
)


def market(dates: int = 120, assets: int = 5) -> xr.Dataset:
    rng = np.random.default_rng(3)
    common = rng.normal(0, 0.01, (dates, 1))
    moves = common + rng.normal(0, 1, (dates, assets)) * np.linspace(0.005, 0.03, assets)
    close = 50 * np.exp(np.cumsum(moves, axis=0))
    close[:100, 4] = np.nan  # listed late
    return make_panel(close=close)


def like(panel, values) -> xr.DataArray:
    return panel["close"].copy(data=np.broadcast_to(np.asarray(values, float), panel["close"].shape).copy())


def test_equal_weights_share_what_is_chosen():
    weights = equal_weights(like(market(), [2, -1, 0, np.nan, 7]))
    assert weights[0].to_numpy() == pytest.approx([1 / 3, -1 / 3, 0, 0, 1 / 3])
    assert (equal_weights(like(market(), 0)) == 0).all()
    assert equal_weights(like(market(), 1) > 0)[0].to_numpy() == pytest.approx([0.2] * 5)


def test_score_weights_are_in_proportion():
    scores = like(market(), [3, 1, np.nan, -1, -3])
    assert score_weights(scores)[0].to_numpy() == pytest.approx([3 / 8, 1 / 8, 0, -1 / 8, -3 / 8])
    assert score_weights(scores, side="long")[0].to_numpy() == pytest.approx([0.75, 0.25, 0, 0, 0])
    assert (score_weights(like(market(), 0.1)) == 0).all()
    with pytest.raises(ValueError, match="side='short' is not allowed"):
        score_weights(scores, side="short")


def test_the_volatility_of_the_past_window_is_the_target():
    panel = market()
    weights = volatility_target(like(panel, [0.4, 0.3, 0.2, 0.1, 0]), panel, target=0.05, window=40)
    assert weights[:40].isnull().all()
    moves = panel["close"].to_numpy()[1:] / panel["close"].to_numpy()[:-1] - 1
    for t in (40, 77, 119):
        assert np.std(np.nan_to_num(moves[t - 40 : t]) @ weights[t].to_numpy(), ddof=1) * 252**0.5 == pytest.approx(
            0.05
        )
    capped = volatility_target(like(panel, [0.4, 0.3, 0.2, 0.1, 0]), panel, target=9, leverage=1.5)
    assert np.abs(capped[-1]).sum().item() == pytest.approx(1.5)
    assert (volatility_target(like(panel, 0), panel)[60:] == 0).all()


def test_kelly_is_return_over_variance():
    panel = market()
    weights = fractional_kelly(like(panel, [1e-5, -1e-5, 0, np.nan, 1e-5]), panel, fraction=0.5, window=50)
    moves = panel["close"].to_numpy()[1:] / panel["close"].to_numpy()[:-1] - 1
    variance = moves[119 - 50 : 119].var(axis=0, ddof=1)
    assert weights[-1].to_numpy() == pytest.approx([0.5e-5 / variance[0], -0.5e-5 / variance[1], 0, 0, 0])
    assert np.abs(fractional_kelly(like(panel, 0.01), panel)[-1]).sum().item() == pytest.approx(1)


def test_risk_parity_shares_the_variance():
    panel = market()
    chosen = like(panel, [1, 1, 1, 0, 1])[[0, 90, 110]]
    weights = risk_parity(chosen, panel, window=80)
    assert weights[0].isnull().all()
    for row, t in ((1, 90), (2, 110)):
        held = weights[row].to_numpy()
        assert held.sum() == pytest.approx(1)
        assert held[3] == held[4] == 0  # not chosen; too new
        moves = panel["close"].to_numpy()[1:] / panel["close"].to_numpy()[:-1] - 1
        covariance = np.cov(moves[t - 80 : t, :3], rowvar=False)
        part = held[:3] * (covariance @ held[:3])
        np.testing.assert_allclose(part / part.sum(), 1 / 3, atol=2e-3)
    lone = risk_parity(like(panel, [0, 1, 0, 0, 0])[[110]], panel, window=80)
    assert lone[0].to_numpy().tolist() == [0, 1, 0, 0, 0]


def test_an_asset_of_unknown_risk_is_not_held():
    panel = market()
    assert volatility_target(like(panel, 0.2), panel, window=40)[-1, 4] == 0
    assert fractional_kelly(like(panel, 1e-4), panel, window=40)[-1, 4] == 0


@pytest.mark.parametrize("size", [volatility_target, fractional_kelly])
def test_sizes_do_not_know_tomorrow(size):
    panel = market()
    given = like(panel, [0.001, 0.002, -0.001, 0.003, 0])
    later = panel.copy(deep=True)
    later["close"][90:] *= np.random.default_rng(1).uniform(0.5, 2, later["close"][90:].shape)
    np.testing.assert_array_equal(size(given, panel)[:90], size(given, later)[:90])


def test_sizes_go_straight_into_an_engine():
    panel = market()
    result = run_vectorized(volatility_target(like(panel, 0.2), panel, window=40), panel, entry="next_close")
    assert result.fills["date"].min() == DATES[41]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w, p: volatility_target(w, p, target=0), "target=0 is not allowed: give a finite number > 0"),
        (lambda w, p: volatility_target(w, p, leverage=-1), "leverage=-1 is not allowed"),
        (lambda w, p: volatility_target(w, p, window=1), "window=1 is not allowed: give an integer ≥ 2"),
        (lambda w, p: fractional_kelly(w, p, fraction=2), r"fraction=2 is not allowed: give a number in \(0, 1\]"),
        (lambda w, p: volatility_target(w / 0, p), "weights holds inf"),
        (lambda w, p: volatility_target(w, p.isel(asset=[0, 1])), "asset A2 is not in the panel"),
    ],
)
def test_settings_that_are_none(call, message):
    panel = market()
    with pytest.raises(ValueError, match=message):
        call(like(panel, 0.1), panel)
    with pytest.raises(TypeError, match="sides=ndarray is not allowed"):
        equal_weights(np.ones(3))
