"""The networks: the contract, their sizes, what they are taught, and that no price of tomorrow reaches them."""

import subprocess
import sys

import numpy as np
import pytest
import torch
import xarray as xr
from battery import check_forecaster, check_no_tomorrow, fitted, fold_of, market
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from dlcore.models import ANN, LSTM, TCN, TransformerForecaster, load_forecaster
from dlcore.models.heads import HEADS, multi_task_loss
from dlcore.training import loop
from dlcore.windows import make_windows

SMALL = {"batch_size": 64, "learning_rate": 3e-3, "device": "cpu"}
KINDS = {
    "ANN": lambda: ANN(epochs=8, **SMALL),
    "LSTM": lambda: LSTM(epochs=8, widths=(16, 8), **SMALL),
    "TCN": lambda: TCN(epochs=6, width=16, **SMALL),
    "transformer": lambda: TransformerForecaster(epochs=8, width=16, heads=2, layers=1, **SMALL),
}


pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def taught():
    """Each kind fitted once: name to (model, test windows, all windows)."""
    torch.set_num_threads(1)
    return {name: fitted(build) for name, build in KINDS.items()}


@pytest.mark.parametrize("name", KINDS)
def test_the_contract(name, tmp_path):
    check_forecaster(KINDS[name], tmp_path)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_there_is_found(name, taught):
    model, test, _ = taught[name]
    labelled = test.labelled()
    scores = model.predict(labelled).to_numpy()
    known = np.isfinite(scores)
    truth = labelled.to_scores(labelled.targets).to_numpy()
    assert spearmanr(scores[known], truth[known])[0] > 0.3
    assert 0.2 < scores[known].std() / truth[known].std() < 1.2, "in units of the label"


@pytest.mark.parametrize("name", KINDS)
def test_no_raw_price_of_tomorrow_moves_a_score(name):
    check_no_tomorrow(KINDS[name])


def test_a_network_that_knows_the_mean_of_all_days_is_caught():
    with pytest.raises(AssertionError, match="score at"):
        check_no_tomorrow(KINDS["ANN"], spoil=lambda scores: scores - scores.mean())


@pytest.mark.parametrize("name", KINDS)
def test_on_a_gpu_it_says_the_same(name, taught, tmp_path):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    model, test, _ = taught[name]
    model.save(tmp_path / "m")
    there = type(model).load(tmp_path / "m")
    there._module.cuda()
    np.testing.assert_allclose(there.predict(test), model.predict(test), rtol=1e-3, atol=1e-5)


def test_the_layers_have_their_sizes():
    features, labels = market(features=19, dates=320)
    windows = make_windows(features, labels, length=30)
    model = ANN(epochs=1, batch_size=256, device="cpu").fit(windows)
    sizes = [570, 256, 128, 64]
    assert model.parameters() == sum(a * b + b for a, b in zip(sizes, [*sizes[1:], 2], strict=True))
    assert LSTM(epochs=1, batch_size=512, device="cpu").fit(windows).parameters() == (
        4 * 64 * (19 + 64 + 2) + 4 * 32 * (64 + 32 + 2) + 32 * 16 + 16 + 16 * 2 + 2
    )


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 6), weight=st.floats(0, 20))
def test_the_losses_are_those_of_a_plain_loop_and_an_unknown_target_adds_nothing(seed, rows, weight):
    rng = np.random.default_rng(seed)
    said = {name: torch.tensor(rng.normal(size=(rows, head.width)), requires_grad=True) for name, head in HEADS.items()}
    wanted = {name: rng.normal(size=rows) for name in ("return", "volatility")}
    wanted["direction"] = rng.integers(0, 2, rows).astype(float)
    wanted["regime"] = rng.integers(-1, 2, rows).astype(float)
    for name in ("volatility", "regime"):
        wanted[name][rng.random(rows) < 0.4] = np.nan
    spreads = {"return": float(rng.uniform(0.01, 3)), "volatility": float(rng.uniform(0.01, 3))}
    found = multi_task_loss(said, {name: torch.tensor(values) for name, values in wanted.items()}, spreads, weight)
    for i in range(rows):
        one = {name: answer[i].detach().numpy() for name, answer in said.items()}
        up = 1 / (1 + np.exp(-one["direction"][0]))
        expected = ((one["return"][0] - wanted["return"][i]) / spreads["return"]) ** 2
        expected -= weight * np.log(up if wanted["direction"][i] else 1 - up)
        if np.isfinite(wanted["volatility"][i]):
            expected += weight * ((one["volatility"][0] - wanted["volatility"][i]) / spreads["volatility"]) ** 2
        if np.isfinite(wanted["regime"][i]):
            chances = np.exp(one["regime"]) / np.exp(one["regime"]).sum()
            expected -= weight * np.log(chances[int(wanted["regime"][i]) + 1])
        assert found[i].item() == pytest.approx(expected)
    found.sum().backward()
    for name in ("volatility", "regime"):
        gradient = said[name].grad
        assert torch.isfinite(gradient).all()
        assert (gradient[np.isnan(wanted[name])] == 0).all()


