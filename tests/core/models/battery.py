"""What every Forecaster must do, whatever it is made of."""

import numpy as np
import xarray as xr

from dlcore.models import load_forecaster
from dlcore.targets import Fold, WalkForward, forward_return
from dlcore.windows import make_windows


def market(*, dates=260, assets=12, features=4, seed=0):
    """A simulated panel's labels, random features of which the first helps, and gaps."""
    from dlcore.markets import load_panel

    panel = load_panel(f"simulated-sp500?assets={assets}&sessions={dates}&seed={seed}")
    labels, rng = forward_return(panel, horizon=5), np.random.default_rng(seed)
    shape = panel["close"].shape
    values = {f"f{k}": rng.normal(size=shape) * 10.0**k + k for k in range(features)}
    values["f0"] = np.nan_to_num(labels["value"].to_numpy()) * 20 + rng.normal(size=shape)
    missing = rng.random(shape) < 0.02
    columns = {name: (("date", "asset"), np.where(missing, np.nan, v)) for name, v in values.items()}
    return xr.Dataset(columns, {"date": panel["date"], "asset": panel["asset"]}), labels


def fold_of(labels) -> Fold:
    """One fold with a validation period."""
    return WalkForward(train=160, test=60, validation=50).folds(labels)[0]


def fitted(build, *, length=3, seed=0):
    """(model, test windows, all windows), fitted on the fold."""
    features, labels = market(seed=seed)
    fold, windows = fold_of(labels), make_windows(features, labels, length=length)
    model = build().fit(windows.select(fold.train), windows.select(fold.validation))
    return model, windows.select(fold.test), windows


def check_forecaster(build, folder):
    """The contract of `dlcore.models.forecaster`, for one kind of model."""
    model, test, windows = fitted(build)
    scores = model.predict(test)
    assert scores.dims == ("date", "asset")
    assert scores.name == "score"
    assert scores.dtype == np.float64
    places = test.to_scores(np.ones(len(test)))
    np.testing.assert_array_equal(np.isfinite(scores), np.isfinite(places), "a score for each sample and no other")

    again, _, _ = fitted(build)
    np.testing.assert_array_equal(again.predict(test), scores, "the same seed gives the same scores")

    model.save(folder / "model")
    np.testing.assert_array_equal(type(model).load(folder / "model").predict(test), scores)
    loaded = load_forecaster(folder / "model")
    assert loaded.settings() == model.settings()
    assert loaded.parameters() == model.parameters()
    np.testing.assert_array_equal(loaded.predict(test), scores)

    features, _ = market()
    cut = make_windows(features.isel(date=slice(0, 240)), length=3)
    earlier = model.predict(cut)
    both = windows.to_scores(np.ones(len(windows))).isel(date=slice(0, 240)).notnull()
    whole = model.predict(windows).isel(date=slice(0, 240))
    # an ensemble ranks within a date, so whole dates are compared, and they are the same in both
    # float32 products may round otherwise in batches of another size
    rounding = 1e-6 * float(np.abs(whole).max())
    message = "tomorrow's rows moved today's score"
    np.testing.assert_allclose(earlier.where(both), whole, rtol=1e-6, atol=rounding, err_msg=message)
    assert np.isnan(model.predict(test.select(places.notnull() & False))).all(), "no sample, no score"


def check_no_tomorrow(build, *, spoil=lambda scores: scores):
    """Raw prices after the decision date are made up at random, before every scaler: no score may move."""
    from dlcore.evaluation.leaks import assert_causal
    from dlcore.features import build_features
    from dlcore.markets import load_panel

    panel = load_panel("simulated-sp500?assets=10&sessions=130")
    columns = ("log_return_1", "rank_log_return_5", "rsi_14", "volatility_20", "close")
    labels = forward_return(panel, horizon=5)

    def windows(prices, wanted=None):
        return make_windows(build_features(prices, columns), wanted, length=4)

    model = build().fit(*(windows(panel, labels).select(part) for part in _halves(panel)))
    heads = [m for m in ("predict_direction", "predict_regime", "predict_volatility") if _can(model, m)]
    assert_causal(
        lambda prices: xr.Dataset(
            {"score": spoil(model.predict(windows(prices)))}
            | {head: getattr(model, head)(windows(prices)) for head in heads}
        ),
        panel,
        rng=np.random.default_rng(0),
        tolerance=1e-6,
    )


def _halves(panel):
    dates = np.arange(panel.sizes["date"])[:, None]
    whole = xr.zeros_like(panel["close"].transpose("date", "asset"), dtype=bool)
    return whole.copy(data=(dates < 90) | whole.to_numpy()), whole.copy(data=(dates > 96) | whole.to_numpy())


def _can(model, method):
    """Whether a network was taught this; other models have no such method."""
    heads = {"predict_direction": "direction", "predict_regime": "regime", "predict_volatility": "volatility"}
    return hasattr(model, method) and heads[method] in model._state
