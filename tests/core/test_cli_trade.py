"""The commands from prices to tomorrow's book: what they print, keep and refuse."""

import json
from io import StringIO

import pandas as pd
import pytest
from typer.testing import CliRunner

from dlcore.cli import app
from dlcore.markets import load_panel

runner = CliRunner()
CONFIG = """
[data]
market = "small"
[features]
recipes = ["ENGINEERED_24"]
columns = ["rank_log_return_5"]
[walk_forward]
train = 150
test = 60
validation = 60
embargo = 1
[model]
rounds = 20
threads = 1
[portfolio]
top = 5
bottom = 5
[run]
folder = "{folder}"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store with a small simulated market under the name `small`, and a config."""
    root = tmp_path_factory.mktemp("trade")
    panel = load_panel("simulated-sp500?ic=0.2&assets=30&sessions=320")
    bars = panel[["open", "high", "low", "close", "volume"]].reset_coords(drop=True)
    rows = bars.to_dataframe().dropna(how="all").reset_index().rename(columns={"asset": "symbol"})
    rows.to_parquet(root / "rows.parquet", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLCORE_STORE", str(root / "store"))
        done = runner.invoke(app, ["data", "import", str(root / "rows.parquet"), "--name", "small"])
        assert done.exit_code == 0, done.stderr
        (root / "run.toml").write_text(CONFIG.format(folder=root / "run"))
        yield root


def call(*arguments) -> str:
    """What a command that succeeds prints; stderr is empty where it is no terminal."""
    result = runner.invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def test_the_commands_one_after_another(place):
    config, run = place / "run.toml", place / "run"
    built = json.loads(call("features", "build", config, "--json"))
    assert (built["features"], built["done"]) == (25, True)
    assert "(kept from before)" in call("features", "build", config)
    assert (run / "features.parquet").exists()

    trained = json.loads(call("train", "--run", run, "--json"))  # from the folder's own config
    assert [fold["test"] > 0 for fold in trained["folds"]] == [True] * 3
    assert (run / "models" / "final" / "forecaster.json").exists()

    found = json.loads(call("evaluate", "--run", run, "--json"))
    assert found["rank_ic"]["mean"] > 0.05
    assert found["brier"]["n"] > 0
    assert "survivorship-biased" in call("evaluate", "--run", run)

    money = json.loads(call("backtest", "--run", run, "--json"))
    assert money["engines_agree"] is True
    assert (run / "tearsheet.png").read_bytes().startswith(b"\x89PNG")
    assert "two engines agree" in call("backtest", "--run", run)

    signals = json.loads(call("predict", "--run", run, "--json"))
    newest = load_panel("small").indexes["date"][-1]
    assert signals["date"] == f"{newest:%F}"
    assert signals == json.loads((run / "signals.json").read_text())
    table = pd.read_csv(StringIO(call("predict", "--run", run, "--csv")))
    assert len(table) == len(signals["signals"]) == load_panel("small").sizes["asset"]
    assert (table["probability"].notna() == table["reason"].isna()).all()  # scored, or told why not
    shown = call("predict", "--run", run)
    assert "to be filled at the open of" in shown
    assert "left out" in shown or table["reason"].isna().all()


def test_run_does_all_of_it_and_options_change_the_config(place):
    said = call("run", place / "run.toml", "--run", place / "other", "--model", "Ridge", "--set", "label.horizon=3")
    for word in ("── build", "── train", "── evaluate", "── backtest", "── predict", "Ridge", "over 3 sessions"):
        assert word in said
    config = (place / "other" / "config.toml").read_text()
    assert 'name = "Ridge"' in config
    assert "horizon = 3" in config
    assert "task" not in config
    again = call("run", "--run", place / "other")
    assert again.count("(kept from before)") == 2


@pytest.mark.parametrize("name", ["ANN", "TransformerForecaster"])
def test_a_network_is_a_name_and_its_settings(place, name):
    table = f'[model]\nname = "{name}"\nlength = 5\nepochs = 1\nbatch_size = 512\ndevice = "cpu"\n'
    config = CONFIG.format(folder=place / name).replace("[model]\nrounds = 20\nthreads = 1\n", table)
    (place / f"{name}.toml").write_text(config)
    trained = json.loads(call("train", place / f"{name}.toml", "--json"))
    assert trained["model"] == name
    assert all(fold["parameters"] > 1000 for fold in trained["folds"])
    assert (place / name / "models" / "final" / "model.safetensors").exists()
    assert json.loads(call("predict", "--run", place / name, "--json"))["signals"]
    for option, says in (
        ("model.epochs=0", "model.epochs=0 is not allowed: give an integer ≥ 1"),
        ("model.epochs=1.5", "model.epochs=1.5 is not allowed: give a value such as"),
        ("model.device=tpu", "model.device='tpu' is not allowed: give one of auto, cpu, cuda"),
        ("model.gap=3", "model.gap is not allowed: it follows from label.horizon"),
        ("model.layer=3", f"model.layer is not a key of {name}: give one of name, length, epochs, batch_size"),
    ):
        result = runner.invoke(app, ["train", str(place / f"{name}.toml"), "--set", option])
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert says in result.stderr


def test_config_init_prints_what_is_read_back(place):
    text = call("config", "init", "--set", "model.trials=20")
    assert "trials = 20" in text
    (place / "all.toml").write_text(text)
    result = runner.invoke(
        app, ["features", "build", str(place / "all.toml"), "--market", "nope", "--run", str(place / "x")]
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'nope' is not a known market" in result.stderr


@pytest.mark.parametrize(
    "command", [["features", "build"], ["train"], ["evaluate"], ["backtest"], ["predict"], ["run"]]
)
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "there is no config: give a file, or --run with the folder of an earlier run"),
        (["none.toml"], "none.toml is not there: dlcore config init > none.toml writes one"),
        (["{run.toml}", "--set", "portfolio.threshold=1.5"], "portfolio.threshold=1.5 is not allowed"),
        (["{run.toml}", "--set", "portfolio.treshold=0.5"], "portfolio.treshold is not a key: give one of top, "),
        (["{run.toml}", "--set", "trials"], "'trials' is not allowed: give table.key=value"),
        (["{run.toml}", "--run", "{rows.parquet}"], "is a file: give a folder"),
        (["{run.toml}", "--run", "{store}"], "holds no run and is not empty: give a new folder"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(place, command, arguments, says):
    given = [str(place / text.strip("{}")) if text.startswith("{") else text for text in arguments]
    result = runner.invoke(app, [*command, *given])
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_run_of_another_version_is_refused(place):
    (place / "old").mkdir()
    (place / "old" / "run.json").write_text('{"format": 0, "steps": {}}')
    result = runner.invoke(app, ["train", str(place / "run.toml"), "--run", str(place / "old")])
    assert result.exit_code == 2
    assert "holds a run of format 0, and this version reads 1" in result.stderr
    assert not (place / "old" / "config.toml").exists()


def test_a_column_that_is_not_there_and_a_label_without_opens(place):
    for option, says in (
        ("features.columns=['soup']", "column 'soup' is not known"),
        ("walk_forward.train=9999", "are too few for one fold"),
        ("universe.traded_value=1e18", "the universe is empty"),
    ):
        result = runner.invoke(app, ["train", str(place / "run.toml"), "--run", str(place / "y"), "--set", option])
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert says in result.stderr
    arguments = ["--market", "us-large-20", "--set", "features.recipes=['PRICE_ONLY']"]
    result = runner.invoke(app, ["train", str(place / "run.toml"), "--run", str(place / "y"), *arguments])
    assert result.exit_code == 2
    assert 'give entry="next_close"' in result.stderr