def test_without_spreads_targets_count_as_they_stand_and_odd_heads_are_refused():
    said = {"return": torch.tensor([[2.0]]), "volatility": torch.tensor([[1.0]])}
    wanted = {"return": torch.tensor([5.0]), "volatility": torch.tensor([torch.nan])}
    assert multi_task_loss(said, wanted).tolist() == [9.0]
    assert multi_task_loss(said, wanted, {"return": 3.0}).item() == pytest.approx(1)
    with pytest.raises(ValueError, match=r"spreads\['return'\]=0.0 is not allowed"):
        multi_task_loss(said, wanted, {"return": 0.0})
    for odd in ({"volume": said["return"]}, {"regime": torch.zeros(1, 3)}):
        with pytest.raises(ValueError, match="is not known or has no target"):
            multi_task_loss(said | odd, wanted | {"volume": wanted["return"]})


def test_units_of_features_and_labels_do_not_matter(taught):
    features, labels = market()
    fold = fold_of(labels)

    def scores(inputs, wanted):
        windows = make_windows(inputs, wanted, length=3)
        model = KINDS["ANN"]().fit(windows.select(fold.train), windows.select(fold.validation))
        return model.predict(windows), model.predict_direction(windows)

    plain, up = scores(features, labels)
    other, other_up = scores(features * 256, labels.assign(value=labels["value"] * 64))  # exact in binary
    np.testing.assert_allclose(other, plain * 64, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(other_up, up, rtol=1e-4)


def test_what_scales_is_the_training_period_alone():
    features, labels = market()
    fold, windows = fold_of(labels), make_windows(features, labels, length=3)
    train = windows.select(fold.train).labelled()
    model = ANN(epochs=1, **SMALL).fit(train, windows.select(fold.validation))
    rows = np.asarray(train.last_rows(), np.float64)
    np.testing.assert_allclose(model._state["mean"], rows.mean(0), rtol=1e-12)
    np.testing.assert_allclose(model._state["scale"], rows.std(0), rtol=1e-12)
    np.testing.assert_allclose(model._state["return"], [train.targets.mean(), train.targets.std()], rtol=1e-4)


def test_without_validation_the_last_dates_are_held_out_and_a_gap_before_them():
    features, labels = market()
    windows = make_windows(features, labels, length=3).labelled()
    learn, judge = ANN(gap=6, device="cpu")._held_out(windows)
    rows = [np.unique(part.samples % len(part.dates)) for part in (windows, learn, judge)]
    assert len(rows[2]) == round(0.15 * len(rows[0]))
    assert rows[2].min() - rows[1].max() == 7
    assert len(rows[1]) + len(rows[2]) + 6 == len(rows[0])
    alone = ANN(epochs=2, gap=6, **SMALL).fit(windows).predict(windows)
    np.testing.assert_array_equal(alone, ANN(epochs=2, **SMALL).fit(learn, judge).predict(windows))


@pytest.mark.parametrize("name", ["LSTM", "transformer"])
def test_a_fit_that_was_killed_goes_on_and_ends_the_same(name, tmp_path, monkeypatch):
    features, labels = market()
    fold, windows = fold_of(labels), make_windows(features, labels, length=3)
    parts = windows.select(fold.train), windows.select(fold.validation)
    straight = KINDS[name]().fit(*parts)
    written, append = [], loop.append_metrics

    def killed(path, entry):
        append(path, entry)
        written.append(entry["epoch"])
        if len(written) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "append_metrics", killed)
    with pytest.raises(KeyboardInterrupt):
        KINDS[name]().resuming(tmp_path).fit(*parts)
    resumed = KINDS[name]().resuming(tmp_path).fit(*parts)
    assert written[:4] == [1, 2, 3, 4], "the first three epochs are not learned again"
    np.testing.assert_array_equal(resumed.predict(windows), straight.predict(windows))
    assert len(list(tmp_path.iterdir())) == 1


