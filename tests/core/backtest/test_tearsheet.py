"""The page: its numbers against trusted libraries and plain loops, its files against what they promise."""

import json
import os
import re
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from plain_loop import make_panel

from dlcore.backtest import Costs, overlapping_weights, reconcile, run_events, run_vectorized, tearsheet
from dlcore.backtest.ratios import rolling_error, sharpe, sharpe_interval
from dlcore.markets import load_panel

HERE = Path(__file__).parents[3]
DATA = Path(os.environ.get("DLCORE_TEST_DATA", HERE.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def result():
    panel = load_panel("simulated-sp500?assets=40&sessions=420&seed=2")
    panel.attrs["weakness"] = "survivorship-biased, for a test"
    return run_vectorized(overlapping_weights(panel["true_signal"], 8, bottom=8), panel)


@pytest.fixture(scope="module")
def page(result):
    return tearsheet(result, title="<Scores> & tests")


def test_figures_agree_with_empyrical(page):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import empyrical

    returns = page.record.returns["strategy"].to_numpy()
    assert page.numbers["sharpe"] == pytest.approx(empyrical.sharpe_ratio(returns))
    assert page.numbers["max_drawdown"] == pytest.approx(empyrical.max_drawdown(returns))


def test_a_portfolio_that_never_moves_has_no_ratio():
    assert np.isnan(sharpe(np.zeros(9)))
    assert np.isnan(sharpe_interval(np.zeros(9), np.random.default_rng(0))).all()


def test_the_standard_error_is_that_of_simulated_returns():
    drawn = np.random.default_rng(1).normal(0.1, 1, (4000, 126))
    ratios = drawn.mean(axis=1) / drawn.std(axis=1, ddof=1) * 252**0.5
    assert float(rolling_error(np.array(0.1 * 252**0.5), 126)) == pytest.approx(ratios.std(), rel=0.04)


def test_the_record_begins_with_the_first_fill(result, page):
    first = result.fills["date"].iloc[0]
    assert page.numbers["first_session"] == f"{first:%F}"
    assert page.record.dates[-1] == result.nav.index[-1]
    assert (1 + page.numbers["total_return"]) * 1e6 == pytest.approx(result.nav.iloc[-1])


def test_costs_at_what_was_paid_give_back_the_returns(result, page):
    record = page.record
    assert record.paid_bps == pytest.approx(5)
    again = record.before_costs - 5e-4 * record.turnover.to_numpy()
    np.testing.assert_allclose(again, record.returns["strategy"], atol=1e-12)
    free = run_vectorized(_weights(result), result.market.panel, Costs(bps=0)).returns.loc[record.dates]
    assert page.numbers["sharpe_before_costs"] == pytest.approx(sharpe(free), abs=1e-3)


def test_nothing_is_left_at_the_break_even(page):
    record = page.record
    left = record.before_costs - record.break_even_bps / 1e4 * record.turnover.to_numpy()
    assert left.mean() == pytest.approx(0, abs=1e-15)


def test_one_over_n_is_the_mean_of_what_trades(result, page):
    panel = result.market.panel
    first = int(result.ledger["row"][0])
    close, opened = panel["close"].to_numpy(), panel["open"].to_numpy()
    held = np.isfinite(close[first - 1]) & np.isfinite(opened[first])
    gains = close[first, held] / close[first - 1, held] - opened[first, held] / close[first - 1, held]
    costs = 5e-4 * opened[first, held] / close[first - 1, held]
    assert page.record.returns["1/N"].iloc[0] == pytest.approx(
        (gains - costs).sum() / np.isfinite(close[first - 1]).sum()
    )


def test_the_benchmark_is_the_panels_or_the_one_given(result, page):
    levels = result.market.panel["benchmark"].to_series()
    np.testing.assert_allclose(page.record.returns["benchmark"], levels.pct_change().loc[page.record.dates])
    given = tearsheet(result, levels * 3).record.returns["benchmark"]
    np.testing.assert_allclose(given, page.record.returns["benchmark"], rtol=1e-9, atol=1e-15)


def test_months_and_drawdowns_are_those_of_the_returns(page):
    returns = page.record.returns["strategy"]
    worth = (1 + returns).cumprod()
    year = returns.index[-1].year
    assert page.record.months.loc[year, "year"] == pytest.approx((1 + returns.loc[str(year)]).prod() - 1)
    assert page.record.months.loc[year, 3] == pytest.approx((1 + returns.loc[f"{year}-03"]).prod() - 1)
    worst = page.record.worst_drawdowns.iloc[0]
    assert worst["depth"] == pytest.approx(page.numbers["max_drawdown"])
    assert worst["depth"] == pytest.approx(worth[worst["trough"]] / worth[worst["start"]] - 1)
    assert worst["start"] < worst["trough"]
    assert page.record.worst_drawdowns["depth"].is_monotonic_increasing


def test_the_page_is_drawn_whole(page):
    figure = page.draw()
    titles = " ".join(axes.get_title("left") for axes in figure.axes)
    for part in (
        "Growth",
        "Drawdown",
        "126 sessions, 95 % band",
        "Exposure",
        "turnover",
        "break-even",
        "Return by month",
    ):
        assert part in titles
    words = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert "survivorship-biased: see below" in words
    assert "survivorship-biased, for a test" in words.replace("\n", " ")
    plt.close(figure)


def test_the_files_are_what_their_endings_say(page, tmp_path):
    drawn_before = plt.get_fignums()
    assert page.save(tmp_path / "page.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    html = page.save(tmp_path / "page.html").read_text()
    assert "<title>&lt;Scores&gt; &amp; tests</title>" in html
    assert not re.search(r"https?://|<script|<link|@import", html), "the page would fetch something"
    assert "survivorship-biased" in html
    numbers = json.loads(page.save(tmp_path / "page.json").read_text())
    assert numbers == page.numbers
    assert plt.get_fignums() == drawn_before
    with pytest.raises(ValueError, match=r"page\.pdf is not allowed: give a name that ends in \.png, \.html or \.json"):
        page.save(tmp_path / "page.pdf")


def test_either_engine_gives_the_same_page(result, page):
    other = tearsheet(run_events(_weights(result), result.market.panel)).numbers
    for name in ("sharpe", "max_drawdown", "break_even_bps", "turnover_per_session", "fills", "gross_exposure"):
        assert other[name] == pytest.approx(page.numbers[name], rel=1e-9)


def test_a_page_without_benchmark_or_loss():
    close = np.linspace(10, 20, 60)[:, None]
    panel = make_panel(close=close)
    page = tearsheet(run_vectorized(panel["close"][:1] * 0 + 1, panel, Costs(bps=0), entry="next_close"))
    assert page.record.worst_drawdowns.empty
    assert "benchmark_sharpe" not in page.numbers
    assert page.png()


def test_what_makes_no_page(result):
    panel = make_panel(close=np.full((60, 1), 10.0))
    weights = panel["close"] * 0
    with pytest.raises(ValueError, match="the result has no fills: there is nothing to report"):
        tearsheet(run_vectorized(weights, panel, entry="next_close"))
    late = weights[-5:] + 1
    with pytest.raises(ValueError, match="the result has 4 sessions from its first fill on: give a longer one"):
        tearsheet(run_vectorized(late, panel, entry="next_close"))
    levels = result.market.panel["benchmark"].to_series()
    with pytest.raises(ValueError, match=r"benchmark=nan on .* is not allowed: give a level > 0 for every session"):
        tearsheet(result, levels.iloc[:-1])


def test_momentum_on_the_real_file():
    path = DATA / "sp500_5yr" / "all_stocks_5yr.parquet"
    if not path.exists():
        pytest.skip("all_stocks_5yr.parquet is not at DLCORE_TEST_DATA or beside the repository")
    panel = load_panel(path)
    logs = np.log(panel["close"])
    weights = overlapping_weights(logs.shift(date=21) - logs.shift(date=252), bottom=50)
    both = run_vectorized(weights, panel), run_events(weights, panel)
    assert reconcile(*both).agrees
    assert "survivorship-biased" in both[0].attrs["universe"]
    numbers = tearsheet(both[0]).numbers
    assert numbers["sharpe_low"] < 0 < numbers["sharpe_high"], "four years cannot tell"


def _weights(result) -> xr.DataArray:
    return overlapping_weights(result.market.panel["true_signal"], 8, bottom=8)


def test_a_benchmark_that_never_moves_has_no_ratio(result):
    levels = pd.Series(100.0, index=result.nav.index)
    numbers = tearsheet(result, levels).numbers
    assert numbers["benchmark_sharpe"] is None
    assert numbers["benchmark_correlation"] is None
