"""The protocol finds what was planted, nothing where nothing is, and its rows survive one another."""

import json
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from dlcore.cli import app
from dlcore.contests import Arena, Leaderboard, Trials, arena, open_arena
from dlcore.contests.leaderboard import on_test_dates, walk
from dlcore.evaluation import sharpe
from dlcore.models import Persistence, Ridge
from dlcore.targets import WalkForward

PLAN = WalkForward(380, 60, validation=60)
SMALL = {
    name: (f"simulated-sp500?ic={ic}&assets=60&sessions=560", None, "next_open", 10, PLAN)
    for name, ic in (("planted", 0.1), ("empty", 0))
}


def changes(panel):
    close = np.log(panel["close"])
    return xr.Dataset({f"change_{k}": close - close.shift(date=k) for k in (1, 5)})


@pytest.fixture(autouse=True)
def small_arenas(monkeypatch):
    monkeypatch.setattr(arena, "ARENAS", SMALL)
    open_arena.cache_clear()
    yield
    open_arena.cache_clear()


def test_the_planted_signal_is_found_and_the_empty_market_has_none(tmp_path):
    board = Leaderboard(tmp_path)
    found = board.enter("ridge", Ridge, changes, "planted")
    nothing = board.enter("ridge", Ridge, changes, "empty")
    assert found.rank_ic > 4 * found.rank_ic_error
    assert abs(nothing.rank_ic) < 4 * nothing.rank_ic_error
    assert found.sharpe_low > 0
    assert nothing.sharpe_low < 0
    assert found.direction > 0.51
    assert found.parameters == 3
    assert [row.name for row in board.rows("planted")] == ["ridge"]
    assert json.loads((tmp_path / "planted" / "ridge.json").read_text())["rank_ic"] == found.rank_ic


def test_scores_entered_by_hand_are_judged_like_the_forecaster_that_made_them(tmp_path):
    board, place = Leaderboard(tmp_path), open_arena("planted")
    entered = board.enter("persistence", lambda: Persistence("change_1"), changes, "planted")
    scores, _ = walk(lambda: Persistence("change_1"), changes(place.panel), place)
    by_hand = board.enter_scores("by hand", scores, "planted")
    for name in ("rank_ic", "rank_ic_error", "direction", "sharpe", "sharpe_low", "turnover"):
        assert getattr(by_hand, name) == getattr(entered, name)


def test_only_test_dates_count_and_every_score_is_out_of_sample(tmp_path):
    place = open_arena("planted")
    scores, _ = walk(Ridge, changes(place.panel), place)
    tested = sum(fold.test.any("asset") for fold in place.folds).to_numpy() > 0
    assert not np.isfinite(scores.to_numpy()[~tested]).any()
    kept = on_test_dates(xr.ones_like(place.panel["close"]), place)
    assert set(kept["date"].to_numpy()) == set(place.panel["date"].to_numpy()[tested])


def test_each_fifth_date_is_learned_from_and_all_are_judged():
    place = open_arena("planted")
    all_scores, whole = walk(Ridge, changes(place.panel), place)
    scores, fifth = walk(Ridge, changes(place.panel), place, every=5)
    assert np.isfinite(scores).sum() == np.isfinite(all_scores).sum()
    assert not np.allclose(fifth._state["slopes"], whole._state["slopes"])
    assert np.sign(fifth._state["slopes"]).tolist() == np.sign(whole._state["slopes"]).tolist()


def test_a_portfolio_has_no_ic_and_cash_has_no_ratio(tmp_path):
    board, place = Leaderboard(tmp_path), open_arena("planted")
    held = place.panel["close"].notnull()
    equal = board.enter_weights("1/N", held / held.sum("asset"), "planted")
    assert (equal.rank_ic, equal.direction) == (None, None)
    assert equal.sharpe_low < equal.sharpe < equal.sharpe_high
    cash = board.enter_weights("cash", held * 0.0, "planted")
    assert (cash.sharpe, cash.turnover) == (None, 0.0)
    table = board.table("planted")
    assert table["name"].tolist() == ["1/N", "cash"]
    assert np.isnan(table["sharpe"][1])


