"""The command: what it prints, and how it refuses."""

import json

import pytest
from typer.testing import CliRunner

from dlcore.cli import app
from dlcore.markets.calendar import sessions

runner = CliRunner()


def test_help_and_version():
    assert "data" in runner.invoke(app, ["--help"]).output
    assert runner.invoke(app, ["--version"]).output == "0.1.0\n"


def test_list_says_what_there_is():
    rows = json.loads(runner.invoke(app, ["data", "list", "--json"]).stdout)
    found = {row["name"]: (row["assets"], row["sessions"]) for row in rows}
    assert found == {
        "us-large-20": (20, 8313),
        "us-tech-5": (5, 3270),
        "indices": (3, 5033),
        "simulated-sp500": (503, 1007),
        "simulated-cross-asset": (6, 1007),
    }
    table = runner.invoke(app, ["data", "list"])
    assert table.exit_code == 0
    assert "simulated-cross-asset" in table.stdout


def test_show_counts_gaps_and_names_the_source():
    found = json.loads(runner.invoke(app, ["data", "show", "us-tech-5", "--end", "2004-08-18", "--json"]).stdout)
    close = next(field for field in found["fields"] if field["field"] == "close")
    assert found["last"] == "2004-08-18"
    assert close["missing"] == pytest.approx(0.4)  # FB and GOOG were not listed yet
    assert "bokeh_sampledata" in found["attrs"]["source"]
    text = runner.invoke(app, ["data", "show", "us-tech-5", "--end", "2004-08-18"]).stdout
    assert f"5 assets × {len(sessions('2000-03-01', '2004-08-18'))} dates" in text


def test_show_survives_a_field_without_values():
    found = json.loads(runner.invoke(app, ["data", "show", "indices", "--start", "2019-01-01", "--json"]).stdout)
    assert next(field for field in found["fields"] if field["field"] == "open")["min"] is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope"], "'nope' is not a known market"),
        (["indices", "--start", "soon"], "start=soon is not allowed"),
        (["indices", "--start", "2030-01-01"], "holds no prices"),
        (["simulated-sp500?ic=9"], "ic=9.0 is not allowed"),
        (["simulated-sp500?size=9"], "option 'size' is not known"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, says):
    result = runner.invoke(app, ["data", "show", *arguments])
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert isinstance(result.exception, SystemExit)


def test_a_missing_package_is_said_and_does_not_end_the_list(monkeypatch):
    from dlcore.markets import bundled

    monkeypatch.setattr(bundled, "find_spec", lambda name: None)
    rows = {row["name"]: row for row in json.loads(runner.invoke(app, ["data", "list", "--json"]).stdout)}
    assert rows["indices"]["what"] == "arch is not installed: pip install dlcore[data]"
    assert rows["simulated-sp500"]["assets"] == 503
    result = runner.invoke(app, ["data", "show", "us-tech-5"])
    assert (result.exit_code, result.stderr) == (
        2,
        "dlcore: bokeh_sampledata is not installed: pip install dlcore[data]\n",
    )
