"""Attention equals torch's with copied weights, its gradients central differences; masks, edges, precision."""

import numpy as np
import pytest
import torch
from shapes import sequences
from torch.nn.functional import scaled_dot_product_attention

from dlcore import handwritten as by_hand
from dlcore.handwritten import MultiHeadAttention, gradient_check

TOLERANCE = {np.float64: 1e-10, np.float32: 1e-5}


def question(seed):
    """Queries, keys, values and a mask with at least one empty row."""
    rng, batch, length, width = sequences(seed)
    keys = int(rng.integers(1, 7))
    arrays = [rng.normal(size=(*batch, n, d)) for n, d in ((length, width), (keys, width), (keys, width + 1))]
    mask = rng.random((*batch, length, keys)) < 0.6
    mask[..., 0, :] = False
    return rng, *arrays, mask


def module(seed, dtype):
    """A random layer of ours, biases and all, and torch's with the same weights."""
    heads = (1, 2, 4)[seed % 3]
    rng, batch, length, width = sequences(seed, heads=heads)
    ours = MultiHeadAttention.random(width, heads, rng)
    linear = [
        by_hand.Linear(rng.normal(size=(width, width)).astype(dtype), rng.normal(size=width).astype(dtype))
        for _ in range(4)
    ]
    ours = MultiHeadAttention(*linear, heads)
    theirs = torch.nn.MultiheadAttention(width, heads, batch_first=True, dtype=torch.tensor(ours.query.bias).dtype)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.tensor(np.concatenate([part.weight.T for part in linear[:3]])))
        theirs.in_proj_bias.copy_(torch.tensor(np.concatenate([part.bias for part in linear[:3]])))
        theirs.out_proj.weight.copy_(torch.tensor(linear[3].weight.T))
        theirs.out_proj.bias.copy_(torch.tensor(linear[3].bias))
    x = rng.normal(size=(*(batch or (1,)), length, width)).astype(dtype)
    return rng, ours, theirs, x.reshape(-1, length, width)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_attention_and_its_gradients_equal_torch(seed, dtype):
    rng, q, k, v, mask = question(seed)
    q, k, v = (a.astype(dtype) for a in (q, k, v))
    tq, tk, tv = (torch.tensor(a, requires_grad=True) for a in (q, k, v))
    out = scaled_dot_product_attention(tq, tk, tv, attn_mask=torch.tensor(mask))
    up = rng.normal(size=out.shape).astype(dtype)
    out.backward(torch.tensor(up))
    ours, weights = by_hand.attention(q, k, v, mask=mask)
    assert ours.dtype == weights.dtype == dtype
    gradients = by_hand.attention_backward(q, k, v, up, mask=mask)
    for one, other in zip((ours, *gradients), (out, tq.grad, tk.grad, tv.grad), strict=True):
        np.testing.assert_allclose(one, other.detach().numpy(), atol=TOLERANCE[dtype])


@pytest.mark.parametrize("seed", range(20))
def test_each_gradient_by_central_differences(seed):
    rng, q, k, v, mask = question(seed)
    up = rng.normal(size=(*q.shape[:-1], v.shape[-1]))
    dq, dk, dv = by_hand.attention_backward(q, k, v, up, mask=mask)
    assert gradient_check(lambda a: np.sum(by_hand.attention(a, k, v, mask=mask)[0] * up), q, dq) < 1e-6
    assert gradient_check(lambda a: np.sum(by_hand.attention(q, a, v, mask=mask)[0] * up), k, dk) < 1e-6
    assert gradient_check(lambda a: np.sum(by_hand.attention(q, k, a, mask=mask)[0] * up), v, dv) < 1e-6


def test_softmax_at_its_edges():
    np.testing.assert_array_equal(by_hand.softmax([1e4, 0.0, -1e4]), [1, 0, 0])
    np.testing.assert_allclose(
        by_hand.softmax([[1000.0, 999.0], [0.0, 1.0]]), [[0.731, 0.269], [0.269, 0.731]], atol=1e-3
    )
    np.testing.assert_array_equal(
        by_hand.softmax(np.zeros((2, 3)), mask=[[False] * 3, [True, False, False]]), [[0] * 3, [1, 0, 0]]
    )
    assert np.isnan(by_hand.softmax([np.nan, 1.0])).all()
    np.testing.assert_allclose(by_hand.softmax(np.float32([-1e38, 1e38])), [0, 1])


@pytest.mark.parametrize("seed", range(20))
def test_softmax_gradient(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=tuple(rng.integers(1, 5, size=3)))
    up = rng.normal(size=x.shape)
    gradient = by_hand.softmax_backward(by_hand.softmax(x), up)
    assert np.abs(gradient.sum(-1)).max() < 1e-14
    if x.shape[-1] > 1:
        assert gradient_check(lambda a: np.sum(by_hand.softmax(a) * up), x, gradient) < 1e-6


