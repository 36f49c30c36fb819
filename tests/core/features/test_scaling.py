"""Scalers against scikit-learn and pandas, and that what was fitted never sees its own dates again by accident."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from sklearn.preprocessing import RobustScaler, StandardScaler

from dlcore.features.indicators import rolling_zscore
from dlcore.features.scaling import CrossSection, Fitted, RollingZScore, SeenDatesError, from_dict


@pytest.fixture
def features() -> xr.Dataset:
    rng = np.random.default_rng(0)
    coords = {"date": pd.bdate_range("2020-01-01", periods=60), "asset": list("abcd")}
    values = {"small": rng.normal(1e-3, 1e-2, (60, 4)), "large": 1e9 * rng.lognormal(size=(60, 4))}
    values["small"][:5] = np.nan
    values["large"][20, 1] = np.nan
    return xr.Dataset({name: (("date", "asset"), x, {"unit": "u", "warm_up": 5}) for name, x in values.items()}, coords)


@pytest.fixture
def train(features) -> xr.DataArray:
    mask = xr.zeros_like(features["small"], dtype=bool)
    mask[:40] = True
    mask[10:15, 2] = False
    return mask


@pytest.mark.parametrize(("method", "theirs"), [("standard", StandardScaler()), ("robust", RobustScaler())])
def test_fitted_is_scikit_learn_on_the_training_cells(features, train, method, theirs):
    scaler = Fitted(method)
    seen = scaler.fit_transform(features, train)
    later = scaler.transform(features.isel(date=slice(40, None)))
    whole = xr.concat([seen, later], "date")
    assert whole.sizes == features.sizes
    for name in features:
        theirs.fit(features[name].to_numpy()[train.to_numpy()][:, None])
        expected = theirs.transform(features[name].to_numpy().reshape(-1, 1)).reshape(60, 4)
        np.testing.assert_allclose(whole[name], expected, rtol=1e-10, atol=1e-12)
        assert whole[name].attrs == {"unit": "none", "warm_up": 5}


def test_what_comes_after_training_does_not_matter(features, train):
    other = features.copy(deep=True)
    other["large"][40:] = 7.0
    other["large"][12, 2] = 1e30  # inside the dates, outside the mask
    one, two = Fitted().fit(features, train), Fitted().fit(other, train)
    assert one.to_dict() == two.to_dict()


def test_seen_dates_are_refused_in_one_line(features, train):
    scaler = Fitted().fit(features, train)
    assert scaler.fitted_until == str(features["date"].to_numpy()[39].astype("datetime64[D]"))
    for first in (0, 39):
        with pytest.raises(SeenDatesError, match=r"is not allowed: .* or call fit_transform") as refusal:
            scaler.transform(features.isel(date=slice(first, None)))
        assert "\n" not in str(refusal.value)
    assert scaler.transform(features.isel(date=slice(40, None))).sizes["date"] == 20
    assert scaler.fit_transform(features, train).sizes["date"] == 40


def test_a_mask_of_dates_is_one_of_cells(features, train):
    dates = xr.DataArray(np.arange(60) < 40, {"date": features["date"]}, ("date",))
    cells = xr.zeros_like(features["small"], dtype=bool)
    cells[:40] = True
    assert Fitted().fit(features, dates).to_dict() == Fitted().fit(features, cells).to_dict()


@pytest.mark.parametrize("scaler", [Fitted(), Fitted("robust"), RollingZScore(5), CrossSection(), CrossSection("rank")])
def test_json_and_back_is_the_same_scaler(features, train, scaler):
    scaler.fit(features, train)
    copy = from_dict(json.loads(json.dumps(scaler.to_dict(), allow_nan=False)))
    later = features.isel(date=slice(40, None))
    xr.testing.assert_identical(copy.transform(later), scaler.transform(later))


def test_rolling_is_pandas(features):
    for name in features:
        frame = features[name].to_pandas()
        expected = (frame - frame.rolling(10).mean()) / frame.rolling(10).std(ddof=0)
        np.testing.assert_allclose(rolling_zscore(features[name], 10), expected, rtol=1e-7, atol=1e-9)
    constant = xr.full_like(features["small"], 0.1)
    assert np.isnan(rolling_zscore(constant, 10)).all()


def test_across_assets_is_pandas_date_by_date(features):
    frame = features["small"].to_pandas()
    score = CrossSection().transform(features)["small"]
    np.testing.assert_allclose(score, frame.sub(frame.mean(axis=1), axis=0).div(frame.std(axis=1, ddof=0), axis=0))
    rank = CrossSection("rank").transform(features)["small"]
    known = frame.notna().sum(axis=1)
    np.testing.assert_allclose(rank, frame.rank(axis=1).sub(0.5).div(known, axis=0).sub(0.5), atol=1e-15)
    equal = CrossSection().transform(xr.full_like(features, 0.1))
    assert np.isnan(equal["small"]).all()


def test_what_is_wrong_is_refused(features, train):
    with pytest.raises(ValueError, match="method='minmax' is not allowed: give standard or robust"):
        Fitted("minmax")
    with pytest.raises(ValueError, match="method='minmax' is not allowed: give zscore or rank"):
        CrossSection("minmax")
    with pytest.raises(ValueError, match="window=1 is not allowed: give an integer ≥ 2"):
        RollingZScore(1)
    with pytest.raises(ValueError, match="has seen no training data"):
        Fitted().transform(features)
    with pytest.raises(ValueError, match="small is unknown or constant in training"):
        Fitted().fit(features, train & (features["date"] < features["date"][5]))
    with pytest.raises(ValueError, match="no training cell"):
        Fitted().fit(features, train & False)
    with pytest.raises(ValueError, match="another axis 'date'"):
        CrossSection().fit(features, train[1:])
    with pytest.raises(ValueError, match="a mask of float64"):
        RollingZScore(3).fit(features, train * 1.0)
    with pytest.raises(TypeError, match="give features as a Dataset"):
        Fitted().fit(features["small"], train)
    with pytest.raises(ValueError, match="feature 'large' is only in the fit or only here"):
        Fitted().fit(features, train).transform(features[["small"]].isel(date=slice(40, None)))
    state = Fitted().fit(features, train).to_dict()
    for wrong, says in (
        ({"kind": "pickle"}, "kind='pickle' is not allowed"),
        ({k: v for k, v in state.items() if k != "scale"}, "lacks 'scale'"),
        (state | {"scale": {"small": 0.0, "large": 1.0}}, "scales > 0"),
        (state | {"center": {}}, "one of each"),
    ):
        with pytest.raises(ValueError, match=says):
            from_dict(wrong)
