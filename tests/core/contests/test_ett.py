"""The benchmark of long forecasts: its protocol by plain loops, its baselines, its files, and its command."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from typer.testing import CliRunner

from dlcore.cli import app
from dlcore.contests.ett import ENTRANTS, Series, baselines, compete, judge, judging, make_task, networks, read_series
from dlcore.contests.ett.baselines import fit_ridge, repeat_last, seasonal_mean
from dlcore.contests.ett.judging import mean_error
from dlcore.contests.ett.networks import fit_network
from dlcore.contests.ett.task import part_sizes

DATA = Path(os.environ.get("DLCORE_TEST_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
QUICK = {"epochs": 2, "batch_size": 32, "learning_rate": 1e-2}


pytestmark = pytest.mark.usefixtures("one_torch_thread")


def series(rows=400, channels=3, steps_per_day=6, seed=0) -> Series:
    """A daily cycle, a slow walk and noise, every channel in units of its own."""
    rng = np.random.default_rng(seed)
    cycle = np.sin(2 * np.pi * np.arange(rows) / 6)[:, None]
    values = cycle + 0.1 * rng.normal(size=(rows, channels)).cumsum(axis=0) + 0.3 * rng.normal(size=(rows, channels))
    return Series(values * 10.0 ** np.arange(channels) + 5, tuple("abcdefgh"[:channels]), steps_per_day)


def written(path, text):
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def ett_file(path, rows=300):
    """As ETTh1.csv, hourly."""
    values = series(rows, 2).values
    hours = np.datetime64("2016-07-01T00") + np.arange(rows)
    lines = [f"{str(hour).replace('T', ' ')}:00:00,{a},{b}" for hour, (a, b) in zip(hours, values, strict=True)]
    return written(path, "\n".join(["date,HUFL,OT", *lines]) + "\n")


@pytest.mark.parametrize("look_back", [1, 96, 336, 720])
def test_an_hourly_file_has_2785_test_windows_whatever_the_look_back(look_back):
    task = make_task(
        Series(np.random.default_rng(0).normal(size=(17_420, 2)), ("a", "b"), 24), horizon=96, look_back=look_back
    )
    assert task.borders == (0, 8640, 11_520, 14_400)
    assert [len(task.origins(part)) for part in ("train", "validation", "test")] == [8545 - look_back, 2785, 2785]
    assert task.origins("test")[0] == 11_520
    assert task.origins("test")[-1] + 96 == 14_400
    assert task.origins("train")[0] == look_back
    assert task.origins("train")[-1] + 96 == 8640


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [(17_420, (8640, 2880, 2880)), (69_680, (34_560, 11_520, 11_520)), (7588, (5311, 760, 1517)), (90, (63, 9, 18))],
)
def test_borders_are_those_of_the_papers(rows, sizes):
    assert part_sizes(rows) == sizes


def test_exchange_rates_have_1422_test_windows():
    task = make_task(series(7588, 1), horizon=96, look_back=96)
    assert len(task.origins("test")) == 1422


def test_the_scale_is_that_of_the_training_rows_with_ddof_0():
    given_ = series()
    task = make_task(given_, horizon=4, look_back=8)
    train = given_.values[:280]
    for c in range(3):
        mean = sum(train[:, c]) / 280
        spread = (sum((x - mean) ** 2 for x in train[:, c]) / 280) ** 0.5
        np.testing.assert_allclose(task.cube[0, :, c], (given_.values[:, c] - mean) / spread, rtol=1e-4, atol=1e-5)


def test_a_channel_that_stands_still_is_only_centred():
    given_ = series()
    given_.values[:, 1] = 7.0
    assert np.all(make_task(given_, horizon=4, look_back=8).cube[0, :, 1] == 0)


@settings(max_examples=20)
@given(rows=st.integers(60, 130), horizon=st.integers(1, 5), look_back=st.integers(1, 9), batch=st.integers(1, 40))
def test_errors_are_those_of_plain_loops_whatever_the_batch(rows, horizon, look_back, batch):
    task = make_task(series(rows, 2), horizon=horizon, look_back=look_back)
    scaled, (_, first, second, last) = task.cube[0].astype(np.float64), task.borders
    before, judging.BATCH = judging.BATCH, batch
    try:
        for part, start, end in (("validation", first, second), ("test", second, last)):
            found = judge(repeat_last(task), task, part)
            squared, absolute = [], []
            for origin in range(start, end - horizon + 1):
                off = [
                    scaled[origin - 1, c] - scaled[origin + h, c] for h in range(horizon) for c in range(task.channels)
                ]
                squared.append(np.mean(np.square(off)))
                absolute.append(np.mean(np.abs(off)))
            np.testing.assert_allclose(found.squared, squared, rtol=1e-6)
            np.testing.assert_allclose(found.absolute, absolute, rtol=1e-6)
    finally:
        judging.BATCH = before


def test_ten_windows_and_what_a_dropped_last_batch_would_say(monkeypatch):
    """Lesson 14: errors .3 eight times, then .8 twice."""
    monkeypatch.setattr(judging, "BATCH", 4)
    task = make_task(series(50, 1), horizon=1, look_back=2)
    assert len(task.origins("test")) == 10
    truth, calls = task.cube[0, task.origins("test"), 0], []

    def forecast(windows):
        at = sum(calls)
        calls.append(len(windows))
        off = np.where(np.arange(at, at + len(windows)) < 8, 0.3, 0.8) ** 0.5
        return (truth[at : at + len(windows)] + off)[:, None, None]

    losses = judge(forecast, task).squared
    assert calls == [4, 4, 2]
    assert losses.mean() == pytest.approx(0.4, rel=1e-5)
    assert losses[:8].mean() == pytest.approx(0.3, rel=1e-5)  # dropped
    assert np.mean([losses[:4].mean(), losses[4:8].mean(), losses[8:].mean()]) == pytest.approx(0.4667, abs=1e-3)


def test_a_window_is_what_was_known_before_its_origin():
    task = make_task(series(), horizon=4, look_back=8)
    origins = task.origins("test")[[0, 5, -1]]
    windows, future = task.batch(origins)
    for k, origin in enumerate(origins):
        np.testing.assert_array_equal(windows[k], task.cube[0, origin - 8 : origin])
        np.testing.assert_array_equal(future[k], task.cube[0, origin : origin + 4])


@pytest.mark.parametrize("name", [*ENTRANTS])
def test_no_test_row_reaches_a_fit(name, monkeypatch):
    monkeypatch.setattr(networks, "SETTINGS", {key: {**QUICK, "epochs": 1} for key in networks.SETTINGS})
    honest, other = series(), series()
    other.values[320:] = np.random.default_rng(9).normal(size=(80, 3)) * 50
    said = []
    for one in (honest, other):
        task = make_task(one, horizon=4, look_back=12)
        windows, _ = task.batch(make_task(honest, horizon=4, look_back=12).origins("train")[:5])
        said.append(ENTRANTS[name].fit(task, 0)(windows))
    assert said[0].shape == (5, 4, 3)
    np.testing.assert_array_equal(said[0], said[1])


def test_the_seasonal_mean_is_one_of_the_same_hour():
    task = make_task(series(), horizon=9, look_back=20)  # three days of six steps, and two rows that are not used
    windows, _ = task.batch(task.origins("test"))
    said = seasonal_mean(task)(windows)
    for h in range(9):
        same = [20 - 6 * k + h % 6 for k in (1, 2, 3)]
        np.testing.assert_allclose(said[:, h], windows[:, same].mean(axis=1), rtol=1e-5)


@pytest.mark.parametrize("penalty", baselines.PENALTIES)
def test_ridge_is_that_of_scikit_learn(penalty, monkeypatch):
    monkeypatch.setattr(baselines, "PENALTIES", (penalty,))
    task = make_task(series(), horizon=4, look_back=8)
    windows, future = (a.astype(np.float64) for a in task.batch(task.origins("train")))
    last = windows[:, -1:]
    inputs, outputs = ((a - last).transpose(0, 2, 1).reshape(-1, a.shape[1]) for a in (windows, future))
    unit = np.square(inputs).mean()
    line = Ridge(alpha=penalty * unit * len(inputs), fit_intercept=False).fit(inputs, outputs)
    tested, _ = task.batch(task.origins("test"))
    rows = (tested - tested[:, -1:]).transpose(0, 2, 1).reshape(-1, 8)
    expected = line.predict(rows).reshape(len(tested), 3, 4).transpose(0, 2, 1) + tested[:, -1:]
    np.testing.assert_allclose(fit_ridge(task)(tested), expected, rtol=1e-3, atol=1e-4)


def test_the_penalty_is_the_one_that_validation_likes_best(monkeypatch):
    task = make_task(series(160), horizon=4, look_back=24)
    errors, said = [], []
    with monkeypatch.context() as patch:
        for penalty in baselines.PENALTIES:
            patch.setattr(baselines, "PENALTIES", (penalty,))
            line = fit_ridge(task)
            errors.append(judge(line, task, "validation").squared.mean())
            said.append(line(task.batch(task.origins("test"))[0]))
    best = int(np.argmin(errors))
    assert 0 < best < len(errors) - 1
    np.testing.assert_array_equal(fit_ridge(task)(task.batch(task.origins("test"))[0]), said[best])


@settings(max_examples=20)
@given(n=st.integers(8, 80), horizon=st.integers(1, 12), seed=st.integers(0, 99))
def test_the_error_of_a_mean_is_that_of_statsmodels(n, horizon, seed):
    losses = np.random.default_rng(seed).normal(size=n).cumsum()
    lag = min(2 * horizon, n // 4)
    fit = sm.OLS(losses, np.ones(n)).fit(cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": False})
    assert mean_error(losses, horizon) == pytest.approx(fit.bse[0])


def test_a_network_learns_a_daily_cycle_that_the_last_value_does_not_know(monkeypatch):
    monkeypatch.setitem(networks.SETTINGS, "NLinear", {**QUICK, "epochs": 6})
    task = make_task(series(500), horizon=6, look_back=12)
    naive = judge(repeat_last(task), task).squared.mean()
    assert judge(fit_network("NLinear", task, 0), task).squared.mean() < 0.7 * naive


def test_a_result_is_the_mean_of_its_seeds(monkeypatch):
    monkeypatch.setitem(networks.SETTINGS, "DLinear", QUICK)
    given_, told = series(), []
    one = compete(given_, "DLinear", horizon=4, look_back=12, seeds=2, progress=lambda *at: told.append(at))
    task = make_task(given_, horizon=4, look_back=12)
    each = [judge(fit_network("DLinear", task, seed), task) for seed in (0, 1)]
    assert one.by_seed == tuple(losses.squared.mean() for losses in each)
    assert one.by_seed[0] != one.by_seed[1]
    assert one.mse == pytest.approx(np.mean(one.by_seed))
    assert one.mae == pytest.approx(np.mean([losses.absolute for losses in each]))
    assert told == [(0, 2), (1, 2), (2, 2)]
    naive = compete(given_, "repeat-last", horizon=4, seeds=2)
    assert len(naive.by_seed) == naive.look_back == 1
    apart, error = one.against(naive)
    assert apart == pytest.approx(one.mse - naive.mse)
    assert error == pytest.approx(mean_error(one.losses.squared - naive.losses.squared, 4))
    with pytest.raises(ValueError, match="DLinear and repeat-last have other windows"):
        one.against(compete(given_, "repeat-last", horizon=3))


def test_the_published_row_of_the_last_value():
    if not (path := DATA / "ett" / "ETTh1.csv").exists():
        pytest.skip("ETTh1.csv is not at DLCORE_TEST_DATA or beside the repository")
    found = read_series(path)
    assert found.values.shape == (17_420, 7)
    assert found.names == ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
    assert found.steps_per_day == 24
    naive = compete(found, "repeat-last", horizon=96)
    assert naive.mse == pytest.approx(1.2944, abs=1e-3)
    assert naive.mae == pytest.approx(0.713, abs=1e-3)
    assert compete(found, "seasonal-mean", horizon=96, look_back=24).mse == pytest.approx(0.512, abs=1e-3)
    assert compete(found, "seasonal-mean", horizon=720).mse == pytest.approx(0.424, abs=1e-3)


MATRIX = "1.5,2\n3,4e1\n-5,6\n"


@pytest.mark.parametrize(
    ("name", "text", "names", "steps"),
    [
        ("m.txt", MATRIX, ("0", "1"), None),
        ("m.txt.gz", MATRIX, ("0", "1"), None),
        ("m.txt", MATRIX.replace(",", "  "), ("0", "1"), None),
        ("m.csv", "a,b\n" + MATRIX, ("a", "b"), None),
        ("m.csv", "a, Date ,b\n1.5,2020-01-01,2\n3,2020-01-02,4e1\n-5,2020-01-03,6\n", ("a", "b"), 1),
        ("m.csv", "\ufeff\n\na,b\n" + MATRIX, ("a", "b"), None),
        (
            "m.csv",
            '"date","a","b"\n"2020-01-01 00:00+01:00",1.5,2\n2020-01-01T01Z,3,40\n2020-01-01T03Z,-5,6\n',
            ("a", "b"),
            12,
        ),
        ("m.csv", "date,a,b\n1/1/2020 0:00,1.5,2\n1/1/2020 0:10,3,40\n1/1/2020 0:20,-5,6\n", ("a", "b"), 144),
        ("m.csv", "date,a,b\n2020-01-01,1.5,2\n2020-01-08,3,40\n2020-01-15,-5,6\n", ("a", "b"), None),
    ],
)
def test_files_of_every_form_give_their_numbers(tmp_path, name, text, names, steps):
    found = read_series(written(tmp_path / name, text))
    np.testing.assert_array_equal(found.values, [[1.5, 2], [3, 40], [-5, 6]])
    assert (found.names, found.steps_per_day) == (names, steps)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f.csv is no table of numbers"),
        ("a,b\n1,2,3\n4,5,6\n", "f.csv has more columns than names"),
        ("1,2\n3\n", "row 2 of channel 1 is ''"),
        ("date,a\n", "f.csv has 0 rows and 1 channels"),
        ("date\n2020-01-01\n", "has 1 rows and 0 channels"),
        ("date,a\n2020-01-01,1\n2020-01-02,x\n", "row 2 of channel a is 'x': give finite numbers"),
        ("date,a\n2020-01-01,1\n2020-01-02,\n", "row 2 of channel a is '': give finite numbers"),
        ("1,2\n3,inf\n", "row 2 of channel 1 is 'inf'"),
        ("1,2\n3,4,5\n", "f.csv is no table of numbers"),
        ("2020-01-01,1\n2020-01-02,2\n", "channel 2020-01-01 is '2020-01-02'"),
        ("date,a\n2020-01-02,1\nsoon,2\n", "row 2 has date 'soon': give dates such as"),
        ("date,a\n2020-01-02,1\n2020-01-02,2\n", "row 2 has date '2020-01-02', not after the one before"),
        ("date,a\n2020-01-02,1\n2020-01-01,2\n", "row 2 has date '2020-01-01', not after the one before"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as error:
        read_series(written(tmp_path / "f.csv", text))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b1,2", gzip.compress(MATRIX.encode(), mtime=0)[:-9], b"a,b\n\xff,1\n", b"PAR1\x00\xfe"]
)
def test_what_is_no_text_gets_one_line(tmp_path, content):
    (tmp_path / "f.csv.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"^f.csv.gz is no text, and no whole gzipped text: give a table of numbers$"):
        read_series(tmp_path / "f.csv.gz")


@settings(max_examples=25)
@given(content=st.binary(max_size=200))
def test_no_bytes_bring_a_traceback_of_another_kind(content, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "f.txt"
    path.write_bytes(content)
    refusal = ""
    try:
        assert np.isfinite(read_series(path).values).all()
    except ValueError as error:
        refusal = str(error)
    assert "\n" not in refusal


def wild() -> Series:
    one = series()
    one.values[350, 1] = 1e200
    return one


def still() -> Series:
    return Series(np.ones((400, 2)), ("a", "b"), None)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_task(series(), horizon=0, look_back=8), "horizon=0 is not allowed: give an integer ≥ 1"),
        (lambda: make_task(series(), horizon=2.5, look_back=8), "horizon=2.5 is not allowed"),
        (
            lambda: make_task(series(), horizon=41, look_back=8),
            "horizon=41 is not allowed: validation and test have 40 and 80 rows, give 1 to 40",
        ),
        (lambda: make_task(series(), horizon=4, look_back=0), "look_back=0 is not allowed: give an integer ≥ 1"),
        (lambda: make_task(series(), horizon=4, look_back=277), "look_back=277 is not allowed: .* give ≤ 276"),
        (lambda: make_task(wild(), horizon=4, look_back=8), "channel b has values beyond all that it did in training"),
        (lambda: make_task(still(), horizon=4, look_back=8), "no channel moves in the training rows"),
        (lambda: compete(series(), "ARIMA"), "model='ARIMA' is not there: give one of repeat-last, seasonal-mean"),
        (lambda: compete(series(), "ridge", seeds=0), "seeds=0 is not allowed: give an integer ≥ 1"),
        (lambda: compete(series(), "ridge", seeds=1.5), "seeds=1.5 is not allowed"),
        (lambda: compete(series(), "seasonal-mean", horizon=4, look_back=5), "seasonal-mean needs a day, give ≥ 6"),
        (
            lambda: compete(series(steps_per_day=None), "seasonal-mean", horizon=4, look_back=8),
            "seasonal-mean needs to know the hours",
        ),
        (lambda: _judged(lambda windows: windows), r"forecast of shape \(37, 8, 3\) is not allowed: give \(37, 4, 3\)"),
        (lambda: _judged(lambda windows: windows[:, :4] * np.nan), "a forecast is not finite"),
    ],
)
def test_bad_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def _judged(forecast):
    """On the 37 windows of 40 validation rows."""
    return judge(forecast, make_task(series(), horizon=4, look_back=8), "validation")


def test_the_command_prints_a_table_and_json(tmp_path, monkeypatch):
    monkeypatch.setitem(networks.SETTINGS, "DLinear", QUICK)
    path, runner = ett_file(tmp_path / "h.csv"), CliRunner()
    words = ["benchmark", "ett", "--path", str(path), "--horizon", "6", "--look-back", "48", "--seeds", "2"]
    words += ["--model", "repeat-last", "--model", "DLinear"]
    table = runner.invoke(app, words)
    assert table.exit_code == 0, table.output
    assert "h.csv: 55 test windows, horizon 6" in table.stdout
    found = json.loads(runner.invoke(app, [*words, "--json"]).stdout)
    naive, learned = found["results"]
    assert (naive["name"], learned["name"]) == ("repeat-last", "DLinear")
    assert naive["look_back"] == 48
    assert len(learned["by_seed"]) == 2
    assert naive["difference"] is None
    assert learned["difference"] == pytest.approx(learned["mse"] - naive["mse"])
    assert naive["mse"] == pytest.approx(compete(read_series(path), "repeat-last", horizon=6).mse)
    assert f"{naive['mse']:.4f}" in table.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--path", "nowhere.csv"], "dlcore: nowhere.csv is not a file: give a table such as ETTh1.csv\n"),
        (["--model", "ARIMA"], "dlcore: model='ARIMA' is not there: give one of repeat-last"),
        (["--horizon", "0"], "dlcore: horizon=0 is not allowed: give an integer ≥ 1\n"),
        (["--seeds", "0", "--model", "DLinear"], "dlcore: seeds=0 is not allowed"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_exit_code_2(words, message, tmp_path):
    path = str(ett_file(tmp_path / "h.csv", rows=120))
    done = CliRunner().invoke(app, ["benchmark", "ett", "--path", path, *words])
    assert done.exit_code == 2
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_the_baselines_do_not_ask_for_torch():
    code = "import sys, numpy as np; from dlcore.contests.ett import Series, compete; "
    code += "s = Series(np.random.default_rng(0).normal(size=(100, 2)), ('a', 'b'), 6); "
    code += "compete(s, 'ridge', horizon=2, look_back=6); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
