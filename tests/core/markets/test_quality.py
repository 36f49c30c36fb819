"""The checks find what was planted, keep quiet about what was not, and know the defects of the real files."""

import json
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from dlcore.cli import app
from dlcore.markets import load_panel
from dlcore.markets.panel import build_panel
from dlcore.markets.quality import QualitySettings, check_quality, draw_report
from dlcore.markets.quality.runs import runs
from dlcore.markets.quality.trades import beyond_market, in_trade_time, local_scale, middle
from dlcore.plots import figure

FIELDS = ("open", "high", "low", "close", "volume")
PRICES = FIELDS[:4]
REAL = Path(__file__).parents[3].parent / "shared" / "data"
SEEDS = (1, 2, 3)

Bars = dict[str, np.ndarray]


def simulated(seed: int) -> xr.Dataset:
    return load_panel(f"simulated-sp500?assets=60&sessions=400&seed={seed}")


@pytest.fixture(scope="module")
def panels() -> list[xr.Dataset]:
    return [simulated(seed) for seed in SEEDS]


# --- planting: each function spoils one asset's bars at row t and says which (row, check) must be found -------------


def swap_high_and_low(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    bars["high"][t, j], bars["low"][t, j] = bars["low"][t, j], bars["high"][t, j]


def lose_the_open(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    bars[str(rng.choice(["open", "high", "low", "volume"]))][t, j] = np.nan


def silence_the_volume(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    bars["volume"][t, j] = 0


def lose_sessions(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    for field in bars.values():
        field[t : t + int(rng.integers(1, 12)), j] = np.nan


def freeze_the_close(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    for name in PRICES:
        bars[name][t : t + int(rng.integers(5, 12)), j] = bars["close"][t, j]


def misprint_the_close(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    bars["close"][t, j] *= np.exp(rng.choice([-1, 1]) * rng.uniform(0.2, 1))


def misprint_the_bar(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    factor = np.exp(rng.choice([-1, 1]) * rng.uniform(0.2, 1))
    for name in PRICES:
        bars[name][t, j] *= factor


def misprint_an_extreme(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    name, sign = [("low", -1), ("high", 1)][int(rng.integers(2))]
    bars[name][t, j] *= np.exp(sign * rng.uniform(0.3, 2))


def forget_a_split(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    ratio = rng.choice([1.5, 2, 3, 4, 10]) ** rng.choice([-1, 1])
    for name in PRICES:
        bars[name][t:, j] *= ratio


def split_late(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    for name in PRICES:
        bars[name][t : t + int(rng.integers(2, 6)), j] /= 2


def spin_off(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    for name in PRICES:
        bars[name][t:, j] *= np.exp(-rng.uniform(0.5, 0.6))


def reuse_the_symbol(bars: Bars, t: int, j: int, rng: np.random.Generator) -> None:
    for name in FIELDS:
        bars[name][t - 25 : t, j] = np.nan
    for name in PRICES:
        bars[name][t:, j] *= np.exp(rng.choice([-1, 1]) * rng.uniform(1, 3))


Plant = Callable[[Bars, int, int, np.random.Generator], None]
# what is found of it, and how much of what is found was planted (180 plants each, seeds 1 to 3)
LEVELS: list[tuple[Plant, str, float, float]] = [
    (swap_high_and_low, "bar order", 1.0, 1.0),
    (lose_the_open, "missing field", 1.0, 1.0),
    (silence_the_volume, "zero volume", 1.0, 1.0),
    (lose_sessions, "missing sessions", 1.0, 1.0),
    (freeze_the_close, "stale close", 1.0, 1.0),
    (misprint_the_close, "jump reverts", 0.9, 1.0),
    (misprint_the_bar, "jump reverts", 0.9, 1.0),
    (misprint_an_extreme, "wrong tick", 0.95, 1.0),
    (forget_a_split, "split?", 0.85, 0.95),
    (split_late, "jump reverts", 0.9, 1.0),
    (spin_off, "spin-off or news?", 0.9, 0.9),
    (reuse_the_symbol, "symbol re-used?", 0.9, 1.0),
]


def spoil(panel: xr.Dataset, plant: Plant, rng: np.random.Generator) -> tuple[xr.Dataset, set[tuple[int, int]]]:
    """A copy with one defect in each asset that lives long enough, and their places."""
    bars = {name: panel[name].to_numpy().copy() for name in FIELDS}
    places = set()
    for j in range(panel.sizes["asset"]):
        alive = np.flatnonzero(np.isfinite(bars["close"][:, j]))
        if len(alive) < 120:
            continue
        t = int(rng.choice(alive[50:-50]))
        plant(bars, t, j, rng)
        places.add((t, j))
    return panel.assign({name: (("date", "asset"), field) for name, field in bars.items()}), places


def found_by(panel: xr.Dataset, check: str) -> set[tuple[int, int]]:
    findings = check_quality(panel).findings.query("check == @check")
    rows = panel.indexes["date"].get_indexer(pd.DatetimeIndex(findings["date"]))
    columns = panel.indexes["asset"].get_indexer(pd.Index(findings["asset"]))
    return set(zip(rows.tolist(), columns.tolist(), strict=True))


def measure(panels: list[xr.Dataset], plant: Plant, check: str) -> tuple[float, float]:
    """Recall and precision over all panels."""
    hits = planted = claimed = 0
    for seed, panel in enumerate(panels):
        spoilt, places = spoil(panel, plant, np.random.default_rng(seed))
        found = found_by(spoilt, check)
        hits, planted, claimed = hits + len(found & places), planted + len(places), claimed + len(found)
    assert planted > 120
    return hits / planted, hits / max(claimed, 1)


@pytest.mark.parametrize(("plant", "check", "recall", "precision"), LEVELS, ids=lambda x: getattr(x, "__name__", ""))
def test_what_was_planted_is_found_and_little_else(panels, plant, check, recall, precision):
    measured = measure(panels, plant, check)
    assert measured[0] >= recall
    assert measured[1] >= precision


@pytest.mark.parametrize("seed", SEEDS)
def test_fat_tails_are_no_errors(panels, seed):
    assert check_quality(panels[seed - 1]).errors == 0


def test_the_whole_simulated_market_has_no_errors():
    report = check_quality(load_panel("simulated-sp500"))
    assert report.errors == 0
    assert set(report.findings["check"]) <= {"split?", "spin-off or news?"}
    assert len(report.findings) <= 10  # of half a million returns


@given(seed=st.integers(0, 10_000))
@settings(max_examples=12)
def test_the_panel_is_never_changed(seed):
    rng = np.random.default_rng(seed)
    spoilt, _ = spoil(simulated(1), LEVELS[seed % len(LEVELS)][0], rng)
    before = spoilt.copy(deep=True)
    check_quality(spoilt)
    assert before.identical(spoilt)


def test_a_crash_within_the_session_is_no_split():
    crash = load_panel("simulated-sp500?assets=250&sessions=700&seed=16")
    assert at(check_quality(crash).findings, "S0121", "2016-07-01", "spin-off or news?")[0] == "warning"


# --- single checks, on panels small enough to read ------------------------------------------------------------------


def tiny(**fields: list[list[float]]) -> xr.Dataset:
    """A panel of few sessions; a list for each asset."""
    length = len(fields["close"][0])
    dates = load_panel("us-tech-5").indexes["date"][:length]
    frames = {name: pd.DataFrame(np.array(values).T, index=dates).add_prefix("A") for name, values in fields.items()}
    words = dict.fromkeys(("source", "adjustment", "licence", "retrieved_at"), "a test")
    return build_panel(frames, words | {"calendar": "XNYS"})


def rows_of(panel: xr.Dataset) -> list[tuple[str, str, str, float]]:
    findings = check_quality(panel).findings
    return list(findings[["asset", "check", "severity", "value"]].itertuples(index=False, name=None))


def test_rounding_is_no_violation_and_a_real_one_is():
    panel = tiny(close=[[10, 10.0005, 10.5]], high=[[10, 10, 10]], low=[[9, 9, 9]])
    assert rows_of(panel) == [("A0", "bar order", "error", pytest.approx(0.05))]


def test_a_bar_without_its_close_is_an_error():
    panel = tiny(close=[[10, np.nan, 11]], open=[[10, 10, 11]])
    assert ("A0", "missing field", "error", 1.0) in rows_of(panel)


def test_a_field_that_an_asset_never_has_is_one_note():
    nan = np.nan
    panel = tiny(close=[[1, 2, 3], [1, 2, 3]], volume=[[5, 6, 7], [nan, nan, nan]])
    assert rows_of(panel) == [("A1", "missing field", "note", 3.0)]


def test_an_index_without_volume_is_one_note():
    panel = tiny(close=[[1, 2, 3]], volume=[[0, 0, 0]])
    assert rows_of(panel) == [("A0", "zero volume", "note", 3.0)]


def test_a_holiday_of_most_is_not_a_gap_of_each():
    nan = np.nan
    panel = tiny(close=[[1, nan, 3, 4], [2, nan, 4, 5], [3, 4, 5, 6], [nan, nan, 6, 7]])
    assert rows_of(panel) == [("", "thin date", "note", pytest.approx(1 / 3))]


def test_life_begins_with_the_first_trade_and_ends_with_the_last():
    nan = np.nan
    panel = tiny(close=[[nan, 2, nan, nan, 3, nan], *[[1, 2, 3, 4, 5, 6]] * 2])
    assert rows_of(panel) == [("A0", "missing sessions", "warning", 2.0)]


def test_a_gap_of_the_only_asset_is_its_gap():
    assert rows_of(tiny(close=[[1, np.nan, 3]])) == [("A0", "missing sessions", "warning", 1.0)]


def test_dead_volume_makes_a_stale_close_a_warning():
    still = [7.0, 8, 8, 8, 8, 8, 9]
    panel = tiny(close=[still, still], volume=[[5, 5, 0, 0, 0, 0, 5], [1, 2, 3, 4, 5, 6, 7]])
    found = [row[:3] for row in rows_of(panel) if row[1] == "stale close"]
    assert found == [("A0", "stale close", "warning"), ("A1", "stale close", "note")]


def test_a_gap_in_trading_does_not_hide_a_stale_close():
    nan = np.nan
    panel = tiny(close=[[7, 8, 8, nan, 8, 8, 8, 9], *[[1, 2, 3, 4, 5, 6, 7, 8]] * 2])
    assert ("A0", "stale close", "note", 5.0) in rows_of(panel)


def test_a_short_history_has_no_scale_and_no_jumps():
    assert rows_of(tiny(close=[[100, 50, 100, 101, 102]])) == []


def test_runs_are_counted_to_the_last_row():
    mask = np.array([[1, 0, 1, 1, 1], [0, 0, 0, 0, 0], [0, 1, 0, 0, 1]], bool).T
    found = [(column, starts.tolist(), lengths.tolist()) for column, starts, lengths in runs(mask)]
    assert found == [(0, [0, 2], [1, 3]), (2, [1, 4], [1, 1])]
    assert [found[0] for found in runs(mask, at_least=2)] == [0]


def test_middle_is_numpys_median_of_what_is_known():
    values = np.random.default_rng(0).standard_normal((50, 9))
    values[np.random.default_rng(1).random(values.shape) < 0.3] = np.nan
    median, known = middle(values)
    np.testing.assert_allclose(median, np.nanmedian(values, axis=-1))
    np.testing.assert_array_equal(known, np.isfinite(values).sum(axis=-1))
    assert np.isnan(middle(np.full((1, 4), np.nan))[0]).all()


def test_the_markets_move_is_taken_out_across_gaps():
    rng = np.random.default_rng(0)
    market = rng.normal(0, 0.02, 40).cumsum()
    close = np.exp(market[:, None] + np.zeros(15))
    close[10:20, 0] = np.nan
    moves = beyond_market(close, in_trade_time(close), QualitySettings())
    assert np.nanmax(np.abs(moves)) < 1e-12
    assert np.isnan(moves[30:, 0]).all()


def test_the_local_scale_is_the_spread_of_the_wilder_side():
    rng = np.random.default_rng(0)
    moves = np.concatenate([rng.normal(0, 0.01, (300, 1)), rng.normal(0, 0.03, (300, 1))])
    wide = QualitySettings(scale_window=250)
    places = np.array([[300, 299, 0], [0, 0, 0]])
    np.testing.assert_allclose(local_scale(moves, places, wide), [0.03, 0.03, 0.01], rtol=0.15)
    assert np.isinf(local_scale(moves[:15], np.array([[7], [0]]), wide)).all()


# --- the report and the command -------------------------------------------------------------------------------------


def test_the_report_counts_and_writes_itself():
    panel = tiny(close=[[10, 10.5, 12]], high=[[10, 10, 10]])
    report = check_quality(panel)
    assert report.summary().drop(columns="example").to_dict("records") == [
        {"check": "bar order", "severity": "error", "count": 2}
    ]
    assert "high 10 is below close 12" in report.summary()["example"][0]
    written = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert written["errors"] == report.errors == 2
    assert written["findings"][0]["date"] == str(panel.indexes["date"][1])[:10]
    assert written["summary"][0]["count"] == 2


def test_nothing_found_is_an_empty_report():
    report = check_quality(tiny(close=[[1, 2, 3]]))
    assert report.findings.empty
    assert report.summary().empty
    written = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert (written["errors"], written["summary"], written["findings"]) == (0, [], [])


def test_the_words_of_the_panel_are_carried_into_the_report():
    report = check_quality(load_panel("us-large-20", start="2010-01-01", end="2010-06-30"))
    assert report.weakness.startswith("survivorship-biased")
    assert report.to_dict()["weakness"] == report.weakness


@pytest.mark.parametrize("name", ["us-tech-5", "simulated-sp500?assets=60&sessions=400"])
def test_the_picture_has_a_mark_for_each_finding_and_a_row_for_each_check(name):
    panel = load_panel(name)
    report = check_quality(panel)
    _, axes = figure()
    draw_report(axes, report, panel)
    assert sum(len(line.get_xdata()) for line in axes.lines) == len(report.findings)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [*dict.fromkeys(names[:-1]), "assets trading"]
    assert set(names[:-1]) == set(report.findings["check"])
    plt.close()


@pytest.mark.parametrize(
    "wrong", [{"jump_scales": 0.0}, {"stale_sessions": -1}, {"split_ratios": ()}, {"split_ratios": (0.5, 2)}]
)
def test_thresholds_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}=.* is not allowed"):
        QualitySettings(**wrong)


def test_what_is_no_panel_is_refused():
    with pytest.raises(TypeError, match="no Panel"):
        check_quality(pd.DataFrame())  # pyright: ignore[reportArgumentType] -- the point of the test


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("us-large-20", 1, "split?"),
        ("us-tech-5", 0, "AAPL"),
        ("simulated-sp500?assets=60&sessions=400", 0, "nothing found"),
    ],
)
def test_the_command_exits_with_1_for_errors_only(name, code, says):
    result = CliRunner().invoke(app, ["data", "check", name])
    assert result.exit_code == code
    assert says in result.stdout


def test_the_command_writes_json_and_refuses_mistakes():
    result = CliRunner().invoke(app, ["data", "check", "us-tech-5", "--json"])
    assert json.loads(result.stdout)["findings"][0]["asset"] == "AAPL"
    mistake = CliRunner().invoke(app, ["data", "check", "nope"])
    assert mistake.exit_code == 2
    assert mistake.stderr.count("\n") == 1


# --- real files, where they are ------------------------------------------------------------------------------------


def wide(table: pd.DataFrame, asset: str) -> xr.Dataset:
    from dlcore.markets.calendar import sessions

    table = table.assign(date=pd.to_datetime(table["date"]))
    frames = {name: table.pivot(index="date", columns=asset, values=name) for name in FIELDS}  # noqa: PD010 -- a duplicate must raise
    days = frames["close"].index
    open_ = days.isin(sessions(days[0], days[-1]))
    frames = {name: frame[open_].where(frame[open_] >= (name != "volume") * 1e-9) for name, frame in frames.items()}
    words = dict.fromkeys(("source", "adjustment", "licence", "retrieved_at"), "a file beside the repository")
    return build_panel(frames, words | {"calendar": "XNYS"})


@pytest.fixture(scope="module")
def sp500() -> pd.DataFrame:
    path = REAL / "sp500_5yr" / "all_stocks_5yr.parquet"
    if not path.exists():
        pytest.skip("all_stocks_5yr.parquet does not lie in ../shared/data/sp500_5yr")
    return check_quality(wide(pd.read_parquet(path), "Name")).findings


def at(findings: pd.DataFrame, asset: str, date: str, check: str) -> tuple[str, float]:
    found = findings[(findings["asset"] == asset) & (findings["date"] == date) & (findings["check"] == check)]
    assert len(found) == 1
    return found["severity"].iloc[0], float(found["value"].iloc[0])


@pytest.mark.parametrize(
    ("asset", "date", "check", "severity", "value"),
    [
        ("NI", "2015-07-02", "spin-off or news?", "warning", -0.98),
        ("EBAY", "2015-07-20", "spin-off or news?", "warning", -0.84),
        ("BAX", "2015-07-01", "spin-off or news?", "warning", -0.60),
        ("DISCK", "2014-08-07", "split?", "error", -0.71),
        ("DISCA", "2014-08-07", "split?", "error", -0.70),
        ("LNT", "2016-05-19", "jump reverts", "error", -0.68),
        ("MRO", "2017-09-14", "jump reverts", "error", 0.30),  # a whole day of other companies' bars
        ("XL", "2015-08-24", "wrong tick", "error", 1.86),
        ("HCA", "2015-08-24", "wrong tick", "warning", 0.60),  # the flash crash really printed it
    ],
)
def test_the_known_cases_are_found(sp500, asset, date, check, severity, value):
    assert at(sp500, asset, date, check) == (severity, pytest.approx(value, abs=0.01))


def test_a_quality_report_of_505_stocks_can_be_read_by_a_person(sp500):
    counts = sp500.value_counts(["check", "severity"]).to_dict()
    assert counts[("missing field", "warning")] == 27  # 11 opens, 8 highs, 8 lows
    assert counts[("missing sessions", "warning")] == 17
    assert counts[("jump reverts", "error")] == 3
    assert counts[("split?", "error")] == 2
    assert counts[("split?", "warning")] == 1  # EVHC: news of the size of 2:3
    assert counts[("wrong tick", "error")] == 1
    assert len(sp500) < 200


def test_a_split_adjusted_on_one_side_is_found_in_five_funds():
    path = REAL / "cross_asset" / "cross_asset_daily.csv.gz"
    if not path.exists():
        pytest.skip("cross_asset_daily.csv.gz does not lie in ../shared/data/cross_asset")
    findings = check_quality(wide(pd.read_csv(path), "symbol")).findings
    split = findings.query("check == 'split?' and severity == 'error'")
    assert set(split["asset"]) == {"XLB", "XLE", "XLK", "XLU", "XLY"}
    assert set(split["date"]) == {pd.Timestamp("2025-11-17")}
    assert (findings.query("check == 'bar order'")["asset"] == "GC=F").mean() > 0.9
