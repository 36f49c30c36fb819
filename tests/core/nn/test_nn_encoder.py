"""The encoder equals torch's with copied weights, and the one in numpy; it never sees tomorrow, and is kept whole."""

import numpy as np
import pytest
import torch
from drawn import NEEDS_CUDA, assert_close, assert_same_on_gpu, assert_same_steps, borrowed, normal, redraw, tiny
from torch.autograd import gradcheck, gradgradcheck

from dlcore import handwritten as by_hand
from dlcore.nn import Encoder, EncoderLayer, causal_mask

EXACT = (torch.float64, torch.float32)


def copied(norm, generator, dtype, **settings):
    """Torch's layer with random weights, and ours with the same."""
    theirs = torch.nn.TransformerEncoderLayer(
        8, 2, 12, 0.0, activation="gelu", batch_first=True, norm_first=norm == "pre"
    )
    redraw(theirs, generator, dtype)
    ours = EncoderLayer(8, 2, hidden=12, dropout=0.0, norm=norm, **settings).to(dtype)
    ours.load_state_dict(borrowed(theirs))
    return ours, theirs


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("kernel", ["explicit", "fused"])
@pytest.mark.parametrize(("batch", "length"), [(3, 5), (1, 4), (2, 1)])
def test_a_layer_equals_torch_in_values_and_gradients(batch, length, kernel, norm, dtype):
    generator = torch.Generator().manual_seed(1)
    ours, theirs = copied(norm, generator, dtype, kernel=kernel)
    x = tiny(normal(generator, batch, length, 8, dtype=dtype), generator)
    up = torch.randn(batch, length, 8, generator=generator).to(dtype)
    assert_same_steps(ours(x), theirs(x), (x,), up, dtype)
    names = borrowed(theirs)
    slopes = dict(zip(names, torch.autograd.grad(theirs(x), list(theirs.parameters()), up), strict=True))
    parameters = dict(ours.named_parameters())
    mine = dict(zip(parameters, torch.autograd.grad(ours(x), list(parameters.values()), up), strict=True))
    for name, slope in slopes.items():
        assert_close(mine[name], slope, dtype)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_masks_of_a_layer_are_the_opposite_of_torch_s(norm):
    generator = torch.Generator().manual_seed(2)
    ours, theirs = copied(norm, generator, torch.float64, causal=True)
    x, up = normal(generator, 3, 5, 8), torch.randn(3, 5, 8, generator=generator, dtype=torch.float64)
    present = torch.rand(3, 5, generator=generator) < 0.7
    present[:, 0] = True
    there = theirs(x, src_mask=~causal_mask(5), src_key_padding_mask=~present)
    assert_same_steps(ours(x, present=present), there, (x,), up, torch.float64)


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_an_encoder_equals_torch(norm, dtype):
    generator = torch.Generator().manual_seed(3)
    layer = torch.nn.TransformerEncoderLayer(
        8, 4, 32, 0.0, activation="gelu", batch_first=True, norm_first=norm == "pre"
    )
    last = torch.nn.LayerNorm(8) if norm == "pre" else None
    theirs = redraw(torch.nn.TransformerEncoder(layer, 3, norm=last, enable_nested_tensor=False), generator, dtype)
    ours = Encoder(8, 4, 3, dropout=0.0, norm=norm).to(dtype)
    state = borrowed(theirs)
    ours.load_state_dict({name.replace("norm.", "last_norm.") if name.startswith("norm.") else name: value
                          for name, value in state.items()})  # fmt: skip
    x = tiny(normal(generator, 3, 6, 8, dtype=dtype), generator)
    mask = torch.rand(6, 6, generator=generator) < 0.6
    mask |= torch.eye(6, dtype=torch.bool)
    up = torch.randn(3, 6, 8, generator=generator).to(dtype)
    assert_same_steps(ours(x, mask=mask), theirs(x, mask=~mask), (x,), up, dtype)
    theirs.eval()
    with torch.no_grad():
        assert_close(ours.eval()(x, mask=mask), theirs(x, mask=~mask), dtype)