def test_the_table_judges_every_row_by_all_trials(tmp_path):
    board = Leaderboard(tmp_path)
    board.enter("persistence", lambda: Persistence("change_1"), changes, "planted")
    assert np.isnan(board.table("planted")["deflated"][0]), "one trial has no spread"
    board.enter("reversal", lambda: Persistence("change_1", -1), changes, "planted")
    table = board.table("planted").set_index("name")
    assert table["deflated"].notna().all()
    returns = board.returns("persistence", "planted")
    assert sharpe(returns) == pytest.approx(table["sharpe"]["persistence"], rel=1e-6)
    with pytest.raises(FileNotFoundError, match="'ridge' was never entered in planted"):
        board.returns("ridge", "planted")


def test_the_command_enters_the_baselines_once_and_prints_every_row(tmp_path):
    call = ["leaderboard", "--arena", "planted", "--folder", str(tmp_path)]
    first = CliRunner().invoke(app, call)
    assert first.exit_code == 0, first.output
    for name in ("1/N", "persistence", "momentum_12_1", "reversal_5", "volatility_60", "ridge", "LightGBM"):
        assert name in first.stdout
    assert "entered LightGBM in planted" in first.stderr
    second = CliRunner().invoke(app, [*call, "--json"])
    assert "entered" not in second.stderr
    rows = json.loads(second.stdout)["planted"]
    assert {row["name"] for row in rows} >= {"ridge", "1/N"}
    wrong = CliRunner().invoke(app, ["leaderboard", "--arena", "moon", "--folder", str(tmp_path)])
    assert wrong.exit_code == 2
    assert "arena='moon' is not there" in wrong.stderr


def test_costs_are_paid(tmp_path):
    place = open_arena("planted")
    free = Arena("planted", *SMALL["planted"], cost_bps=0.0)
    from dlcore.backtest import overlapping_weights
    from dlcore.contests.leaderboard import traded

    scores, _ = walk(lambda: Persistence("change_1"), changes(place.panel), place)
    weights = overlapping_weights(on_test_dates(scores, place), 10, 5, bottom=10)
    (net, turnover), (gross, _) = traded(weights, place), traded(weights, free)
    assert np.mean(gross - net) == pytest.approx(turnover * 5e-4, rel=0.02)


def _enter(job):
    folder, k = job
    Trials(folder).record("real", {"k": k}, k / 10)


def test_trials_are_counted_once_each_and_none_is_lost_between_processes(tmp_path):
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(_enter, [(tmp_path, k) for k in range(40)] * 2))
    trials = Trials(tmp_path)
    assert sorted(trials.table("real")["sharpe"]) == [k / 10 for k in range(40)]
    assert not list(tmp_path.rglob("*.[0-9]*"))


def test_the_more_was_tried_the_less_the_same_returns_are_worth(tmp_path):
    rng = np.random.default_rng(0)
    returns = rng.normal(0.0008, 0.01, 1000)
    few, many = Trials(tmp_path / "few"), Trials(tmp_path / "many")
    for k, ratio in enumerate(rng.normal(0, 0.5, 100)):
        many.record("real", {"k": k}, ratio)
        if k < 5:
            few.record("real", {"k": k}, ratio)
    assert np.isnan(Trials(tmp_path / "none").deflated("real", returns))
    assert many.deflated("real", returns) < few.deflated("real", returns)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda board: board.enter("x", Ridge, changes, "moon"), "arena='moon' is not there"),
        (
            lambda board: board.enter_weights("…", xr.zeros_like(open_arena("empty").panel["close"]), "empty"),
            "give letters",
        ),
    ],
)
def test_bad_input_gets_one_line(call, message, tmp_path):
    with pytest.raises(ValueError, match=message) as error:
        call(Leaderboard(tmp_path))
    assert "\n" not in str(error.value)
