"""Norms, positions and the encoder layer equal torch's, or what defines them; their gradients central differences."""

import numpy as np
import pytest
import torch
from shapes import sequences, tiny

from dlcore import handwritten as by_hand
from dlcore.handwritten import EncoderLayer, Linear, MultiHeadAttention, gradient_check

TOLERANCE = {np.float64: 1e-10, np.float32: 2e-5}


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layer_norm_and_its_gradients_equal_torch(seed, dtype):
    rng, batch, length, width = sequences(seed, heads=2)
    x = tiny(rng, rng.normal(size=(*batch, length, width)) + 3).astype(dtype)
    gain, bias = rng.normal(size=(2, width)).astype(dtype)
    up = rng.normal(size=x.shape).astype(dtype)
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, gain, bias)]
    out = torch.nn.functional.layer_norm(leaves[0], (width,), *leaves[1:])
    out.backward(torch.tensor(up))
    ours = (by_hand.layer_norm(x, gain, bias), *by_hand.layer_norm_backward(x, gain, up))
    for one, other in zip(ours, (out, *(leaf.grad for leaf in leaves)), strict=True):
        assert one.dtype == dtype
        scale = max(1.0, float(other.detach().abs().max()))
        np.testing.assert_allclose(one, other.detach().numpy(), atol=TOLERANCE[dtype] * scale)


@pytest.mark.parametrize("seed", range(20))
def test_layer_norm_by_central_differences(seed):
    rng, batch, length, width = sequences(seed)
    x, (gain, bias) = rng.normal(size=(*batch, length, width)), rng.normal(size=(2, width))
    up = rng.normal(size=x.shape)
    dx, dgain, dbias = by_hand.layer_norm_backward(x, gain, up)
    # two columns have only the sign of their difference left: a slope of nearly nothing, checked against torch above
    if width > 2:
        assert gradient_check(lambda a: np.sum(by_hand.layer_norm(a, gain, bias) * up), x, dx) < 1e-6
    assert gradient_check(lambda a: np.sum(by_hand.layer_norm(x, a, bias) * up), gain, dgain) < 1e-6
    assert gradient_check(lambda a: np.sum(by_hand.layer_norm(x, gain, a) * up), bias, dbias) < 1e-6


