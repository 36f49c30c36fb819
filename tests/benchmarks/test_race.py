"""The harness of the benchmarks on a tiny market: rows do their work, answers are compared, the page is written."""

import numpy as np
import pytest

from benchmarks import race as harness
from benchmarks.growth import Growth, measure_growth
from benchmarks.market import grown, market
from benchmarks.race import Outcome, Peer, Row, available, race
from benchmarks.rows import ROWS
from benchmarks.table import COLUMNS, line, write

TINY = (520, 24)


@pytest.fixture
def panel(monkeypatch, tmp_path):
    monkeypatch.setattr(harness, "PEERS", tmp_path / "none")
    monkeypatch.setenv("DLCORE_STORE", str(tmp_path))
    return market(*TINY)


@pytest.mark.parametrize("make", ROWS, ids=lambda make: make.__name__)
def test_every_row_runs_without_the_peers(panel, make):
    row = make(panel)
    here = tuple(peer for peer in row.peers if callable(peer.work))
    outcomes = race(row, turns=1)
    assert [outcome.peer for outcome in outcomes] == (list(here) if row.peers else [None])
    if not outcomes:
        row.ours()
    assert all(len(line(outcome)) == len(COLUMNS) for outcome in outcomes)


def test_answers_are_compared_before_any_time_is_taken():
    def check(ours, theirs):
        assert ours == theirs, "they differ"
        return "the number"

    peer = Peer("other", lambda: 2, check)
    with pytest.raises(AssertionError, match="they differ"):
        race(Row("sum", lambda: 1, (peer,)), turns=1)
    (outcome,) = race(Row("sum", lambda: 2, (peer,)), turns=3)
    assert (outcome.compared, len(outcome.ours), len(outcome.theirs)) == ("the number", 3, 3)


def test_ours_and_theirs_take_turns():
    order = []
    peer = Peer("other", lambda: order.append("theirs"), lambda *_: "")
    race(Row("sum", lambda: order.append("ours"), (peer,)), turns=2)
    assert order == ["ours", "theirs"] * 3


@pytest.mark.parametrize(
    ("row", "ratio", "passed"),
    [
        (Row("w", print, seconds=0.3), np.inf, True),
        (Row("w", print, seconds=0.1), np.inf, False),
        (Row("w", print), 0.5, True),
        (Row("w", print), 0.4, False),
        (Row("w", print, beyond=-0.3), np.inf, False),
        (Row("w", print, bars=100, rate=500), np.inf, True),
        (Row("w", print, bars=100, rate=501), np.inf, False),
    ],
)
def test_a_reach_is_met_by_medians(row, ratio, passed):
    outcome = Outcome(row, Peer("p", print, str, ratio), "", "", np.array([0.1, 0.2, 9.0]), np.array([0.2, 0.4, 18.0]))
    assert outcome.ratio == 0.5
    assert outcome.passed is passed


def test_a_script_takes_turns_in_another_interpreter(monkeypatch, tmp_path):
    import sys
    from pathlib import Path

    script = (
        "from turns import take_turns\n\n\ndef prepare(given):\n    return lambda: given['x'] * 2, lambda y: {'y': y}\n"
    )
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "double.py").write_text(script + "\n\ntake_turns(prepare, 'numpy')\n")
    (tmp_path / "peers" / "turns.py").write_text((harness.HERE / "peers" / "turns.py").read_text())
    monkeypatch.setattr(harness, "PEERS", Path(sys.executable))
    monkeypatch.setattr(harness, "HERE", tmp_path)
    peer = Peer("double", "double", lambda ours, theirs: str(np.testing.assert_array_equal(ours, theirs["y"])))
    (outcome,) = race(Row("w", lambda: 2 * np.arange(3.0), (peer,), {"x": np.arange(3.0)}), turns=2)
    assert outcome.version == f"numpy {np.__version__}"
    assert (outcome.theirs > 0).all()
    broken = Row("w", lambda: 2 * np.arange(3.0), (peer,), {"z": np.arange(3.0)})
    with pytest.raises(RuntimeError, match="the peer double stopped, saying: KeyError: 'x'"):
        race(broken, turns=1)


def test_a_grown_panel_is_a_panel_and_proportion_is_one(panel):
    from dlcore.markets.panel import check_panel

    assert check_panel(grown(panel, 2)).sizes == {"date": 2 * TINY[0], "asset": 2 * TINY[1]}
    assert Growth("w", (1.0, 4.0, 16.0)).exponent == pytest.approx(1)
    assert {growth.work for growth in measure_growth(panel, turns=1)} == {"features", "tranches", "backtest", "rank IC"}


def test_the_page_names_what_was_missed(tmp_path):
    row = Row("a piece of work", print, seconds=0.1)
    outcomes = [*race(Row("other", int), turns=1), Outcome(row, None, "", "", np.array([0.2]), np.empty(0))]
    write(tmp_path / "page.md", outcomes, [Growth("features", (1.0, 4.0, 20.0))], ["x against y: it is not installed"])
    page = (tmp_path / "page.md").read_text()
    assert "| a piece of work | – | 200 | 200–200 | – | – | – | ≤ 100 ms | **no** |" in page
    assert "Not measured: x against y: it is not installed" in page
    assert "| features | 1e+03 | 4e+03 | 2e+04 | 1.080 | ≤ 1.05 | **no** |" in page


def test_functions_are_always_available(panel):
    assert available(Peer("here", int, str))
    assert not available(Peer("there", "talib_four", str))
