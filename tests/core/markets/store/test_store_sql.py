"""SQL over the stores: right answers, and nothing within reach but the stores."""

import json

import pandas as pd
import pytest

from dlcore.markets.store import import_panel, query

TEXT = "date,symbol,open,close\n2019-12-31,KO,54,55\n2020-01-02,KO,55,\n2020-01-02,CL,60,61\n"


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "p.csv").write_text(TEXT)
    import_panel(tmp_path / "p.csv", "mine")
    import_panel(tmp_path / "p.csv", "a-b")
    return tmp_path


def test_rows_are_long_and_as_stored(mine):
    rows = query("select * from mine order by date, symbol")
    assert list(rows.columns) == ["date", "symbol", "open", "close"]
    assert rows["symbol"].tolist() == ["KO", "CL", "KO"]
    assert rows["date"].tolist() == [pd.Timestamp("2019-12-31"), *[pd.Timestamp("2020-01-02")] * 2]
    assert query("select count(*) c from mine where close is null")["c"].item() == 1
    assert query("select max(open) m from mine where date >= '2020-01-01' and symbol = 'KO'")["m"].item() == 55


def test_stores_are_joined_and_listed(mine):
    joined = query('select count(*) c from mine join "a-b" using (date, symbol) where mine.open = "a-b".open')
    assert joined["c"].item() == 3
    assert query("show tables")["name"].tolist() == ["a-b", "mine"]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{place}/p.csv')",
        "select * from read_text('{place}/p.csv')",
        "select * from read_parquet('{place}/store/mine/2020-000001.parquet')",
        "select * from glob('{place}/*')",
        "select * from '{place}/p.csv'",
        "copy mine to '{place}/out.csv'",
        "copy (select 1) to '{place}/store/mine/2020-000001.parquet'",
        "attach '{place}/new.db'",
        "create table t as select 1",
        "insert into mine values (1, 2, 3, 4)",
        "drop view mine",
        "set enable_external_access = true",
        "reset enable_external_access",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "call pragma_version()",
        "select 1; select 2",
        "",
        "-- nothing",
        "selec 1",
        "select * from nowhere",
        "select nothing from mine",
        "select getenv('HOME')",
        "select * from TEXT",  # a variable of this program
        "select 1 / 'x'",
        "select '\0",
    ],
)
def test_what_is_no_question_to_the_stores_is_one_line_and_changes_nothing(mine, sql):
    before = {place: place.read_bytes() for place in mine.rglob("*") if place.is_file()}
    with pytest.raises(ValueError, match=r".") as refusal:
        query(sql.format(place=mine))
    assert "\n" not in str(refusal.value)
    assert before == {place: place.read_bytes() for place in mine.rglob("*") if place.is_file()}


def test_without_stores_the_refusal_says_how_to_get_one():
    with pytest.raises(ValueError, match="the tables are none yet: dlcore data import"):
        query("select * from mine")
    assert query("select 1 as one")["one"].item() == 1


def test_a_damaged_store_is_one_line(mine, root):
    (root / "mine" / "2020-000001.parquet").write_bytes(b"no")
    with pytest.raises(ValueError, match=r".") as refusal:
        query("select count(close) from mine")
    assert "\n" not in str(refusal.value)
    manifest = json.loads((root / "mine" / "manifest.json").read_text())
    (root / "mine" / "2020-000001.parquet").unlink()
    with pytest.raises(ValueError, match=r".") as refusal:
        query("select count(close) from mine")
    assert "\n" not in str(refusal.value)
    assert manifest["generation"] == 1
