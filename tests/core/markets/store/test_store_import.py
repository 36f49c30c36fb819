"""Import: a store of a file is the file, with what a Panel may not hold kept beside it."""

import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlcore.markets import check_panel, load_panel
from dlcore.markets.quality import check_quality
from dlcore.markets.store import import_panel, read_quarantine, verify_store
from dlcore.markets.store.manifest import read_manifest
from dlcore.markets.store.places import store_names, store_root

HERE = Path(__file__).parents[4]
DATA = Path(os.environ.get("DLCORE_TEST_DATA", HERE.parent / "shared" / "data"))
TEXT = "date,symbol,open,close,volume\n2019-12-31,KO,54,55,7\n2020-01-02,KO,55,54,9\n2020-01-02,CL,60,61,\n"


def real(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not at DLCORE_TEST_DATA or beside the repository")
    return DATA / name


def written(folder: Path, text: str = TEXT, name: str = "p.csv") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_a_store_is_the_panel_of_its_file(tmp_path, root):
    path = written(tmp_path)
    done = import_panel(path, "mine")
    assert (done.rows, done.assets, done.sessions, done.quarantined) == (3, 2, 2, 0)
    panel, direct = load_panel("mine"), load_panel(path)
    xr.testing.assert_identical(panel.drop_attrs(), direct.drop_attrs())
    assert {**panel.attrs} == {**direct.attrs}
    assert "survivorship-biased" in panel.attrs["weakness"]
    xr.testing.assert_equal(
        load_panel("mine", "2020-01-01", assets=["CL"]), load_panel(path, "2020-01-01", assets=["CL"])
    )
    assert sorted(place.name for place in (root / "mine").iterdir()) == [
        "2019-000001.parquet",
        "2020-000001.parquet",
        "lock",
        "manifest.json",
    ]


def test_the_manifest_says_what_is_from_where(tmp_path, root):
    path = written(tmp_path)
    import_panel(path, "mine")
    manifest = read_manifest(root / "mine")
    assert manifest.runs[0].inputs == {"p.csv": hashlib.sha256(path.read_bytes()).hexdigest()}
    assert (manifest.runs[0].rows, manifest.runs[0].what) == (3, "import")
    for part in manifest.parts:
        content = (root / "mine" / part.file).read_bytes()
        assert part.sha256 == hashlib.sha256(content).hexdigest()
        rows = pd.read_parquet(root / "mine" / part.file)
        assert (part.rows, part.first, part.last) == (len(rows), str(rows["date"].min()), str(rows["date"].max()))
        assert {str(date)[:4] for date in rows["date"]} == {part.partition}
    assert manifest.symbols["KO"].model_dump() == {"rows": 2, "first": "2019-12-31", "last": "2020-01-02", "asked": ""}
    assert str(tmp_path) not in (root / "mine" / "manifest.json").read_text()


def test_importing_again_replaces_everything_and_keeps_the_record(tmp_path, root):
    import_panel(written(tmp_path), "mine")
    import_panel(written(tmp_path, "date,symbol,close\n2021-01-04,PEP,140\n", "q.csv"), "mine")
    assert load_panel("mine")["asset"].to_numpy().tolist() == ["PEP"]
    manifest = read_manifest(root / "mine")
    assert [list(run.inputs) for run in manifest.runs] == [["p.csv"], ["q.csv"]]
    assert [part.runs for part in manifest.parts] == [(2,)]
    import_panel(tmp_path / "q.csv", "mine")  # the generation before the last is swept
    assert sorted(place.name for place in (root / "mine").glob("*.parquet")) == [
        "2021-000002.parquet",
        "2021-000003.parquet",
    ]


def test_prices_are_stored_as_they_are_and_adjusted_when_loaded(tmp_path, root):
    path = written(tmp_path, "date,symbol,open,close,adj close\n2020-01-02,KO,54,55,27.5\n2020-01-03,KO,55,54,\n")
    import_panel(path, "mine")
    rows = pd.read_parquet(root / "mine" / "2020-000001.parquet")
    assert rows["close"].tolist() == [55, 54]
    np.testing.assert_array_equal(rows["adjustment"], [0.5, np.nan])
    xr.testing.assert_identical(load_panel("mine").drop_attrs(), load_panel(path).drop_attrs())
    kept = read_quarantine("mine")
    assert kept["reason"].tolist() == ["adjusted close / close is not known"]
    assert kept["close"].tolist() == [54]


def test_quarantined_rows_are_on_disk_as_they_came(tmp_path, root):
    text = TEXT + "2020-01-03,CL,17.73,-37.63,5\n2020-01-03,KO,inf,50,-1\n2020-01-04,KO,1,2,3\n"
    done = import_panel(f"{written(tmp_path, text)}", "mine", calendar="XNYS")
    assert (done.rows, done.quarantined) == (5, 3)
    kept = read_quarantine("mine")
    expected = [
        ("2020-01-03", "CL", 17.73, -37.63, 5, "close: price is not above 0"),
        ("2020-01-03", "KO", np.inf, 50, -1, "open: value is infinite; volume: volume is below 0"),
        ("2020-01-04", "KO", 1, 2, 3, "day is no session of XNYS"),
    ]
    kept["date"] = kept["date"].dt.strftime("%Y-%m-%d")
    columns = ["date", "symbol", "open", "close", "volume", "reason"]
    assert list(kept[columns].itertuples(index=False, name=None)) == expected
    panel = load_panel("mine")
    assert float(panel["open"].sel(asset="CL", date="2020-01-03")) == 17.73  # only what may not be in a Panel is not
    assert np.isnan(panel["close"].sel(asset="CL", date="2020-01-03"))
    listed = panel.attrs["quarantined"]
    assert listed.startswith("3 rows are in quarantine; ")
    assert "price is not above 0: 1 (2020-01-03 CL close -37.63)" in listed
    assert (root / "mine" / "quarantine-000001.parquet").exists()


VALUES = st.sampled_from([1.0, 2.5, 1e6, 0.0, -3.0, np.inf, -np.inf, np.nan])
ROWS = st.fixed_dictionaries(dict.fromkeys(("open", "close", "volume", "adj close"), VALUES))
KEYS = st.sets(
    st.tuples(st.sampled_from(["2020-12-30", "2020-12-31", "2021-01-01", "2021-01-04"]), st.sampled_from("ABC")),
    min_size=1,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_file_holds_nothing_is_lost_and_both_ways_give_one_panel(tmp_path, data):
    keys = data.draw(KEYS)
    rows = pd.DataFrame([{"date": date, "symbol": symbol, **data.draw(ROWS)} for date, symbol in keys])
    path = tmp_path / "p.parquet"
    rows.to_parquet(path)
    try:
        direct = load_panel(f"{path}?calendar=XNYS")
    except ValueError:
        with pytest.raises(ValueError, match=r"holds no close|is a session"):
            import_panel(path, "mine", calendar="XNYS")
        return
    done = import_panel(path, "mine", calendar="XNYS")
    panel, kept = check_panel(load_panel("mine")), read_quarantine("mine")
    known = panel["asset"].to_numpy()
    xr.testing.assert_identical(panel.drop_attrs(), direct.sel(asset=known).drop_attrs())
    lost = sorted(set(direct["asset"].to_numpy()) - set(known))
    assert not np.isfinite(direct["close"].sel(asset=lost)).any()
    assert set(lost) <= set(kept["symbol"])
    closed = rows["date"] == "2021-01-01"
    assert done.rows == int((~closed).sum())
    assert closed.sum() == kept["reason"].str.contains("no session").sum()
    whole = rows.rename(columns={"adj close": "adj_close"}).assign(date=pd.to_datetime(rows["date"]))
    found = kept.merge(whole, on=["date", "symbol"], suffixes=("", "_file"))
    for name in ("open", "close", "volume", "adj_close"):
        np.testing.assert_array_equal(found[name], found[f"{name}_file"])
    assert verify_store("mine") == []


@pytest.mark.parametrize(
    "name",
    ["", "../mine", "a/b", ".hidden", "Mine", "mine.csv", "a" * 65, "-x", "1st", "a b", "a\n", "us-large-20", "ä"],
)
def test_names_that_are_paths_or_taken_are_refused(tmp_path, root, name):
    with pytest.raises(ValueError, match=r"is not allowed: (give small letters|.* is built in)"):
        import_panel(written(tmp_path), name)
    assert not root.exists()


def test_a_file_that_is_refused_leaves_no_store(tmp_path, root):
    for text in ("date,close\n2020-01-02,-1\n", "date,close\n", "date,close\n2020-01-02,1\n2020-01-02,2\n"):
        with pytest.raises(ValueError, match=r"p\.csv"):
            import_panel(written(tmp_path, text), "mine")
    with pytest.raises(FileNotFoundError, match="is not there"):
        import_panel(tmp_path / "none.csv", "mine")
    assert store_names() == []
    assert not root.exists()


def test_without_pandera_the_remedy_is_named(tmp_path, root, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandera", None)
    monkeypatch.delitem(sys.modules, "pandera.pandas", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"is not installed: pip install dlcore\[store\]"):
        import_panel(written(tmp_path), "mine")
    assert not root.exists()


def test_a_downloaded_store_is_not_imported_over(tmp_path, scripted, invented):
    from dlcore.markets.store import refresh

    refresh("us", scripted({"KO": invented("KO")}), ["KO"], end="2021-01-08")
    with pytest.raises(ValueError, match="store us is filled from scripted: give the import a name of its own"):
        import_panel(written(tmp_path), "us")


def test_built_in_names_then_stores_then_paths(tmp_path, monkeypatch):
    import_panel(written(tmp_path), "mine")
    other = tmp_path / "mine"
    other.mkdir()
    written(other, "date,close\n2021-01-04,1\n")
    monkeypatch.chdir(tmp_path)
    assert load_panel("mine")["asset"].to_numpy().tolist() == ["KO", "CL"]
    assert load_panel("./mine")["asset"].to_numpy().tolist() == ["p"]
    with pytest.raises(
        ValueError, match=r"'yours' is not a known market: give one of us-large-20, .*, mine, or a path"
    ):
        load_panel("yours")
    with pytest.raises(ValueError, match="option 'calendar' is not known to mine: its options are none"):
        load_panel("mine?calendar=XNYS")


def test_where_stores_lie(tmp_path, monkeypatch):
    assert store_root() == tmp_path / "store"
    monkeypatch.delenv("DLCORE_STORE")
    deep = tmp_path / "project" / "core" / "deep"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert store_root() == deep / "data" / "store"  # outside of any project
    (tmp_path / "project" / "data").mkdir()
    for place in (tmp_path / "project", deep.parent):  # a package inside a project has no data of its own
        (place / "pyproject.toml").touch()
    assert store_root() == tmp_path / "project" / "data" / "store"


def test_damage_is_said_in_one_line(tmp_path, root):
    import_panel(written(tmp_path), "mine")
    part, manifest = root / "mine" / "2020-000001.parquet", root / "mine" / "manifest.json"
    whole, text = part.read_bytes(), manifest.read_text()
    part.write_bytes(whole[:-1] + b"?")
    assert verify_store("mine") == [
        "store mine is damaged: 2020-000001.parquet is not what was written: remove its folder and fill it anew"
    ]
    for content in (whole[:-1] + b"?", whole[:100], b""):
        part.write_bytes(content)
        with pytest.raises(ValueError, match=r"store mine is damaged: 2020-000001\.parquet") as refusal:
            load_panel("mine")
        assert "\n" not in str(refusal.value)
    part.unlink()
    with pytest.raises(ValueError, match="store mine is damaged"):
        load_panel("mine")
    part.write_bytes(whole)
    for content in (text[:200], "", "{}", json.dumps({**json.loads(text), "format": "two"})):
        manifest.write_text(content)
        with pytest.raises(ValueError, match="store mine has a manifest that cannot be read") as refusal:
            load_panel("mine")
        assert "\n" not in str(refusal.value)


def test_five_years_of_the_sp500():
    path = real("sp500_5yr/all_stocks_5yr.parquet")
    done = import_panel(path, "sp500")
    assert (done.rows, done.assets, done.sessions, done.quarantined) == (619_040, 505, 1259, 0)
    panel = load_panel("sp500")
    xr.testing.assert_identical(panel.drop_attrs(), load_panel(path).drop_attrs())
    assert check_quality(panel).errors > 0


def test_futures_below_zero_are_kept_and_a_split_on_one_side_is_found():
    path = real("cross_asset/cross_asset_daily.csv.gz")
    done = import_panel(path, "cross")
    assert (done.assets, done.quarantined) == (25, 83)
    kept = read_quarantine("cross")
    crude = kept[(kept["date"] == "2020-04-20") & (kept["symbol"] == "CL=F")].iloc[0]
    assert (crude["close"], crude["low"], crude["high"]) == (-37.63, -40.32, 17.85)
    assert crude["reason"] == "low: price is not above 0; close: price is not above 0"
    panel = load_panel("cross")
    assert "2020-04-20 CL=F close -37.63" in panel.attrs["quarantined"]
    xr.testing.assert_identical(panel.drop_attrs(), load_panel(path).drop_attrs())
    found = check_quality(panel).findings
    assert len(found[(found["check"] == "split?") & (found["severity"] == "error")])


def test_crypto_trades_every_day():
    path = real("cross_asset/crypto_daily.csv.gz")
    assert import_panel(path, "crypto").quarantined == 0
    assert load_panel("crypto").attrs["calendar"] == "24/7"
    xr.testing.assert_identical(load_panel("crypto").drop_attrs(), load_panel(path).drop_attrs())
