"""The config: what is printed is read back, and what is wrong is named in one line."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.production import Config, make_config, read_config, settings_text
from dlcore.production.config_text import override
from dlcore.production.model_settings import make_model

TABLES = {name: field.annotation.model_fields for name, field in Config.model_fields.items()}
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)


def refused(tables) -> str:
    with pytest.raises(ValueError, match=r".") as caught:
        make_config(tables)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_printed_config_says_every_key_and_is_itself():
    text = settings_text(Config())
    assert make_config(tomllib.loads(text)) == Config() == make_config({})
    for table, fields in TABLES.items():
        assert f"[{table}]" in text
        assert all(f"\n{key} = " in text or f"\n# {key} = " in text for key in fields)


@settings(max_examples=60)
@given(
    market=words,
    top=st.integers(1, 10**6),
    threshold=st.none() | st.floats(0.5, 1, exclude_max=True),
    capital=st.floats(1e-300, 1e300),
    columns=st.lists(words, max_size=3),
    trials=st.integers(0, 50),
    start=st.none() | st.dates().map(str),
)
def test_whatever_is_allowed_survives_its_own_text(market, top, threshold, capital, columns, trials, start):
    tables = {
        "data": {"market": market, "start": start},
        "portfolio": {"top": top, "threshold": threshold, "capital": capital},
        "features": {"columns": columns},
        "model": {"trials": trials},
    }
    config = make_config(tables)
    assert make_config(tomllib.loads(settings_text(config))) == config


@settings(max_examples=60)
@given(table=st.sampled_from(sorted(set(TABLES) - {"model"})), key=st.from_regex(r"[a-z_]{1,12}", fullmatch=True))
def test_an_unknown_key_is_named_with_those_that_there_are(table, key):
    if key in TABLES[table]:
        return
    message = refused({table: {key: 1}})
    assert message.startswith(f"{table}.{key} is not a key: give one of ")
    assert all(known in message for known in TABLES[table])


@given(st.floats().filter(lambda x: not 0.5 <= x < 1))
def test_a_threshold_that_is_no_probability_of_a_side_is_refused(threshold):
    assert refused({"portfolio": {"threshold": threshold}}).startswith("portfolio.threshold=")


@given(
    place=st.sampled_from([(t, k) for t, keys in TABLES.items() for k in keys if t != "model"]),
    value=st.sampled_from([object(), {}, b"x", 1j]),
)
def test_a_value_of_no_allowed_kind_names_its_key(place, value):
    table, key = place
    assert refused({table: {key: value}}).startswith(f"{table}.{key}=")


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"label": {"horizon": 0}}, "label.horizon=0 is not allowed: input should be greater than or equal to 1"),
        ({"label": {"horizon": "5"}}, "label.horizon='5' is not allowed: input should be a valid integer"),
        ({"label": {"horizon": True}}, "label.horizon=True is not allowed"),
        ({"label": {"above": float("inf")}}, "label.above=inf is not allowed: input should be a finite number"),
        ({"label": {"kind": "luck"}}, "label.kind='luck' is not allowed: input should be 'forward_return', 'excess_"),
        ({"data": {"end": "soon"}}, "data.end=soon is not allowed: give a date such as 2015-01-31"),
        ({"features": {"recipes": ["SOUP"]}}, "features.recipes=SOUP is not allowed: give one of PRICE_ONLY, "),
        ({"features": {"recipes": []}}, "features.recipes=[] is not allowed: give a recipe, or columns"),
        ({"model": {"name": "Oracle"}}, "model.name=Oracle is not allowed: give one of ANN, Analogue, "),
        ({"model": {"name": "Ensemble"}}, "model.name=Ensemble is not allowed"),
        ({"model": {"trails": 3}}, "model.trails is not a key of GradientBoosting: give one of name, length, task, "),
        ({"model": {"trials": -1}}, "model.trials=-1 is not allowed: give an integer ≥ 0"),
        ({"model": {"trials": "3"}}, "model.trials='3' is not allowed: give a value such as 0"),
        ({"model": {"above": 1.0}}, "model.above is not allowed: it follows from label.above, which is set there"),
        ({"model": {"name": "Persistence"}}, "model.feature is missing: Persistence needs it"),
        ({"model": {"length": 0}}, "model.length=0 is not allowed"),
        ({"portfolio": 3}, "portfolio=3 is not allowed: input should be a valid dictionary"),
        ({"portfolios": {}}, "portfolios is not a key: give one of data, universe, "),
    ],
)
def test_mistakes(tables, says):
    assert refused(tables).startswith(says)


def test_overrides_are_toml_or_text_and_come_last(tmp_path):
    (tmp_path / "c.toml").write_text('[model]\nname = "Ridge"\npenalties = [1.0]\n[portfolio]\ntop = 7\n')
    config = read_config(tmp_path / "c.toml", ["portfolio.top=9", "data.market=sp500"], {"portfolio.top": 8})
    assert (config.portfolio.top, config.data.market, config.model.settings) == (9, "sp500", {"penalties": [1.0]})
    other = read_config(tmp_path / "c.toml", [], {"model.name": "GradientBoosting", "data.start": None})
    assert other.model.settings == {"task": "classification"}  # the ridge's penalties are gone
    assert read_config(tmp_path / "c.toml", [], {"model.name": "Ridge"}).model.settings == {"penalties": [1.0]}


@settings(max_examples=40)
@given(st.text(max_size=12).filter(lambda text: text.partition("=")[0].count(".") != 1 or "=" not in text))
def test_what_is_no_override_is_refused(text):
    with pytest.raises(ValueError, match=r"is not allowed: give table\.key=value"):
        override({}, [text], {})


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"dlcore config init > none\.toml writes one"):
        read_config(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[data\n")
    with pytest.raises(ValueError, match=r"bad\.toml is no TOML"):
        read_config(Path(tmp_path / "bad.toml"))


def test_a_model_is_told_what_follows_from_the_label():
    model = make_model(make_config({"label": {"above": 0.01, "horizon": 7}, "model": {"rounds": 5}}))
    assert model.settings() | {"above": 0.01, "gap": 8, "rounds": 5, "task": "classification"} == model.settings()