def test_sinusoids_by_the_formula_and_the_shift_that_is_a_turn():
    code = by_hand.sinusoidal(np.arange(4), 4)
    np.testing.assert_allclose(code[1], [0.841, 0.540, 0.010, 1.000], atol=5e-4)
    positions, width = np.array([[-3.0, 250.5], [7.0, 0.0]]), 10
    plain = [
        [[f(t / 10_000 ** (2 * i / width)) for i in range(width // 2) for f in (np.sin, np.cos)] for t in row]
        for row in positions
    ]
    np.testing.assert_allclose(by_hand.sinusoidal(positions, width), plain, atol=1e-12)
    turned = by_hand.rotary(by_hand.sinusoidal(np.arange(50), 8)[:, ::-1], np.full(50, 0))
    np.testing.assert_array_equal(turned, by_hand.sinusoidal(np.arange(50), 8)[:, ::-1])


def test_rotary_scores_depend_on_distance_only():
    q, k = np.array([[1.0, 2, 3, 4]]), np.array([[4.0, -1, 2, 1]])

    def score(i, j):
        return float(np.sum(by_hand.rotary(q, [i]) * by_hand.rotary(k, [j])))

    assert score(5, 3) == pytest.approx(0.882, abs=5e-4)
    assert score(105, 103) == pytest.approx(score(5, 3), abs=1e-12)
    assert score(5, 4) == pytest.approx(3.457, abs=5e-4)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rotary_is_a_turn_in_the_complex_plane_and_its_gradient_turns_back(seed, dtype):
    rng, batch, length, width = sequences(seed)
    x, positions = rng.normal(size=(*batch, length, width)), rng.integers(-500, 500, size=length)
    turned = by_hand.rotary(x.astype(dtype), positions)
    assert turned.dtype == dtype
    frequency = 10_000 ** (-2 * np.arange(width // 2) / width)
    plane = (x[..., 0::2] + 1j * x[..., 1::2]) * np.exp(1j * positions[:, None] * frequency)
    np.testing.assert_allclose(turned[..., 0::2] + 1j * turned[..., 1::2], plane, atol=TOLERANCE[dtype])
    if dtype is np.float64:
        up = rng.normal(size=x.shape)
        gradient = by_hand.rotary_backward(up, positions)
        assert gradient_check(lambda a: np.sum(by_hand.rotary(a, positions) * up), x, gradient) < 1e-7


def layers(seed, dtype):
    """An encoder layer whose weights, biases and gains are all random, and torch's with the same."""
    heads = (2, 4)[seed % 2]
    rng, batch, length, width = sequences(seed, heads=heads)
    hidden = width + 3

    def linear(i, o):
        return Linear(rng.normal(size=(i, o)).astype(dtype), rng.normal(size=o).astype(dtype))

    attention = MultiHeadAttention(*(linear(width, width) for _ in range(4)), heads)
    norms = tuple((rng.normal(size=width).astype(dtype), rng.normal(size=width).astype(dtype)) for _ in range(2))
    ours = EncoderLayer(attention, linear(width, hidden), linear(hidden, width), norms)
    theirs = torch.nn.TransformerEncoderLayer(
        width, heads, hidden, dropout=0.0, activation="gelu", batch_first=True, norm_first=True,
        dtype=torch.tensor(norms[0][0]).dtype,
    )  # fmt: skip
    parts = (attention.query, attention.key, attention.value)
    state = {
        "self_attn.in_proj_weight": np.concatenate([part.weight.T for part in parts]),
        "self_attn.in_proj_bias": np.concatenate([part.bias for part in parts]),
        "self_attn.out_proj.weight": attention.output.weight.T,
        "self_attn.out_proj.bias": attention.output.bias,
        "linear1.weight": ours.expand.weight.T,
        "linear1.bias": ours.expand.bias,
        "linear2.weight": ours.contract.weight.T,
        "linear2.bias": ours.contract.bias,
        **{f"norm{k + 1}.{n}": norms[k][j] for k in range(2) for j, n in enumerate(("weight", "bias"))},
    }
    theirs.load_state_dict({name: torch.tensor(np.ascontiguousarray(array)) for name, array in state.items()})
    x = tiny(rng, rng.normal(size=(*(batch or (1,)), length, width))).astype(dtype)
    return rng, ours, theirs, x.reshape(-1, length, width)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_encoder_layer_equals_torch(seed, dtype):
    rng, ours, theirs, x = layers(seed, dtype)
    may_look = rng.random((x.shape[1], x.shape[1])) < 0.6
    np.fill_diagonal(may_look, True)
    with torch.no_grad():
        for mask in (None, may_look):
            there = theirs(torch.tensor(x), src_mask=None if mask is None else torch.tensor(~mask)).numpy()
            here = ours.forward(x, mask=mask)
            assert here.dtype == dtype
            np.testing.assert_allclose(here, there, atol=TOLERANCE[dtype] * max(1.0, np.abs(there).max()))


def test_without_positions_a_permutation_of_days_permutes_the_answer():
    rng = np.random.default_rng(0)
    layer, x, order = EncoderLayer.random(8, 2, 16, rng), rng.normal(size=(3, 10, 8)), rng.permutation(10)
    np.testing.assert_allclose(layer.forward(x)[:, order], layer.forward(x[:, order]), atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: by_hand.layer_norm(np.ones((2, 3)), np.ones(2), np.ones(3)), r"gain has shape \(2,\)"),
        (lambda: by_hand.layer_norm_backward(np.ones((2, 3)), np.ones(3), np.ones(3)), r"upstream has shape \(3,\)"),
        (lambda: by_hand.sinusoidal([1], 3), "width=3 is not allowed"),
        (lambda: by_hand.sinusoidal([1], 4, base=1.0), "base=1.0 is not allowed"),
        (lambda: by_hand.rotary(np.ones((2, 4)), [1, 2, 3]), "3 positions for 2 tokens"),
    ],
)
def test_bad_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
