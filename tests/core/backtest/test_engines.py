"""Both engines against a plain loop and against one another, and what must hold of any backtest."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_loop import DATES, draw_panel, draw_weights, make_panel, plain_loop

import dlcore.backtest
from dlcore.backtest import Costs, Stops, reconcile, run_events, run_variants, run_vectorized
from dlcore.markets import load_panel

MODELS = (
    Costs(),
    Costs(bps=0),
    Costs(bps=1, half_spread_bps=2.5, per_share=0.01),
    Costs(bps=3, impact=0.8),
)
SEEDS = st.integers(0, 2**32 - 1)
SHARED = st.fixed_dictionaries(
    {
        "entry": st.sampled_from(["next_open", "next_close"]),
        "sizing": st.sampled_from(["compounding", "fixed"]),
        "delisting_return": st.sampled_from([0.0, -0.3, -1.0]),
    }
)
STOPS = st.builds(
    Stops,
    loss=st.sampled_from([None, 0.02, 0.1]),
    profit=st.sampled_from([None, 0.03, 0.1]),
    trailing=st.sampled_from([None, 0.03, 0.11]),
    sessions=st.sampled_from([None, 1, 4]),
)
RULES = st.fixed_dictionaries(
    {
        "shares": st.sampled_from(["fractional", "whole"]),
        "participation": st.sampled_from([None, 0.005, 0.5]),
        "unfilled": st.sampled_from(["cancel", "carry"]),
    }
)


def drawn(seed: int) -> tuple[xr.Dataset, xr.DataArray]:
    rng = np.random.default_rng(seed)
    panel = draw_panel(rng)
    return panel, draw_weights(rng, panel)


def check_books(result) -> None:
    """Cash and positions are the net asset value on every day, attribution is its change."""
    held = np.where(result.positions == 0, 0, result.positions * result.marks).sum(axis=1)
    np.testing.assert_allclose(result.cash + held, result.nav, rtol=1e-12)
    change = np.diff(result.nav, prepend=result.capital)
    np.testing.assert_allclose(result.attribution.sum("asset"), change, atol=1e-12 * result.capital * 10)
    assert result.costs.sum() == pytest.approx(result.fills["cost"].sum())


def check_same(result, plain, rtol=1e-9) -> None:
    np.testing.assert_allclose(result.nav, plain.nav, rtol=rtol)
    np.testing.assert_allclose(result.cash, plain.cash, rtol=rtol, atol=1e-6)
    np.testing.assert_allclose(result.positions, plain.shares, rtol=rtol, atol=1e-6)
    fills = [fill for fill in plain.fills if fill[5] == "delisting" or abs(fill[2] * fill[3]) > 1e-5]
    assert len(result.fills) == len(fills)
    assert result.fills["reason"].tolist() == [fill[5] for fill in fills]
    places = result.market.dates.get_indexer(result.fills["date"])
    np.testing.assert_array_equal(places, [fill[0] for fill in fills])
    for column, name in ((2, "quantity"), (3, "price"), (4, "cost")):
        np.testing.assert_allclose(result.fills[name], [fill[column] for fill in fills], rtol=1e-7, atol=1e-9)


@settings(max_examples=100)
@given(seed=SEEDS, model=st.sampled_from(MODELS), shared=SHARED)
def test_the_vectorized_engine_is_the_plain_loop(seed, model, shared):
    panel, weights = drawn(seed)
    result = run_vectorized(weights, panel, model, **shared)
    check_same(result, plain_loop(weights, panel, model, **shared))
    check_books(result)


@settings(max_examples=120)
@given(seed=SEEDS, model=st.sampled_from(MODELS), shared=SHARED, stops=STOPS, rules=RULES)
def test_the_event_driven_engine_is_the_plain_loop(seed, model, shared, stops, rules):
    panel, weights = drawn(seed)
    result = run_events(weights, panel, model, stops=stops, **shared, **rules)
    check_same(result, plain_loop(weights, panel, model, stops, **shared, **rules))
    check_books(result)


@settings(max_examples=200)
@given(seed=SEEDS, model=st.sampled_from(MODELS), shared=SHARED)
def test_the_two_engines_agree_on_the_same_orders(seed, model, shared):
    panel, weights = drawn(seed)
    report = reconcile(run_vectorized(weights, panel, model, **shared), run_events(weights, panel, model, **shared))
    assert report.agrees, report
    assert report.differing_fills.empty


@settings(max_examples=50)
@given(seed=SEEDS, model=st.sampled_from(MODELS), shared=SHARED, stops=STOPS, rules=RULES)
def test_replay_agrees_whatever_was_traded(seed, model, shared, stops, rules):
    panel, weights = drawn(seed)
    plain = run_vectorized(weights, panel, model, **shared)
    ruled = run_events(weights, panel, model, stops=stops, **shared, **rules)
    assert reconcile(plain, ruled).accounting_gap < 1e-9
    assert reconcile(ruled, plain).accounting_gap < 1e-9


def test_reconcile_tells_decisions_from_accounting():
    panel, weights = drawn(1)
    plain, whole = run_vectorized(weights, panel), run_events(weights, panel, shares="whole", capital=1e6)
    report = reconcile(plain, whole)
    assert report.accounting_gap < 1e-12
    assert report.result_gap > 1e-7
    assert not report.agrees
    assert len(report.differing_fills) > 10


def test_reconcile_finds_a_wrong_ledger():
    panel, weights = drawn(2)
    a, b = run_vectorized(weights, panel), run_events(weights, panel)
    b.ledger["quantity"][3] *= 1.001
    assert reconcile(a, b).accounting_gap > 1e-7


def test_reconcile_refuses_what_cannot_be_compared():
    panel, weights = drawn(3)
    a = run_vectorized(weights, panel)
    with pytest.raises(ValueError, match=r"costs 5 bp .* differ: run both with the same"):
        reconcile(a, run_events(weights, panel, Costs(bps=6)))
    with pytest.raises(ValueError, match=r"capital .* differ"):
        reconcile(a, run_events(weights, panel, capital=2e6))
    with pytest.raises(ValueError, match="other closes"):
        reconcile(a, run_events(weights, panel.assign(close=panel["close"] * 2), entry="next_open"))
    with pytest.raises(ValueError, match="other dates or assets"):
        reconcile(a, run_events(weights[:9], panel.isel(date=slice(0, 9))))


@pytest.mark.parametrize("run", [run_vectorized, run_events])
class TestBoth:
    """What holds of any engine."""

    def test_buy_and_hold_is_the_price_path(self, run):
        overnight, intraday = np.exp(np.random.default_rng(0).normal(0, 0.03, (2, 30)))
        close = 40 * np.cumprod(overnight * intraday)
        opened = close / intraday
        panel = make_panel(open=opened[:, None], close=close[:, None])
        weights = panel["close"][:1] * 0 + 1
        result = run(weights, panel, Costs(bps=0))
        shares = 1e6 / close[0]
        expected = 1e6 + shares * (close[1:] - opened[1])
        np.testing.assert_allclose(result.nav[1:], expected, rtol=1e-12)
        assert result.nav.iloc[0] == 1e6
        assert len(result.fills) == 1

    def test_doubling_all_prices_changes_nothing(self, run):
        panel, weights = drawn(5)
        doubled = panel.assign({name: panel[name] * 2 for name in ("open", "high", "low", "close")})
        once, twice = run(weights, panel), run(weights, doubled)
        np.testing.assert_allclose(once.nav, twice.nav, rtol=1e-12)
        np.testing.assert_allclose(once.positions, twice.positions * 2, rtol=1e-9, atol=1e-9)

    def test_zero_weights_are_flat(self, run):
        panel, weights = drawn(6)
        result = run(weights * 0, panel)
        assert (result.nav == 1e6).all()
        assert (result.cash == 1e6).all()
        assert result.fills.empty
        assert (result.turnover == 0).all()

    def test_costs_take_exactly_bps_of_what_is_traded(self, run):
        panel, weights = drawn(7)
        once = weights[:1].fillna(0) + 0.1
        free, paid = run(once, panel, Costs(bps=0)), run(once, panel, Costs(bps=20))
        traded = (paid.fills["quantity"].abs() * paid.fills["price"])[paid.fills["reason"] == "order"].sum()
        assert free.nav.iloc[-1] - paid.nav.iloc[-1] == pytest.approx(traded * 20 / 1e4, rel=1e-9)
        assert traded > 1e5

    def test_turnover_is_two_way_against_drifted_weights(self, run):
        panel = make_panel(close=[[10, 10], [10, 20], [10, 20], [10, 20]])
        weights = panel["close"][:2] * 0 + 0.5
        result = run(weights, panel, Costs(bps=0), entry="next_close")
        assert result.turnover.iloc[1] == pytest.approx(0.5 + 1.0)  # 50,000 shares each, the second now at 20
        drifted = np.array([0.5, 1.0]) / 1.0
        assert result.weights[1].to_numpy() == pytest.approx(drifted)
        assert result.turnover.iloc[2] == pytest.approx(np.abs(0.5 - drifted).sum())
        assert result.turnover.iloc[3] == 0

    def test_a_delisted_asset_becomes_cash_once(self, run):
        panel = make_panel(close=[[10, 5], [10, 5], [10, 4], [10, np.nan], [10, np.nan]])
        weights = panel["close"] * 0 + 0.5
        result = run(weights[:1].fillna(0.5), panel, Costs(bps=0), entry="next_close", delisting_return=-0.3)
        last = result.fills.iloc[-1]
        assert (last["asset"], last["reason"], last["date"]) == ("A1", "delisting", pd.Timestamp(DATES[3]))
        assert last["price"] == pytest.approx(4 * 0.7)
        assert last["cost"] == 0
        assert result.positions[:, 1].to_numpy().tolist() == [0, 1e5, 1e5, 0, 0]
        assert result.nav.tolist() == pytest.approx([1e6, 1e6, 9e5, 7.8e5, 7.8e5])
        assert result.turnover.iloc[3] == 0
        assert "× 0.7" in result.attrs["delisting"]

    def test_a_gap_is_a_frozen_position_and_an_order_into_it_lapses(self, run):
        panel = make_panel(close=[[10.0], [10], [np.nan], [12], [12], [12]])
        weights = panel["close"].copy(data=[[1.0], [0], [np.nan], [np.nan], [np.nan], [np.nan]])
        result = run(weights, panel, Costs(bps=0), entry="next_close")
        assert result.nav.tolist() == pytest.approx([1e6, 1e6, 1e6, 1.2e6, 1.2e6, 1.2e6])
        assert len(result.fills) == 1

    def test_nothing_later_changes_what_was_decided_and_filled(self, run):
        panel, weights = drawn(8)
        full = run(weights, panel, Costs(impact=0.5))
        cut = run(weights[:20], panel.isel(date=slice(0, 20)), Costs(impact=0.5))
        assert len(cut.fills) > 10
        early = full.fills[full.fills["date"] < DATES[19]]
        pd.testing.assert_frame_equal(early, cut.fills[cut.fills["date"] < DATES[19]])

    def test_the_result_says_what_it_rests_on(self, run):
        panel, weights = drawn(9)
        attrs = run(weights, panel).attrs
        assert attrs["universe"].endswith("the panel says: survivorship-biased: drawn")
        assert attrs["costs"] == "5 bp of traded value per side"
        assert attrs["entry"] == "next_open"
        assert run(weights.assign_attrs(universe="by date"), panel).attrs["universe"] == "by date"

    def test_assets_may_be_some_in_any_order(self, run):
        panel, weights = drawn(10)
        full = weights.fillna(0)
        full[:, 1] = 0
        some = full.isel(asset=[3, 0, 2])
        np.testing.assert_array_equal(run(full, panel).nav, run(some, panel).nav)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"entry": "now"}, "entry='now' is not allowed: give 'next_open' or 'next_close'"),
            ({"sizing": "huge"}, "sizing='huge' is not allowed"),
            ({"capital": 0}, "capital=0 is not allowed"),
            ({"capital": np.inf}, "capital=inf is not allowed"),
            ({"delisting_return": -2}, "delisting_return=-2 is not allowed"),
        ],
    )
    def test_rules_that_are_none(self, run, change, message):
        panel, weights = drawn(11)
        with pytest.raises(ValueError, match=message):
            run(weights, panel, **change)

    def test_weights_that_are_none(self, run):
        panel, weights = drawn(12)
        clean = weights.fillna(0)
        holed, infinite = clean.copy(deep=True), clean.copy(deep=True)
        holed[3, 1], infinite[3, 1] = np.nan, np.inf
        later = clean.assign_coords(date=clean["date"] + np.timedelta64(3650, "D"))
        for wrong, error, message in (
            (holed, ValueError, f"weight=nan of A1 on {DATES[3]:%F} is not allowed: give 0 to hold none"),
            (infinite, ValueError, "weight=inf of A1"),
            (later, ValueError, "of the weights is not in the panel"),
            (clean.assign_coords(asset=list("WXYZ")), ValueError, "asset W of the weights is not in the panel"),
            (clean[::-1], ValueError, "not ascending"),
            (clean.isel(asset=[0, 0]), ValueError, "asset A0 twice"),
            (clean.drop_vars("asset"), ValueError, "no labels on axis 'asset'"),
            (clean[0], TypeError, "give a DataArray over"),
            (clean.to_numpy(), TypeError, "weights=ndarray is not allowed"),
        ):
            with pytest.raises(error, match=message):
                run(wrong, panel)

    def test_panels_that_lack_something(self, run):
        panel, weights = drawn(13)
        with pytest.raises(ValueError, match="the panel has no open; give entry='next_close'"):
            run(weights, panel.drop_vars("open"))
        with pytest.raises(ValueError, match="the panel has no volume"):
            run(weights, panel.drop_vars("volume"), Costs(impact=1))
        with pytest.raises(TypeError, match="no Panel"):
            run(weights, panel["close"])

    def test_ruin_is_told(self, run):
        panel = make_panel(close=[[10.0], [10], [30], [30]])
        weights = panel["close"] * 0 - 1
        with pytest.raises(ValueError, match=rf"net asset value fell to -1000500.00 on {DATES[2]:%F}"):
            run(weights[:1], panel, entry="next_close")


@pytest.mark.parametrize("name", ["bps", "half_spread_bps", "per_share", "impact"])
@pytest.mark.parametrize("value", [-1, np.nan, np.inf])
def test_costs_that_are_none(name, value):
    with pytest.raises(ValueError, match=rf"{name}={value} is not allowed: give a finite number ≥ 0"):
        Costs(**{name: value})


def test_variants_are_the_runs_they_stand_for():
    panel, weights = drawn(14)
    portfolios = {"as drawn": weights, "half": weights / 2}
    models = {str(i): model for i, model in enumerate(MODELS)}
    sweep = run_variants(portfolios, panel, models, delisting_return=-0.3)
    assert sweep["nav"].dims == ("portfolio", "cost", "date")
    for name, portfolio in portfolios.items():
        for label, model in models.items():
            alone = run_vectorized(portfolio, panel, model, delisting_return=-0.3)
            one = sweep.sel(portfolio=name, cost=label)
            for table in ("nav", "cash", "costs", "turnover"):
                np.testing.assert_allclose(one[table], getattr(alone, table), rtol=1e-9, atol=1e-7)
    with pytest.raises(ValueError, match="give at least one of each"):
        run_variants({}, panel, models)
    with pytest.raises(ValueError, match="net asset value fell"):
        run_variants({"far": weights * 100}, panel, models)


def test_the_engines_agree_on_a_whole_simulated_market():
    panel = load_panel("simulated-sp500?assets=60&sessions=300")
    scores = panel["true_signal"].fillna(0)
    weights = scores / np.abs(scores).sum("asset").clip(1e-9)
    report = reconcile(run_vectorized(weights, panel), run_events(weights, panel))
    assert report.result_gap < 1e-11
    assert report.accounting_gap < 1e-11


# --- the callback ---------------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(seed=SEEDS, model=st.sampled_from(MODELS), shared=SHARED, stops=STOPS, rules=RULES)
def test_a_callback_with_the_same_weights_is_the_compiled_run(seed, model, shared, stops, rules):
    panel, weights = drawn(seed)
    rows = iter(weights.to_numpy())
    compiled = run_events(weights, panel, model, stops=stops, **shared, **rules)
    called = run_events(lambda view: next(rows), panel, model, stops=stops, **shared, **rules)
    np.testing.assert_array_equal(compiled.nav, called.nav)
    pd.testing.assert_frame_equal(compiled.fills, called.fills)


def test_a_view_holds_the_past_and_nothing_else():
    panel, _ = drawn(15)
    panel = panel.assign(benchmark=("date", 100 + np.arange(panel.sizes["date"], dtype=float)))
    seen = []

    def strategy(view):
        t = len(view.dates) - 1
        seen.append(t)
        assert view.dates[-1] == panel["date"].to_numpy()[t]
        assert view.assets.tolist() == panel["asset"].to_numpy().tolist()
        for name in panel.data_vars:
            np.testing.assert_array_equal(view[name], panel[name][: t + 1])
            base = view[name].base
            assert base is not None
            assert not np.shares_memory(base, panel[name].to_numpy())
            assert (base[t + 1 :] == 0).all(), "the buffer knows the future"
            with pytest.raises(ValueError, match="read-only"):
                view[name][...] = 1
            with pytest.raises(ValueError, match="read-only"):
                base[...] = 1
        held = np.where(view.positions == 0, 0, view.weights * view.nav)
        assert view.cash + held.sum() == pytest.approx(view.nav)
        return np.full(4, 0.2) if t % 3 == 0 else None

    run_events(strategy, panel)
    assert seen == list(range(panel.sizes["date"]))


def test_what_a_callback_sees_and_spoils_stays_its_own():
    panel, _ = drawn(16)
    before = panel.copy(deep=True)

    def vandal(view):
        view.positions[:] = 1e9
        view.weights[:] = np.nan
        return np.full(4, 0.1)

    spoilt = run_events(vandal, panel)
    honest = run_events(lambda view: np.full(4, 0.1), panel)
    np.testing.assert_array_equal(spoilt.nav, honest.nav)
    xr.testing.assert_identical(panel, before)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([0.1], r"the strategy returned shape \(1,\) on 2015-01-02: give weights \(4,\), or None to hold"),
        ([0.1, np.nan, 0, 0], "returned weight nan on 2015-01-02"),
        ([0.1, np.inf, 0, 0], "returned weight inf on 2015-01-02"),
    ],
)
def test_what_a_callback_may_not_return(answer, message):
    panel, _ = drawn(17)
    with pytest.raises(ValueError, match=message):
        run_events(lambda view: answer, panel)


def test_a_view_names_the_fields_it_has():
    panel, _ = drawn(18)
    with pytest.raises(ValueError, match="the panel has no 'vwap': give one of close, high, low, open, volume"):
        run_events(lambda view: view["vwap"], panel)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shares": "half"}, "shares='half' is not allowed: give 'fractional' or 'whole'"),
        ({"unfilled": "keep"}, "unfilled='keep' is not allowed: give 'cancel' or 'carry'"),
        ({"participation": 0}, r"participation=0 is not allowed: give a fraction in \(0, 1\]"),
        ({"participation": 2}, "participation=2 is not allowed"),
    ],
)
def test_rules_of_the_event_engine_that_are_none(change, message):
    panel, weights = drawn(19)
    with pytest.raises(ValueError, match=message):
        run_events(weights, panel, **change)


def test_the_room_is_cheap_to_enter():
    code = "import sys, dlcore.backtest; print({'numpy', 'numba', 'pandas', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    assert all(hasattr(dlcore.backtest, name) for name in dlcore.backtest.__all__)
    assert callable(dlcore.backtest.reconcile)
    assert callable(dlcore.backtest.tearsheet)


def test_rules_name_the_field_they_need():
    panel, weights = drawn(20)
    closes = panel[["close"]]
    with pytest.raises(ValueError, match="the panel has no volume, which this backtest needs"):
        run_events(weights, closes, entry="next_close", participation=0.1)
    with pytest.raises(ValueError, match="the panel has no open, which this backtest needs"):
        run_events(weights, closes, entry="next_close", stops=Stops(loss=0.1))
    assert run_events(weights, closes, entry="next_close", stops=Stops(sessions=3)).attrs["engine"] == "events"