def test_other_samples_do_not_go_on_where_these_stood(tmp_path):
    features, labels = market()
    fold, windows = fold_of(labels), make_windows(features, labels, length=3)
    other = make_windows(features, labels.assign(value=-labels["value"]), length=3)
    for each in (windows, windows, other):
        KINDS["ANN"]().resuming(tmp_path).fit(each.select(fold.train), each.select(fold.validation))
    assert len(list(tmp_path.iterdir())) == 2


def trending():
    """Prices that double after the training period, features of returns and of the level, and tomorrow's return."""
    from dlcore.markets.calendar import sessions

    rng = np.random.default_rng(0)
    axes = {"date": sessions("2015-01-02", "2017-12-31")[:500], "asset": list("ABCDEF")}
    moves = rng.normal(0, 0.01, (500, 6)) + np.where(np.arange(500) < 350, 0.0, 0.006)[:, None]
    close = xr.DataArray(50 * np.exp(np.cumsum(moves, 0)), axes, ("date", "asset"))
    features = xr.Dataset({"close": close, "log_return": np.log(close).diff("date").reindex(date=close["date"])})
    return close, features, xr.Dataset({"value": close.shift(date=-1) / close - 1})


def test_a_level_fails_where_prices_were_never_seen_and_a_return_does_not():
    close, features, labels = trending()
    windows = make_windows(features, labels, length=5)
    early = (xr.ones_like(close, dtype=bool) & (close["date"] < close["date"][340])).transpose("date", "asset")
    late = ~early & (close["date"] > close["date"][440])
    errors = {}
    for target in ("return", "level"):
        model = ANN(epochs=12, patience=12, target=target, **SMALL).fit(windows.select(early))
        price = model.predict_price(windows.select(late.transpose("date", "asset")), close)
        errors[target] = float((np.abs(price / close.shift(date=-1) - 1)).mean())
        score = model.predict(windows.select(late.transpose("date", "asset")))
        np.testing.assert_allclose(price, close * (1 + score))
    naive = float((np.abs(close / close.shift(date=-1) - 1)).where(late).mean())
    assert errors["return"] < 1.3 * naive
    assert errors["level"] > 1.4 * errors["return"]


def test_further_heads_learn_from_labels_of_their_own(tmp_path):
    features, labels = market()
    fold = fold_of(labels)
    known = labels["value"].notnull()
    rng = np.random.default_rng(1)
    regime = np.sign(features["f1"] - 1).fillna(0) * known  # f1 is 10·noise + 1
    further = {"regime": labels.assign(value=regime.where(known & (rng.random(known.shape) > 0.3)))}
    windows = make_windows(features, labels, length=3, further=further)
    model = LSTM(epochs=12, widths=(16, 8), head_weight=2.0, **SMALL)
    model.fit(windows.select(fold.train), windows.select(fold.validation))
    test = windows.select(fold.test)
    chances = model.predict_regime(test)
    assert chances.dims == ("date", "asset", "regime")
    there = chances.notnull().all("regime")
    np.testing.assert_allclose(chances.sum("regime").where(there), xr.ones_like(chances[..., 0]).where(there))
    said = chances.fillna(0).idxmax("regime").where(there & known)
    truth = regime.where(there & known)
    hit = (said == truth).sum() / truth.notnull().sum()
    assert hit > 0.75 > 0.6 > max((truth == -1).sum(), (truth == 1).sum()) / truth.notnull().sum()
    model.save(tmp_path / "m")
    np.testing.assert_array_equal(load_forecaster(tmp_path / "m").predict_regime(test), chances)


def test_volatility_is_said_in_its_own_units():
    features, labels = market()
    fold = fold_of(labels)
    wanted = (0.02 + 0.001 * features["f1"].clip(-15, 15)).where(labels["value"].notnull())
    windows = make_windows(features, labels, length=3, further={"volatility": labels.assign(value=wanted)})
    model = TransformerForecaster(epochs=8, width=16, heads=2, layers=1, **SMALL)
    said = model.fit(windows.select(fold.train), windows.select(fold.validation)).predict_volatility(windows)
    tested = said.where(fold.test & wanted.notnull())
    assert float(np.abs(tested - wanted).mean()) < 0.5 * float(wanted.where(tested.notnull()).std())
    assert "regime" not in model._module.heads