def test_a_layer_equals_the_one_in_numpy():
    generator = torch.Generator().manual_seed(4)
    ours, x = redraw(EncoderLayer(8, 2, hidden=12, dropout=0.0), generator), normal(generator, 3, 5, 8)
    state = {name: value.numpy() for name, value in ours.state_dict().items()}

    def linear(name, part=slice(None)):
        return by_hand.Linear(state[f"{name}.weight"][part].T, state[f"{name}.bias"][part])

    parts = [linear("attention.projection", slice(i, i + 8)) for i in (0, 8, 16)]
    norms = tuple((state[f"{name}.weight"], state[f"{name}.bias"]) for name in ("first_norm", "second_norm"))
    many = by_hand.MultiHeadAttention(*parts, linear("attention.output"), 2)
    twin = by_hand.EncoderLayer(many, linear("expand"), linear("contract"), norms)
    mask = torch.rand(3, 5, 5, generator=generator) < 0.5
    expected = twin.forward(x.detach().numpy(), mask=mask.numpy())
    np.testing.assert_allclose(ours(x, mask=mask).detach(), expected, atol=1e-10)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_layer_passes_gradcheck_and_gradgradcheck(norm):
    generator = torch.Generator().manual_seed(5)
    ours = redraw(EncoderLayer(4, 2, hidden=3, dropout=0.0, norm=norm, causal=True, kernel="explicit"), generator)
    x = normal(generator, 1, 3, 4)
    assert gradcheck(ours, x)
    assert gradgradcheck(ours, x)


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("kernel", ["explicit", "fused"])
def test_tomorrow_drawn_anew_leaves_today_alone(norm, kernel):
    generator = torch.Generator().manual_seed(6)
    settings = {"dropout": 0.0, "norm": norm, "kernel": kernel, "positions": "rotary"}
    causal = redraw(Encoder(8, 2, 2, causal=True, **settings), generator)
    blind = Encoder(8, 2, 2, **settings).double()
    blind.load_state_dict(causal.state_dict())
    x = normal(generator, 2, 6, 8).detach()
    for day in range(1, 6):
        changed = x.clone()
        changed[:, day:] = torch.randn(2, 6 - day, 8, generator=generator, dtype=torch.float64)
        torch.testing.assert_close(causal(changed)[:, :day], causal(x)[:, :day], rtol=0, atol=1e-12)
        assert (causal(changed)[:, day] - causal(x)[:, day]).abs().max() > 1e-3
        assert (blind(changed)[:, :day] - blind(x)[:, :day]).abs().max() > 1e-3  # the test can fail


def test_an_absent_day_moves_nobody_and_an_empty_window_is_finite():
    generator = torch.Generator().manual_seed(7)
    ours, x = redraw(Encoder(8, 2, 2, dropout=0.0), generator), normal(generator, 2, 5, 8)
    present = torch.tensor([[True, False, True, True, False], [False] * 5])
    changed = x.detach().clone()
    changed[0, [1, 4]] = torch.randn(2, 8, generator=generator, dtype=torch.float64)
    seen = [0, 2, 3]
    torch.testing.assert_close(ours(changed, present=present)[0, seen], ours(x, present=present)[0, seen])
    slopes = torch.autograd.grad(ours(x, present=present).pow(2).sum(), (x, *ours.parameters()))
    assert all(slope.isfinite().all() for slope in slopes)


def test_weights_are_those_by_which_the_layers_listen():
    generator = torch.Generator().manual_seed(8)
    for norm in ("pre", "post"):
        ours = redraw(Encoder(8, 2, 2, dropout=0.3, norm=norm, causal=True), generator).eval()
        x = normal(generator, 2, 4, 8).detach()
        first, second = ours.weights(x)
        assert first.shape == second.shape == (2, 2, 4, 4)
        torch.testing.assert_close(second.sum(-1), torch.ones(2, 2, 4, dtype=torch.float64))
        layer = ours.layers[1]
        asked = ours.layers[0](x)
        torch.testing.assert_close(second, layer.weights(asked))
        assert not first.triu(1).any()


def test_dropout_acts_on_branches_in_training_only_and_is_seeded():
    ours, x = EncoderLayer(8, 2, dropout=0.4), torch.randn(4, 5, 8)
    for layer in (ours.attention.output, ours.contract):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    assert torch.equal(ours(x), x)  # branches that say nothing: the stream itself is never dropped
    ours = EncoderLayer(8, 2, dropout=0.4)
    draws = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        draws.append(ours(x))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    ours.eval()
    assert torch.equal(ours(x), ours(x))


def test_weights_by_count():
    assert sum(p.numel() for p in Encoder(64, 4, 2, norm="post").parameters()) == 99_968
    assert sum(p.numel() for p in Encoder(64, 8, 2, causal=True).parameters()) == 99_968 + 128  # the last norm


def test_a_state_goes_through_safetensors(tmp_path):
    safetensors = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    one, other = Encoder(8, 2, 2, dropout=0.0, positions="rotary"), Encoder(8, 2, 2, dropout=0.0, positions="rotary")
    safetensors.save_file(one.state_dict(), tmp_path / "model.safetensors")
    other.load_state_dict(safetensors.load_file(tmp_path / "model.safetensors"))
    x = torch.randn(2, 5, 8)
    assert torch.equal(one(x), other(x))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: EncoderLayer(8, 2, norm="both"), "norm='both' is not allowed: give 'pre' or 'post'"),
        (lambda: EncoderLayer(8, 2, hidden=0), "hidden=0 is not allowed"),
        (lambda: EncoderLayer(8, 3), "heads=3 is not allowed"),
        (lambda: EncoderLayer(8, 2, dropout=1), "dropout=1 is not allowed"),
        (lambda: Encoder(8, 2, 0), "layers=0 is not allowed"),
        (lambda: Encoder(8, 2, 1)(torch.ones(2, 8)), r"x has shape \(2, 8\): give \(batch, length, 8\)"),
        (lambda: Encoder(8, 2, 1, norm="post")(torch.ones(2, 3, 4)), r"x has shape \(2, 3, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


@NEEDS_CUDA
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_encoder_on_a_gpu_equals_that_on_the_cpu(dtype):
    torch.manual_seed(9)
    ours, x = Encoder(32, 4, 2, dropout=0.0, causal=True).to(dtype), torch.randn(3, 16, 32).to(dtype)
    present = torch.rand(3, 16) < 0.7
    here = ours(x, present=present)
    there = ours.cuda()(x.cuda(), present=present.cuda())
    assert_same_on_gpu(there, here, dtype)
