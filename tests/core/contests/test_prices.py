"""An arena of one's own, and prices foretold in it: the last price stands beside, nothing of the test is learned."""

import numpy as np
import pytest
from typer.testing import CliRunner

from dlcore.cli import app
from dlcore.contests import Leaderboard, own_arena
from dlcore.contests.leaderboard import on_test_dates
from dlcore.contests.prices import KEEP, compete, inputs, judge
from dlcore.markets import load_panel

MARKET = "simulated-sp500?assets=24&sessions=320&ic=0.2"


@pytest.fixture(scope="module")
def place():
    return own_arena(MARKET, test=60)


def test_an_arena_of_ones_own_is_trained_once_and_tested_on_its_end(place):
    (fold,) = place.folds
    tested = fold.test.any("asset").to_numpy()
    assert tested[-60:-6].all()  # the last labels reach beyond the panel
    assert not tested[:-60].any()
    learned = (fold.train | fold.validation).to_numpy()
    assert place.labels["end"].to_numpy()[learned].max() < place.panel["date"].to_numpy()[-60]
    assert (place.name, place.top) == ("own-simulated-sp500-assets-24-sessions-320-ic-0.2-test-60", 2)


def test_a_market_of_ones_own_is_loaded_once(monkeypatch):
    seen = []
    monkeypatch.setattr("dlcore.markets.load_panel", lambda *a, **k: seen.append(a) or load_panel(*a, **k))
    assert own_arena(MARKET, test=60).panel.sizes["asset"] == 24
    assert seen == [(MARKET,)]


def test_two_periods_of_one_market_are_two_arenas(place):
    later = own_arena(MARKET, start="2014-03-03", test=60)
    assert later.name != place.name


def test_a_perfect_forecast_and_none(place):
    came = on_test_dates(place.labels["value"], place)
    none = judge("none", came * 0 + 1e-300, place)
    assert none.mape == pytest.approx(none.last_mape)
    assert none.r_squared == pytest.approx(0.0)
    told = judge("told", came, place)
    assert (told.direction, told.r_squared) == (1.0, 1.0)
    assert told.mape < 0.5 * told.last_mape  # what is left is the night before the fill, which nobody knew


def test_the_errors_are_those_of_a_plain_loop(place):
    rng = np.random.default_rng(0)
    came = on_test_dates(place.labels["value"], place)
    scores = came.copy(data=rng.normal(0, 0.02, came.shape))
    opens, closes = (place.panel[k].transpose("date", "asset").to_numpy() for k in ("open", "close"))
    row = {date: i for i, date in enumerate(place.panel["date"].to_numpy())}
    misses = []
    for i, date in enumerate(scores["date"].to_numpy()):
        for j in range(scores.sizes["asset"]):
            t = row[date]
            if t + 6 < len(opens) and np.isfinite(opens[t + 6, j]) and np.isfinite(came.to_numpy()[i, j]):
                said = closes[t, j] * (1 + scores.to_numpy()[i, j])
                misses.append(abs(said / opens[t + 6, j] - 1))
    assert judge("drawn", scores, place).mape == pytest.approx(100 * np.mean(misses))


def test_features_are_chosen_by_the_training_cells_alone(place):
    names = set(inputs(place).data_vars)
    assert KEEP <= len(names) <= KEEP + 1
    shaken = own_arena(MARKET, test=60)
    panel = place.panel.copy(deep=True)
    panel["volume"][-60:] = panel["volume"][-60:] * 1000.0
    shaken.__dict__["panel"] = panel
    assert set(inputs(shaken).data_vars) == names


@pytest.mark.parametrize("name", ["ANN", "ANN-level", "LSTM"])
def test_an_entrant_stands_on_the_leaderboard(tmp_path, place, name):
    board = Leaderboard(tmp_path)
    result = compete(board, place, name, epochs=1)
    (row,) = board.rows(place.name)
    assert (row.name, row.parameters) == (name, result.parameters)
    assert result.parameters > 30_000
    assert 0 < result.last_mape < 10
    assert 0.3 < result.direction < 0.7


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--market", "us-large-20"], "has no opens"),
        (["--market", "us-tech-5"], "give 20 × 504 at least"),
        (["--market", "simulated-sp500?assets=24&sessions=520", "--model", "GRU"], "give one of ANN, ANN-level, LSTM"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, options, said):
    result = CliRunner().invoke(app, ["benchmark", "prices", "--folder", str(tmp_path), *options])
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