@pytest.mark.parametrize(("length", "blocks"), [(3, 1), (5, 1), (6, 2), (29, 3), (30, 4), (61, 4)])
def test_the_newest_day_of_a_tcn_sees_its_whole_window(length, blocks):
    body, width = TCN(width=8)._body(2, length)
    windows = torch.randn(1, length, 2, requires_grad=True, generator=torch.Generator().manual_seed(0))
    answer = body.eval()(windows)
    assert answer.shape == (1, width)
    answer.sum().backward()
    assert len(body.network.blocks) == blocks
    assert (windows.grad[0].abs().sum(-1) > 0).all()


def test_the_networks_stay_out_until_they_are_asked_for():
    code = "import dlcore.models, sys; from dlcore.models import Ridge; from dlcore.production.model_settings import "
    code += "model_names; assert {'ANN', 'LSTM', 'Ridge'} <= set(model_names()); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w, p: ANN(epochs=0), "epochs=0 is not allowed: give an integer ≥ 1"),
        (lambda w, p: ANN(batch_size=0), "batch_size=0 is not allowed"),
        (lambda w, p: ANN(gap=-1), "gap=-1 is not allowed"),
        (lambda w, p: ANN(head_weight=-1.0), "head_weight=-1.0 is not allowed"),
        (lambda w, p: ANN(device="tpu"), "device='tpu' is not allowed"),
        (lambda w, p: ANN(target="log"), "target='log' is not allowed: give 'return' or 'level'"),
        (lambda w, p: LSTM(widths=(8,)), r"widths=\(8,\) are not allowed: give two integers ≥ 1"),
        (lambda w, p: TCN(width=0), "width=0 is not allowed"),
        (lambda w, p: TCN(taps=1), "taps=1 is not allowed: give an integer ≥ 2"),
        (lambda w, p: TCN(dropout=1.0), r"dropout=1.0 is not allowed: give a share in \[0, 1\)"),
        (lambda w, p: TransformerForecaster(width=7), "width=7 is not allowed: give an even integer"),
        (lambda w, p: TransformerForecaster(heads=3), "heads=3 is not allowed: give a divisor of width=64"),
        (lambda w, p: TransformerForecaster(layers=0), "layers=0 is not allowed"),
        (lambda w, p: ANN(target="level").fit(w), "target='level' needs the feature 'close'"),
        (lambda w, p: ANN(gap=500).fit(w), "dates: give more than 501, or a validation period"),
        (lambda w, p: ANN().predict_direction(w), "ANN has not been fitted"),
        (lambda w, p: ANN(epochs=1).fit(w).predict_regime(w), "was not taught any regime: it knows return, direction"),
        (lambda w, p: ANN(epochs=1).fit(_beside(w, "regimes")), "further target 'regimes' has no head"),
        (lambda w, p: LSTM(epochs=1).fit(_beside(w, "regime"), w), "validation has no sample with a known regime"),
        (lambda w, p: LSTM(epochs=1).fit(_beside(w, "regime", 2.0)), "regime=2 is not allowed: give -1, 0 or 1"),
        (lambda w, p: _spoilt(w, p), "holds other weights than these settings have"),
        (lambda w, p: ANN(epochs=1).fit(w).predict_price(w, w.to_scores(w.targets)[1:]), "other labels on axis 'date'"),
    ],
)
def test_bad_input_gets_one_line(call, message, tmp_path):
    features, labels = market(dates=120, assets=10, features=2)
    with pytest.raises(ValueError, match=message) as error:
        call(make_windows(features, labels, length=2), tmp_path / "m")
    assert "\n" not in str(error.value)


def _beside(windows, name, value=0.0):
    from dataclasses import replace

    return replace(windows, further={name: np.full(len(windows), value, dtype=np.float32)})


def _spoilt(windows, folder):
    from dlcore.training import write_tensors

    ANN(epochs=1).fit(windows).save(folder)
    write_tensors(folder / "model.safetensors", {"a": torch.ones(1)}, {})
    load_forecaster(folder)
