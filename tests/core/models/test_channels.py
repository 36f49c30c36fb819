"""The forecasters of channels: the contract, their formulas by plain loops, and what each of them must not see."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from battery import check_forecaster, check_no_tomorrow, fitted, market
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from torch import nn

from dlcore.models import DLinear, ITransformer, NLinear, TiDE
from dlcore.models.linear_forecasters import moving_average
from dlcore.training import IndexBatches
from dlcore.windows import make_windows

SMALL = {"epochs": 2, "batch_size": 64, "learning_rate": 1e-2, "device": "cpu"}
KINDS = {
    "DLinear": lambda: DLinear(taps=3, **SMALL),
    "NLinear": lambda: NLinear(**SMALL),
    "TiDE": lambda: TiDE(width=16, **SMALL),
    "ITransformer": lambda: ITransformer(width=16, heads=2, layers=1, **SMALL),
}
ENOUGH = {"DLinear": 4, "NLinear": 4, "TiDE": 12, "ITransformer": 6}  # epochs to find something in


pytestmark = pytest.mark.usefixtures("one_torch_thread")


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network(name, look_back=12, horizon=5, channels=3, seed=0):
    """In float64, without dropout."""
    torch.manual_seed(seed)
    return KINDS[name]().network(look_back, horizon, channels).double().eval()


@pytest.mark.parametrize("name", KINDS)
def test_the_contract(name, tmp_path):
    check_forecaster(KINDS[name], tmp_path)


@pytest.mark.parametrize("name", KINDS)
def test_what_is_there_is_found(name):
    model, test, _ = fitted(lambda: replace(KINDS[name](), epochs=ENOUGH[name]))
    labelled = test.labelled()
    scores = model.predict(labelled).to_numpy()
    known = np.isfinite(scores)
    truth = labelled.to_scores(labelled.targets).to_numpy()
    assert spearmanr(scores[known], truth[known])[0] > 0.3


@pytest.mark.parametrize("name", KINDS)
def test_no_raw_price_of_tomorrow_moves_a_score(name):
    check_no_tomorrow(KINDS[name])


@settings(max_examples=12)
@given(
    name=st.sampled_from(list(KINDS)),
    batch=st.integers(1, 3),
    look_back=st.integers(1, 9),
    horizon=st.integers(1, 6),
    channels=st.integers(1, 4),
)
def test_windows_become_futures_of_the_same_channels(name, batch, look_back, horizon, channels):
    said = network(name, look_back, horizon, channels)(drawn(batch, look_back, channels))
    assert said.shape == (batch, horizon, channels)
    assert torch.isfinite(said).all()


def plain_trend(window, taps):
    """Means of what lies around each step, the ends repeated."""
    beyond, last = taps // 2, len(window) - 1
    return [np.mean([window[min(max(i + k, 0), last)] for k in range(-beyond, beyond + 1)]) for i in range(last + 1)]


def test_the_trend_of_one_to_ten():
    trend = moving_average(torch.arange(1.0, 11.0)[None, :, None], 5)[0, :, 0]
    np.testing.assert_allclose(trend, [1.6, 2.2, 3, 4, 5, 6, 7, 8, 8.8, 9.4], rtol=1e-6)
    level = moving_average(torch.full((1, 10, 1), 100.0), 25)
    np.testing.assert_allclose(level, 100.0, rtol=1e-6)  # padded with zeros it would sink towards the ends


@settings(max_examples=15)
@given(look_back=st.integers(1, 12), taps=st.sampled_from([1, 3, 5, 25]), seed=st.integers(0, 99))
def test_dlinear_is_its_formula(look_back, taps, seed):
    torch.manual_seed(seed)
    module, windows = DLinear(taps=taps).network(look_back, 4, 2).double(), drawn(2, look_back, 2, seed=seed)
    seasonal, trendwise = module.seasonal, module.trendwise
    said = module(windows).detach().numpy()
    for b in range(2):
        for c in range(2):
            window = windows[b, :, c].numpy()
            trend = np.array(plain_trend(window, taps))
            for h in range(4):
                expected = seasonal.bias[h].item() + trendwise.bias[h].item()
                expected += sum(seasonal.weight[h].detach().numpy() * (window - trend))
                expected += sum(trendwise.weight[h].detach().numpy() * trend)
                assert said[b, h, c] == pytest.approx(expected, abs=1e-12)


def test_nlinear_is_its_formula():
    module, windows = network("NLinear"), drawn(2, 12, 3)
    weight, bias = (p.detach().numpy() for p in (module.linear.weight, module.linear.bias))
    x = windows.numpy()
    expected = [[weight @ (x[b, :, c] - x[b, -1, c]) + bias + x[b, -1, c] for c in range(3)] for b in range(2)]
    np.testing.assert_allclose(module(windows).detach().numpy(), np.swapaxes(expected, 1, 2), rtol=1e-12)


@pytest.mark.parametrize("name", ["DLinear", "NLinear", "TiDE"])
def test_no_other_channel_matters_where_channels_are_independent(name):
    module, windows = network(name), drawn(2, 12, 3)
    other = windows.clone()
    other[:, :, 1] = drawn(2, 12, seed=1)
    before, after = module(windows), module(other)
    torch.testing.assert_close(before[:, :, [0, 2]], after[:, :, [0, 2]])
    assert (before[:, :, 1] - after[:, :, 1]).abs().max() > 0.1


def test_who_permutes_the_channels_of_an_inverted_transformer_permutes_its_forecast():
    module, windows = network("ITransformer", channels=5), drawn(2, 12, 5)
    order = [3, 0, 4, 1, 2]
    torch.testing.assert_close(module(windows[:, :, order]), module(windows)[:, :, order])
    assert (module(windows[:, :, order]) - module(windows)).abs().max() > 0.1


def test_channels_of_an_inverted_transformer_look_at_one_another():
    module, windows = network("ITransformer"), drawn(2, 12, 3)
    other = windows.clone()
    other[:, :, 1] = drawn(2, 12, seed=1)
    moved = (module(windows) - module(other)).abs().amax((0, 1))
    assert (moved > 1e-3).all()


@pytest.mark.parametrize(("name", "powers"), [("NLinear", False), ("TiDE", True), ("ITransformer", True)])
def test_a_forecast_moves_with_the_level_and_the_scale_of_its_window(name, powers):
    module, windows = network(name), drawn(2, 12, 3)
    if name == "NLinear":
        nn.init.zeros_(module.linear.bias)
    level = torch.tensor([100.0, -3.0, 0.5], dtype=torch.float64)
    scale = torch.tensor([1.0, 8.0, 20.0], dtype=torch.float64) if powers else 2.0
    said = module(windows * scale + level)
    torch.testing.assert_close(said, module(windows) * scale + level, rtol=1e-4, atol=1e-4)  # ε under the root


def test_every_channel_of_an_inverted_transformer_is_on_its_own_scale():
    module, windows = network("ITransformer", channels=2), drawn(64, 12, 2) * torch.tensor([0.01, 100.0])
    spread = module.scale(windows)[0].std((0, 1), correction=0)
    torch.testing.assert_close(spread, torch.ones(2, dtype=torch.float64), rtol=0.1, atol=0.0)


@pytest.mark.parametrize("name", KINDS)
def test_the_forecaster_and_the_lesson_of_many_steps_have_one_network(name):
    features, labels = market(dates=120, assets=10, features=2)
    windows = make_windows(features, labels, length=4)
    model = KINDS[name]().fit(windows)
    body = model._module.body[0]
    alone = model.network(4, 1, 2)
    assert type(body) is type(alone)
    assert {k: v.shape for k, v in body.state_dict().items()} == {k: v.shape for k, v in alone.state_dict().items()}
    assert model.parameters() == sum(p.numel() for p in alone.parameters()) + 3


@pytest.mark.parametrize("name", KINDS)
def test_teaching_many_steps_repeats_itself_and_finds_a_line(name):
    x = drawn(400, 6, 2).float()
    future = torch.stack([x[:, -1] + 0.1, x[:, -2]], 1)  # (N, 2, C)

    def batches(rows):
        return IndexBatches(lambda index: (x[rows][index], future[rows][index]), len(x[rows]), 32)

    def teach(seed):
        model = replace(KINDS[name](), seed=seed, epochs=4, batch_size=16)
        return model.teach(batches(slice(300)), batches(slice(300, 400)), look_back=6, horizon=2, channels=2)

    (module, training), (again, _), (other, _) = teach(0), teach(0), teach(1)
    assert not module.training
    for a, b in zip(module.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not all(torch.equal(a, b) for a, b in zip(module.parameters(), other.parameters(), strict=True))
    first, best = training.history[0]["validation"], training.history[training.best_epoch - 1]["validation"]
    assert best < 0.9 * first
    with torch.no_grad():
        said = module(x[300:])
    assert float((said - future[300:]).square().mean()) == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DLinear(taps=4), "taps=4 is not allowed: give an odd integer ≥ 1"),
        (lambda: DLinear(taps=-1), "taps=-1 is not allowed"),
        (lambda: NLinear(epochs=0), "epochs=0 is not allowed"),
        (lambda: TiDE(width=0), "width=0 is not allowed: give an integer ≥ 1"),
        (lambda: TiDE(layers=0), "layers=0 is not allowed: give an integer ≥ 1"),
        (lambda: TiDE(dropout=1.0), "dropout=1.0 is not allowed"),
        (lambda: ITransformer(heads=3), "heads=3 is not allowed: give a divisor of width=64"),
        (lambda: ITransformer(layers=0), "layers=0 is not allowed"),
        (lambda: ITransformer(dropout=-0.1), "dropout=-0.1 is not allowed"),
    ],
)
def test_bad_settings_get_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
