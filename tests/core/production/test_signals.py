"""Tomorrow's book: weights, levels, ranges, and the reasons of those left out."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from small_market import made_config, made_panel

from dlcore.production import Work, predict
from dlcore.production.exclusion import exclusion_reasons
from dlcore.production.inputs import make_features, make_universe
from dlcore.production.learning import FINAL, MODELS, Expert
from dlcore.production.signals import coming_range, daily_range
from dlcore.production.steps import read_features
from dlcore.production.trading import trade, wanted_weights
from dlcore.windows import make_windows

PANEL = made_panel(3)


def noise(panel, seed=1, rows=None):
    """Probabilities that know nothing."""
    like = panel["close"] if rows is None else panel["close"][rows]
    return like.copy(data=np.random.default_rng(seed).uniform(0.4, 0.6, like.shape)).rename("probability")


def test_each_reason_is_given(tmp_path):
    panel = made_panel(4).copy(deep=True)
    fields = ["open", "high", "low", "close", "volume"]
    for name in fields:
        panel[name][:, 0] = np.where(np.arange(330) < 320, np.nan, panel[name][:, 0])  # young
        panel[name][325, 1] = np.nan  # gap
        panel[name][-1, 2] = np.nan  # silent today
        panel[name][:, 5] = np.nan  # never
    panel["volume"][:, 3] = 10.0  # illiquid
    rows = [f"A{i:02d},2015-01-02," + ("2016-01-04" if i == 4 else "") for i in range(24)]
    (tmp_path / "m.csv").write_text("ticker,start_date,end_date\n" + "\n".join(rows) + "\n")
    universe = {"membership": str(tmp_path / "m.csv"), "traded_value": 1e5}
    config = made_config(tmp_path, universe=universe, features={"columns": ["log_return_21"]})
    mask = make_universe(panel, config)
    reasons = exclusion_reasons(config, panel, mask, make_features(panel, config, mask))
    dates = [str(day)[:10] for day in panel["date"].to_numpy()]
    assert reasons[:6] == [
        "warm-up: 10 sessions since its first trade, log_return_21 needs 22",
        f"gap: no trade on {dates[325]}, log_return_21 needs 22 sessions",
        f"did not trade on {dates[-1]}, last on {dates[-2]}",
        reasons[3],
        f"not a member on {dates[-1]}",
        f"did not trade on {dates[-1]}, never before",
    ]
    assert reasons[3].startswith("traded value ")
    assert reasons[3].endswith(" is below 100000")
    assert reasons[6:] == [""] * 18


def test_a_young_stock_whose_liquidity_is_unknown_says_so(tmp_path):
    panel = made_panel(4).copy(deep=True)
    for name in ("open", "high", "low", "close", "volume"):
        panel[name][:-3, 0] = np.nan
    config = made_config(tmp_path, universe={"traded_value": 1.0})
    mask = make_universe(panel, config)
    assert exclusion_reasons(config, panel, mask, make_features(panel, config, mask))[0] == (
        "traded value unknown is below 1"
    )


def test_the_book_is_the_mean_of_the_last_days_choices(tmp_path):
    signals = predict(Work(made_config(tmp_path / "run"), PANEL))
    table = signals.table.set_index("asset")
    assert 0.5 < table["weight"].abs().sum() <= 1 + 1e-12  # less than 1 where one day bought what another sold
    assert table["weight"].sum() == pytest.approx(0)
    assert signals.table["weight"].is_monotonic_decreasing
    # five days of choices, counted by hand from the final model's probabilities
    work = Work(made_config(tmp_path / "run"), PANEL)
    said = Expert.load(tmp_path / "run" / MODELS / FINAL).probability(make_windows(read_features(work), length=1))
    wanted = dict.fromkeys(table.index, 0.0)
    for day in range(-5, 0):
        order = said[day].to_pandas().sort_values(kind="stable").index
        for place in range(5):
            wanted[order[-1 - place]] += 0.5 / 5 / 5
            wanted[order[place]] -= 0.5 / 5 / 5
    assert table["weight"].to_dict() == pytest.approx(wanted)
    best = table["probability"].idxmax()
    assert table.loc[best, "rank"] == 1
    assert signals.fill == "open of 2016-04-26"
    assert signals.date == "2016-04-25"


def test_stops_and_targets_lie_on_their_sides(tmp_path):
    table = predict(Work(made_config(tmp_path / "run"), PANEL)).table
    long, short = table[table["weight"] > 0], table[table["weight"] < 0]
    assert len(long) > 3
    assert len(short) > 3
    assert (long["stop"] < long["close"]).all()
    assert (long["close"] < long["target"]).all()
    assert (short["target"] < short["close"]).all()
    assert (short["close"] < short["stop"]).all()
    spread = daily_range(PANEL)[0][-1].to_pandas()
    first = long.iloc[0]
    assert first["close"] - first["stop"] == pytest.approx(2 * spread[first["asset"]])
    assert first["target"] - first["close"] == pytest.approx(3 * spread[first["asset"]])
    assert (table["low"] < table["close"]).all()
    assert (table["close"] < table["high"]).all()
    assert table.loc[table["weight"] == 0, ["stop", "target"]].isna().all(axis=None)


def test_a_panel_of_closes_alone_has_levels_too(tmp_path):
    panel = made_panel(3, fields=("close",))
    signals = predict(Work(made_config(tmp_path / "run", label={"entry": "next_close"}), panel))
    assert "mean absolute move of 14 closes" in signals.notes["stops"]
    assert signals.fill == "close of 2016-04-26"
    assert signals.table.loc[signals.table["weight"] > 0, "stop"].notna().all()


@settings(max_examples=15)
@given(coverage=st.floats(0.05, 0.95), seed=st.integers(0, 10**6))
def test_the_range_covers_what_it_says_of_the_days_it_was_made_from(tmp_path_factory, coverage, seed):
    panel = made_panel(seed % 5)
    config = made_config(tmp_path_factory.getbasetemp() / "x", portfolio={"coverage": coverage})
    said = noise(panel, seed, slice(100, 300))
    spread, _ = daily_range(panel)
    inside = []
    for day in (120, 200, 290):
        interval = coming_range(config, panel, spread, said, said.sel(date=panel["date"][day : day + 1]))
        moved = panel["close"][day + 5] / panel["close"][day] - 1
        inside.append((interval["lower"][0] <= moved) & (moved <= interval["upper"][0]))
    # exchangeable only on average: 72 outcomes, of 24 assets on 3 days
    assert abs(float(np.mean(inside)) - coverage) < 0.3
    unit = (spread / panel["close"]).to_numpy()
    ratio = (interval["upper"] - interval["lower"])[0].to_numpy() / unit[290]
    assert np.ptp(ratio) < 1e-9  # one width in daily ranges for all


def test_too_few_outcomes_promise_nothing(tmp_path):
    config = made_config(tmp_path)
    spread, _ = daily_range(PANEL)
    said = noise(PANEL, rows=slice(-3, None))  # none of whose outcomes is known
    interval = coming_range(config, PANEL, spread, said, said[-1:])
    assert np.isinf(interval["upper"]).all()


def test_weights_keep_their_limits_in_both_engines(tmp_path):
    panel = PANEL.assign_coords(sector=("asset", np.repeat(["x", "y"], 12)))
    terms = {"top": 6, "bottom": 3, "largest": 0.05, "sector": 0.3, "net": 0.1, "gross": 0.5, "participation": 0.05}
    config = made_config(tmp_path, portfolio=terms | {"capital": 1e7})
    said = noise(panel, 2, slice(100, 300))
    weights, cuts = wanted_weights(config, panel, said)
    held = weights.to_numpy()
    assert len(cuts) > 0
    assert np.abs(held).max() <= 0.05 + 1e-12
    assert np.abs(held).sum(axis=1).max() <= 0.5 + 1e-12
    assert np.abs(held.sum(axis=1)).max() <= 0.1 + 1e-12
    assert np.abs(held[:, :12]).sum(axis=1).max() <= 0.3 + 1e-12
    worth = pd.DataFrame((panel["close"] * panel["volume"]).to_numpy()).rolling(20).mean().to_numpy()[100:300]
    assert (np.abs(held) * 1e7 <= 0.05 * worth * (1 + 1e-9)).all()
    traded = trade(config, panel, said)
    assert traded.agreement.agrees
    assert traded.vectorized.nav.index[0] == panel.indexes["date"][75]
    assert (traded.vectorized.positions[:26] == 0).all()  # decided on row 100, filled on 101
    assert traded.vectorized.attrs["universe"].startswith("survivorship-biased")


def test_a_threshold_leaves_the_rest_in_cash(tmp_path):
    config = made_config(tmp_path, portfolio={"threshold": 0.59})
    said = noise(PANEL, 3)
    weights, _ = wanted_weights(config, PANEL, said)
    sides = (said >= 0.59).astype(int) - (said <= 1 - 0.59).astype(int)
    assert (np.abs(weights).sum("asset") < 1).any()
    chosen = xr.where(sides != 0, 1, 0)
    touched = chosen.rolling(date=5, min_periods=1).max()
    assert ((weights != 0) <= (touched > 0)).all()