def test_a_query_that_may_see_nothing_hears_nothing():
    out, weights = by_hand.attention(np.ones((2, 3)), np.ones((4, 3)), np.ones((4, 1)), mask=np.zeros((2, 4), bool))
    assert not out.any()
    assert not weights.any()


@pytest.mark.parametrize("seed", range(20))
def test_splitting_and_merging_tested_apart(seed):
    heads = (1, 2, 4)[seed % 3]
    rng, batch, length, width = sequences(seed, heads=heads)
    x = rng.normal(size=(*batch, length, width))
    split = by_hand.split_heads(x, heads)
    size = width // heads
    for head in range(heads):
        np.testing.assert_array_equal(split[..., head, :, :], x[..., head * size : (head + 1) * size])
    np.testing.assert_array_equal(by_hand.merge_heads(split), x)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_many_heads_equal_torch_forward_and_backward(seed, dtype):
    rng, ours, theirs, x = module(seed, dtype)
    may_look = rng.random((x.shape[1], x.shape[1])) < 0.6
    np.fill_diagonal(may_look, True)
    tx = torch.tensor(x, requires_grad=True)
    out, weights = theirs(tx, tx, tx, attn_mask=torch.tensor(~may_look), average_attn_weights=False)
    up = rng.normal(size=x.shape).astype(dtype)
    out.backward(torch.tensor(up))
    mine, my_weights = ours.forward(x, mask=may_look)
    dx, gradient = ours.backward(x, up, mask=may_look)
    parts = (gradient.query, gradient.key, gradient.value)
    pairs = [
        (mine, out),
        (my_weights, weights),
        (dx, tx.grad),
        (np.concatenate([part.weight.T for part in parts]), theirs.in_proj_weight.grad),
        (np.concatenate([part.bias for part in parts]), theirs.in_proj_bias.grad),
        (gradient.output.weight.T, theirs.out_proj.weight.grad),
        (gradient.output.bias, theirs.out_proj.bias.grad),
    ]
    for one, other in pairs:
        assert one.dtype == dtype
        scale = max(1.0, float(other.detach().abs().max()))
        np.testing.assert_allclose(one, other.detach().numpy(), atol=TOLERANCE[dtype] * scale)


@pytest.mark.parametrize("seed", range(20))
def test_many_heads_by_central_differences(seed):
    rng, ours, _, x = module(seed, np.float64)
    x, up = x[:1], rng.normal(size=x[:1].shape)
    dx, gradient = ours.backward(x, up)
    assert gradient_check(lambda a: np.sum(ours.forward(a)[0] * up), x, dx) < 1e-6
    for name in ("query", "key", "value", "output"):
        layer, slope = getattr(ours, name), getattr(gradient, name)

        def with_weight(a, name=name, layer=layer):
            changed = {**vars(ours), name: by_hand.Linear(a, layer.bias)}
            return float(np.sum(MultiHeadAttention(**changed).forward(x)[0] * up))

        if np.abs(slope.weight).max() > 1e-8:  # one token: queries and keys move nothing
            assert gradient_check(with_weight, layer.weight, slope.weight) < 1e-6


def test_the_key_bias_has_no_gradient_and_a_mask_per_batch_is_for_all_heads():
    rng, ours, _, x = module(4, np.float64)
    _, gradient = ours.backward(x, rng.normal(size=x.shape))
    assert np.abs(gradient.key.bias).max() < 1e-12
    mask = rng.random((len(x), x.shape[1], x.shape[1])) < 0.5
    _, weights = ours.forward(x, mask=mask)
    assert not weights[~np.broadcast_to(mask[:, None], weights.shape)].any()
    for i in range(len(x)):
        np.testing.assert_allclose(ours.forward(x[i], mask=mask[i])[1], weights[i], atol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: by_hand.softmax([1.0], mask=[1.0]), "mask has dtype float64: give booleans"),
        (lambda: by_hand.softmax([1.0, 2.0], mask=[True] * 3), r"mask has shape \(3,\)"),
        (lambda: by_hand.attention(np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 1))), "do not fit"),
        (lambda: by_hand.attention_backward(*[np.ones((2, 3))] * 3, np.ones((2, 2))), r"upstream has shape \(2, 2\)"),
        (lambda: by_hand.split_heads(np.ones((2, 6)), 4), "heads=4 is not allowed"),
        (lambda: MultiHeadAttention.random(6, 0, np.random.default_rng()), "heads=0 is not allowed"),
    ],
)
def test_bad_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
