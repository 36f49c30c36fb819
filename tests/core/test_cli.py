"""The command: what it prints, and how it refuses."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from threading import Thread

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from yahoo_server import Listing

from dlcore.cli import app
from dlcore.markets import load_panel
from dlcore.markets.built_in import SOURCES
from dlcore.markets.calendar import sessions

runner = CliRunner()


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    """No test sees the stores of this machine."""
    monkeypatch.setenv("DLCORE_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


def test_help_and_version():
    assert "data" in runner.invoke(app, ["--help"]).output
    assert runner.invoke(app, ["--version"]).output == "0.1.0\n"


def test_list_says_what_there_is():
    rows = json.loads(runner.invoke(app, ["data", "list", "--json"]).stdout)
    for row in rows:
        panel = load_panel(row["name"])
        assert (row["assets"], row["sessions"]) == (panel.sizes["asset"], panel.sizes["date"])
        assert row["fields"] == " ".join(map(str, panel.data_vars))
        assert row["licence"] == panel.attrs["licence"].partition(" (")[0]
    assert [row["name"] for row in rows] == list(SOURCES)
    table = runner.invoke(app, ["data", "list"])
    assert table.exit_code == 0
    assert "simulated-cross-asset" in table.stdout


def test_list_loads_no_market(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a market was loaded")

    monkeypatch.setattr("dlcore.markets.sources.load_panel", refuse)
    monkeypatch.setattr("dlcore.markets.load_panel", refuse, raising=False)
    assert runner.invoke(app, ["data", "list"]).exit_code == 0


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


CRUDE = "date,symbol,open,close\n2020-04-17,CL,18.7,18.27\n2020-04-20,CL,17.73,-37.63\n2020-04-20,KO,47,46\n"


def command(*arguments) -> str:
    """What a command that succeeds prints."""
    result = runner.invoke(app, ["data", *map(str, arguments)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_prices_of_your_own_come_in_by_name(tmp_path):
    (tmp_path / "p.csv").write_text(CRUDE)
    done = json.loads(command("import", tmp_path / "p.csv", "--name", "mine", "--json"))
    assert (done["rows"], done["assets"], done["sessions"], done["quarantined"]) == (3, 2, 2, 1)
    assert "1 rows are in quarantine: dlcore data quarantine mine" in command(
        "import", tmp_path / "p.csv", "--name", "mine"
    )
    row = json.loads(command("list", "--json"))[-1]
    assert (row["name"], row["assets"], row["fields"]) == ("mine", 2, "open close")
    assert row["what"] == "3 rows from p.csv to 2020-04-20, 1 in quarantine"
    kept = json.loads(command("quarantine", "mine", "--json"))
    assert [(row["date"], row["close"], row["reason"]) for row in kept] == [
        ("2020-04-20", -37.63, "close: price is not above 0")
    ]
    assert "-37.63" in command("quarantine", "mine")
    assert "2020-04-20 CL close -37.63" in command("show", "mine")
    found = json.loads(command("show", "mine", "--json"))
    assert (found["assets"], found["dates"]) == (2, 2)
    result = runner.invoke(app, ["data", "check", "mine"])
    assert result.exit_code == 1
    assert "A bar without its close." in result.stdout
    assert "quarantined: 1 row is in quarantine; price is not above 0: 1 (2020-04-20 CL close -37.63)" in result.stdout
    (tmp_path / "q.csv").write_text("date,close\n2020-04-17,1\n")
    assert (
        "nothing is in quarantine"
        in (command("import", tmp_path / "q.csv", "--name", "q"), command("quarantine", "q"))[1]
    )


def test_a_file_of_a_store_that_was_changed_is_said(tmp_path, root):
    (tmp_path / "q.csv").write_text("date,close\n2020-04-17,1\n2020-04-20,1.01\n")
    command("import", tmp_path / "q.csv", "--name", "q")
    command("check", "q")
    other = pd.read_parquet(root / "q" / "2020-000001.parquet").assign(close=2.0)
    other.to_parquet(root / "q" / "2020-000001.parquet")
    result = runner.invoke(app, ["data", "check", "q"])
    assert result.exit_code == 1
    assert "store q is damaged: 2020-000001.parquet is not what was written" in result.stderr


def test_sql_prints_a_table_json_or_csv(tmp_path):
    (tmp_path / "p.csv").write_text(CRUDE)
    command("import", tmp_path / "p.csv", "--name", "mine")
    sql = "select date, symbol, open, close from mine where date = '2020-04-20' order by symbol"
    assert json.loads(command("sql", sql, "--json")) == [
        {"date": "2020-04-20", "symbol": "CL", "open": 17.73, "close": None},
        {"date": "2020-04-20", "symbol": "KO", "open": 47.0, "close": 46.0},
    ]
    assert command("sql", sql, "--csv") == "date,symbol,open,close\n2020-04-20,CL,17.73,\n2020-04-20,KO,47.0,46.0\n"
    assert "17.73" in command("sql", sql)
    assert json.loads(command("sql", "select 1 = 1 as yes, 'a' as word, null as nothing", "--json")) == [
        {"yes": True, "word": "a", "nothing": None}
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["import", "none.csv", "--name", "mine"], "'none.csv' is not there"),
        (["import", "none.csv", "--name", "../mine"], "name='../mine' is not allowed"),
        (["import", "none.csv", "--name", "indices"], "indices is built in"),
        (["quarantine", "mine"], "there is no store mine"),
        (["sql", "drop table mine"], "sql=DROP is not allowed: give one SELECT"),
        (["sql", "select * from mine"], "Table with name mine does not exist"),
        (["get", "AAPL"], "source=AAPL is not allowed: give such as yahoo:AAPL,BTC-USD"),
        (["get", "ftp:AAPL"], "source=ftp:AAPL is not allowed"),
    ],
)
def test_mistakes_with_stores_are_one_line_and_exit_code_2(arguments, says, root):
    result = runner.invoke(app, ["data", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert not root.exists()


def test_check_says_what_no_check_can_see_and_draws(tmp_path):
    (tmp_path / "p.csv").write_text(CRUDE)
    command("import", tmp_path / "p.csv", "--name", "mine")
    result = runner.invoke(app, ["data", "check", "mine", "--figure", str(tmp_path / "seen.png")])
    assert result.exit_code == 1
    assert "weakness: survivorship-biased" in result.stdout
    assert (tmp_path / "seen.png").read_bytes()[:4] == b"\x89PNG"
    result = runner.invoke(app, ["data", "check", "mine", "--json"])
    found = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (1, "")
    assert found["weakness"].startswith("survivorship-biased")
    assert found["quarantined"] == "1 row is in quarantine; price is not above 0: 1 (2020-04-20 CL close -37.63)"
    assert (found["failures"], found["stale"], found["errors"]) == ("none", "none", len(found["findings"]))
    for path, says in (("none/seen.png", "No such file"), ("seen.doc", "Format 'doc' is not supported")):
        result = runner.invoke(app, ["data", "check", "mine", "--figure", str(tmp_path / path)])
        assert result.exit_code == 2
        assert says in result.stderr
        assert result.stderr.count("\n") == 1


def test_a_figure_needs_the_plots(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "dlcore.plots", None)
    result = runner.invoke(app, ["data", "check", "us-large-20", "--end", "1991-01-01", "--figure", "x.png"])
    assert result.exit_code == 2
    assert "pip install dlcore[plots]" in result.stderr


def test_a_download_from_the_first_day_to_the_next(yahoo, root):
    """The real way, but for the server: Yahoo's room, yfinance, the store, the Panel."""
    days = [day.date() for day in sessions("2014-12-01", "2015-03-31")]
    yahoo.list(Listing("AAPL", days), Listing("MSFT", days, seed=1))
    get = ["get", "yahoo:AAPL,MSFT", "--name", "mine", "--start", "2015-01-01"]
    report = json.loads(command(*get, "--json"))
    kept = len(sessions("2015-01-01", "2015-03-31"))
    assert (report["name"], report["stored"], report["failed"]) == ("mine", ["AAPL", "MSFT"], {})
    assert (report["rows"], report["sessions"]) == (2 * kept, kept)
    assert "weakness: survivorship-biased if the symbols were chosen" in command("check", "mine")
    sql = "select symbol, count(*) n, min(date) first from mine group by symbol order by symbol"
    assert command("sql", sql, "--csv") == f"symbol,n,first\nAAPL,{kept},2015-01-02\nMSFT,{kept},2015-01-02\n"
    panel = load_panel("mine", assets=["MSFT"])
    np.testing.assert_allclose(panel["close"][:, 0], yahoo.listings["MSFT"].published()["adjclose"]["2015-01-01":])

    more = [day.date() for day in sessions("2014-12-01", "2015-04-02")]
    yahoo.list(Listing("AAPL", more, splits={"2015-04-01": (7, 1)}), Listing("MSFT", more, seed=1))
    yahoo.queries.clear()
    text = command(*get)
    assert "mine: 65 rows on 63 dates for 2 symbols, 0 had all" in text
    assert "1 were had anew" in text
    asked = [f"{pd.Timestamp(int(query['period1']), unit='s'):%F}" for query in yahoo.queries]
    assert asked == ["2015-03-25", "2015-03-25", "2015-01-01"]  # five sessions back; the split: from the start
    published = yahoo.listings["AAPL"].published()["adjclose"]["2015-01-01":]
    np.testing.assert_allclose(load_panel("mine", assets=["AAPL"])["close"][:, 0], published)

    result = runner.invoke(app, ["data", "get", "yahoo:AAPL,NOPE", "--name", "mine", "--json"])
    assert (result.exit_code, result.stderr) == (1, "")  # no bar where no terminal is
    assert json.loads(result.stdout)["failed"] == {"NOPE": "Yahoo says: No data found, symbol may be delisted"}
    result = runner.invoke(app, ["data", "get", "yahoo:AAPL,NOPE", "--name", "mine"])
    assert result.exit_code == 1
    assert "No data found" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["yahoo:AA PL"], "holds 'AA PL' for a symbol"),
        (["yahoo:AAPL", "--name", "../mine"], "name='../mine' is not allowed"),
        (["yahoo:AAPL", "--start", "soon"], "start=soon is not allowed: give a date"),
        (["yahoo:AAPL", "--calendar", "MOON"], "calendar='MOON' is not known"),
    ],
)
def test_mistakes_with_downloads_are_one_line_and_exit_code_2(yahoo, root, arguments, says):
    result = runner.invoke(app, ["data", "get", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert not yahoo.asked
    assert not root.exists()


def test_progress_is_for_terminals_only(yahoo):
    """A terminal of our own shows the bar; a pipe gets the report alone."""
    yahoo.list(Listing("AAPL", [day.date() for day in sessions("2015-01-01", "2015-01-31")]))
    order = [sys.executable, "-c", "from dlcore.cli import main; main()", "data", "get", "yahoo:AAPL", "--json"]
    ours, theirs = pty.openpty()
    shown = []

    def watch():
        with suppress(OSError):  # the terminal was closed
            while text := os.read(ours, 4096):
                shown.append(text)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    with_terminal = {"stdout": subprocess.PIPE, "stderr": theirs, "env": os.environ | {"TERM": "xterm"}}
    done = subprocess.run(order, **with_terminal, check=True, timeout=100)
    os.close(theirs)
    watcher.join(10)
    os.close(ours)
    assert b"downloading yahoo:AAPL" in b"".join(shown)
    assert json.loads(done.stdout)["stored"] == ["AAPL"]
    done = subprocess.run(order, capture_output=True, check=True, timeout=100)
    assert done.stderr == b""
    assert json.loads(done.stdout)["rows"] == 0
