"""Attention's two kernels equal each other, the one in numpy and torch's layer: masks, empty rows, edges, gradients."""

import numpy as np
import pytest
import torch
from drawn import NEEDS_CUDA, assert_close, assert_same_on_gpu, assert_same_steps, borrowed, normal, redraw, tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from dlcore import handwritten as by_hand
from dlcore.nn import MultiHeadAttention, attention, attention_weights, causal_mask

EXACT = (torch.float64, torch.float32)
SIZES = [((2, 3), 5, 7, 4), ((1, 1), 1, 1, 2), ((4,), 3, 9, 6), ((), 6, 2, 3), ((1, 2), 1, 8, 4)]


def question(generator, batch, length, keys, width, dtype=torch.float64):
    """Queries, keys, values, and a mask with an empty row."""
    leaves = [normal(generator, *batch, n, width, dtype=dtype) for n in (length, keys, keys)]
    mask = torch.rand(length, keys, generator=generator) < 0.6
    mask[0] = False
    return leaves, mask


@pytest.mark.parametrize("dtype", [*EXACT, torch.bfloat16])
@pytest.mark.parametrize("masked", ["nothing", "mask", "bias", "mask and bias", "causal"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_explicit_and_fused_agree_in_values_and_gradients(size, masked, dtype):
    generator = torch.Generator().manual_seed(1)
    leaves, mask = question(generator, *size, dtype=dtype)
    bias = normal(generator, *mask.shape, dtype=dtype)
    given_mask = {"mask": mask, "mask and bias": mask, "causal": "causal"}.get(masked)
    given_bias = bias if "bias" in masked else None
    leaves += [bias] if "bias" in masked else []
    up = torch.randn(leaves[0].shape, generator=generator).to(dtype)
    outs = [attention(*leaves[:3], given_mask, given_bias, kernel) for kernel in ("explicit", "fused", "auto")]
    assert_same_steps(*outs[:2], leaves, up, dtype)
    assert_close(outs[2], outs[1], dtype)


@pytest.mark.parametrize("kernel", ["explicit", "fused"])
def test_attention_equals_the_one_in_numpy(kernel):
    generator = torch.Generator().manual_seed(2)
    leaves, mask = question(generator, (2, 3), 5, 7, 4)
    up = torch.randn(2, 3, 5, 4, generator=generator, dtype=torch.float64)
    arrays = [leaf.detach().numpy() for leaf in leaves]
    expected, weights = by_hand.attention(*arrays, mask=mask.numpy())
    out = attention(*leaves, mask, kernel=kernel)
    np.testing.assert_allclose(out.detach(), expected, atol=1e-10)
    np.testing.assert_allclose(attention_weights(*leaves[:2], mask).detach(), weights, atol=1e-10)
    expected = by_hand.attention_backward(*arrays, up.numpy(), mask=mask.numpy())
    for one, other in zip(torch.autograd.grad(out, leaves, up), expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)


@pytest.mark.parametrize("kernel", ["explicit", "fused"])
@pytest.mark.parametrize("dtype", [*EXACT, torch.bfloat16])
def test_a_query_that_may_look_at_nothing_hears_and_teaches_nothing(kernel, dtype):
    generator = torch.Generator().manual_seed(3)
    leaves, mask = question(generator, (2, 2), 4, 6, 4, dtype=dtype)
    out = attention(*leaves, mask, kernel=kernel)
    assert (out[..., 0, :] == 0).all()
    dq, dk, dv = torch.autograd.grad(out, leaves, torch.randn(out.shape, generator=generator).to(dtype))
    assert (dq[..., 0, :] == 0).all()
    assert all(g.isfinite().all() for g in (dq, dk, dv))
    nothing = attention(*leaves, torch.zeros(4, 6, dtype=torch.bool), kernel=kernel)
    slopes = torch.autograd.grad(nothing.sum(), leaves)
    assert not nothing.any()
    assert not any(g.any() for g in slopes)


@pytest.mark.parametrize("kernel", ["explicit", "fused"])
@pytest.mark.parametrize("dtype", EXACT)
def test_extreme_scores_choose_one_key(kernel, dtype):
    q = torch.tensor([[1e4, 0.0], [-1e4, 0.0]], dtype=dtype).requires_grad_()
    k = torch.tensor([[2**0.5, 0.0], [0.0, 1.0], [-(2**0.5), 1.0]], dtype=dtype).requires_grad_()  # scores ±1e4
    v = torch.tensor([[1.0], [2.0], [3.0]], dtype=dtype).requires_grad_()
    out = attention(q, k, v, kernel=kernel)
    torch.testing.assert_close(out.flatten(), torch.tensor([1.0, 3.0], dtype=dtype))
    assert all(g.isfinite().all() for g in torch.autograd.grad(out.sum(), (q, k, v)))


def test_explicit_attention_passes_gradcheck_and_gradgradcheck():
    generator = torch.Generator().manual_seed(4)
    (q, k, v), mask = question(generator, (2,), 3, 4, 2)
    bias = normal(generator, 3, 4)

    def call(q, k, v, bias):
        return attention(q, k, v, mask, bias, "explicit")

    assert gradcheck(call, (q, k, v, bias))
    assert gradgradcheck(call, (q, k, v, bias))
    assert gradcheck(lambda q, k: attention_weights(q, k, mask), (q, k))


def test_causal_mask_aligns_the_newest_query_with_the_newest_key():
    assert causal_mask(2, 4).tolist() == [[True, True, True, False], [True] * 4]
    assert causal_mask(3, 1).tolist() == [[False], [False], [True]]
    assert torch.equal(causal_mask(5), torch.ones(5, 5).tril().bool())
    scores = torch.tensor([[2.0, 1, 0, 3], [1, 1, 1, 1], [0, 2, 1, 3], [1, 0, 2, 1]])
    q, k, v = torch.eye(4) * 2, scores.T.contiguous(), torch.arange(4.0).unsqueeze(1)
    for kernel in ("explicit", "fused"):
        heard = attention(q, k, v, "causal", kernel=kernel).flatten()
        torch.testing.assert_close(heard, torch.tensor([0, 0.5, 1.155, 1.731]), atol=5e-4, rtol=0)
        torch.testing.assert_close(attention(q[2:], k, v, "causal", kernel=kernel).flatten(), heard[2:])


@settings(max_examples=30)
@given(
    batch=st.lists(st.integers(1, 3), max_size=3),
    sizes=st.tuples(*[st.integers(1, 6)] * 4),
    seed=st.integers(0, 999),
    kernel=st.sampled_from(["explicit", "fused"]),
)
def test_what_is_heard_lies_between_the_values_and_ignores_what_is_masked(batch, sizes, seed, kernel):
    length, keys, width, values = sizes
    generator = torch.Generator().manual_seed(seed)
    q, k = (torch.randn(*batch, n, width, generator=generator) for n in (length, keys))
    v = torch.randn(*batch, keys, values, generator=generator)
    mask = torch.rand(*batch, length, keys, generator=generator) < 0.5
    heard, weights = attention(q, k, v, mask, kernel=kernel), attention_weights(q, k, mask)
    assert heard.shape == (*batch, length, values)
    torch.testing.assert_close(weights @ v, heard, atol=1e-5, rtol=0)
    torch.testing.assert_close(weights.sum(-1), mask.any(-1).float(), atol=1e-5, rtol=0)
    assert not weights[~mask].any()
    other = mask.clone()
    other[..., 0] = False
    moved = [t.index_add(-2, torch.tensor([0]), torch.randn_like(t[..., :1, :])) for t in (k, v)]
    torch.testing.assert_close(attention(q, k, v, other, kernel=kernel), attention(q, *moved, other, kernel=kernel))


def test_dropout_is_seeded_and_right_on_average():
    generator = torch.Generator().manual_seed(5)
    q, k, v = (torch.randn(400, 5, 4, generator=generator) for _ in range(3))
    for kernel in ("auto", "explicit", "fused"):
        draws = []
        for seed in (0, 0, 1):
            torch.manual_seed(seed)
            draws.append(attention(q, k, v, kernel=kernel, dropout=0.3))
        assert torch.equal(draws[0], draws[1])
        assert not torch.equal(draws[0], draws[2])
    q, k = torch.zeros(1, 200, 4), torch.zeros(1, 500, 4)
    heard = attention(q, k, torch.ones(1, 500, 1), dropout=0.3)
    assert float(heard.mean()) == pytest.approx(1, abs=5 * (0.3 / 0.7 / 1e5) ** 0.5)


def copied(width, heads, generator, dtype, **settings_):
    """Torch's layer with random weights, and ours with the same."""
    theirs = redraw(torch.nn.MultiheadAttention(width, heads, batch_first=True), generator, dtype)
    ours = MultiHeadAttention(width, heads, **settings_).to(dtype)
    ours.load_state_dict(borrowed(theirs))
    return ours, theirs


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("kernel", ["explicit", "fused"])
@pytest.mark.parametrize(("batch", "length", "heads"), [(3, 5, 4), (1, 6, 1), (2, 1, 2)])
def test_many_heads_equal_torch(batch, length, heads, kernel, dtype):
    generator = torch.Generator().manual_seed(6)
    ours, theirs = copied(8, heads, generator, dtype, kernel=kernel)
    x = tiny(normal(generator, batch, length, 8, dtype=dtype), generator)
    context = normal(generator, batch, 4, 8, dtype=dtype)
    up = torch.randn(batch, length, 8, generator=generator).to(dtype)
    assert_same_steps(ours(x), theirs(x, x, x, need_weights=False)[0], (x,), up, dtype)
    there, weights = theirs(x, context, context, average_attn_weights=False)
    assert_same_steps(ours(x, context), there, (x, context), up, dtype)
    assert_close(ours.weights(x, context), weights, dtype)
    pairs = zip(ours.parameters(), theirs.parameters(), strict=True)
    for mine, yours in pairs:
        slopes = torch.autograd.grad(ours(x), mine, up), torch.autograd.grad(theirs(x, x, x)[0], yours, up)
        assert_close(slopes[0][0], slopes[1][0], dtype)


@pytest.mark.parametrize("kernel", ["explicit", "fused"])
def test_masks_of_many_heads_are_the_opposite_of_torch_s(kernel):
    generator = torch.Generator().manual_seed(7)
    ours, theirs = copied(8, 2, generator, torch.float64, kernel=kernel, causal=True)
    x = normal(generator, 3, 5, 8)
    present = torch.rand(3, 5, generator=generator) < 0.6
    present[:, 0] = True
    up = torch.randn(3, 5, 8, generator=generator, dtype=torch.float64)
    there = theirs(x, x, x, key_padding_mask=~present, attn_mask=~causal_mask(5), need_weights=False)[0]
    assert_same_steps(ours(x, present=present), there, (x,), up, torch.float64)
    mask = torch.rand(3, 5, 5, generator=generator) < 0.5
    mask |= torch.eye(5, dtype=torch.bool)
    both = mask & causal_mask(5)
    there = theirs(x, x, x, attn_mask=~both.repeat_interleave(2, 0), need_weights=False)[0]
    assert_same_steps(ours(x, mask=mask), there, (x,), up, torch.float64)
    torch.testing.assert_close(ours(x, mask=mask.unsqueeze(1)), ours(x, mask=mask))
    torch.testing.assert_close(ours(x, mask=causal_mask(5)), ours(x))


@pytest.mark.parametrize("kernel", ["explicit", "fused"])
def test_a_token_without_keys_gets_the_bias_and_no_nan_reaches_a_weight(kernel):
    generator = torch.Generator().manual_seed(8)
    ours, x = redraw(MultiHeadAttention(8, 2, kernel=kernel), generator), normal(generator, 2, 4, 8)
    present = torch.tensor([[False] * 4, [True] * 4])
    out = ours(x, present=present)
    torch.testing.assert_close(out[0], ours.output.bias.expand(4, 8))
    slopes = torch.autograd.grad(out.pow(2).sum(), (x, *ours.parameters()))
    assert all(slope.isfinite().all() for slope in slopes)


def test_many_heads_equal_those_in_numpy():
    generator = torch.Generator().manual_seed(9)
    ours, x = redraw(MultiHeadAttention(8, 2), generator), normal(generator, 3, 5, 8)
    weights = ours.projection.weight.detach().numpy().reshape(3, 8, 8)
    biases = ours.projection.bias.detach().numpy().reshape(3, 8)
    linear = [by_hand.Linear(w.T, b) for w, b in zip(weights, biases, strict=True)]
    last = by_hand.Linear(ours.output.weight.detach().numpy().T, ours.output.bias.detach().numpy())
    mask = torch.rand(5, 5, generator=generator) < 0.5
    expected, heard = by_hand.MultiHeadAttention(*linear, last, 2).forward(x.detach().numpy(), mask=mask.numpy())
    np.testing.assert_allclose(ours(x, mask=mask).detach(), expected, atol=1e-10)
    np.testing.assert_allclose(ours.weights(x, mask=mask).detach(), heard, atol=1e-10)


def test_rotary_heads_see_distances_only():
    generator = torch.Generator().manual_seed(10)
    ours = redraw(MultiHeadAttention(8, 2, positions="rotary"), generator)
    token, other = normal(generator, 2, 1, 1, 8).detach()
    x = other.repeat(1, 9, 1)
    here, later = x.clone(), x.clone()
    here[:, 2], later[:, 5] = token[0], token[0]
    w_here, w_later = ours.weights(here)[..., 4, :], ours.weights(later)[..., 7, :]
    ratio = [w[..., i] / w[..., i - 1] for w, i in ((w_here, 2), (w_later, 5))]
    torch.testing.assert_close(*ratio)
    q, k, _ = ours._projected(here, None)
    plain = MultiHeadAttention(8, 2).double()
    plain.load_state_dict(ours.state_dict())
    raw_q, raw_k, _ = plain._projected(here, None)
    for turned, raw in ((q, raw_q), (k, raw_k)):
        np.testing.assert_allclose(turned.detach(), by_hand.rotary(raw.detach().numpy(), np.arange(9)), atol=1e-10)


@pytest.mark.parametrize("kernel", ["explicit", "fused"])
@pytest.mark.parametrize("positions", ["none", "rotary"])
def test_tomorrow_drawn_anew_leaves_today_alone(kernel, positions):
    generator = torch.Generator().manual_seed(11)
    ours = redraw(MultiHeadAttention(8, 2, causal=True, positions=positions, kernel=kernel), generator)
    x = normal(generator, 2, 7, 8).detach()
    present = torch.ones(2, 7, dtype=torch.bool)
    for day in range(1, 7):
        changed = x.clone()
        changed[:, day:] = torch.randn(2, 7 - day, 8, generator=generator, dtype=torch.float64)
        for given_ in ({}, {"present": present}):
            torch.testing.assert_close(ours(changed, **given_)[:, :day], ours(x, **given_)[:, :day], rtol=0, atol=0)
        assert not torch.allclose(ours(changed)[:, day], ours(x)[:, day])


def test_heads_drop_weights_in_training_only():
    generator = torch.Generator().manual_seed(12)
    ours, x = redraw(MultiHeadAttention(8, 2, dropout=0.5), generator), normal(generator, 2, 5, 8)
    torch.manual_seed(0)
    assert not torch.equal(ours(x), ours(x))
    ours.eval()
    assert torch.equal(ours(x), ours(x))


Q = torch.ones(2, 3, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: attention(Q, Q[..., :2], Q), r"q \(2, 3, 4\), k \(2, 3, 2\) and v \(2, 3, 4\) do not fit"),
        (lambda: attention(Q, Q[:, :2], Q), "do not fit"),
        (lambda: attention(Q.double(), Q, Q), "give one floating dtype"),
        (lambda: attention(Q.long(), Q.long(), Q.long()), "give one floating dtype"),
        (lambda: attention(Q, Q, Q, torch.ones(3, 3)), "mask has dtype torch.float32: give booleans"),
        (lambda: attention(Q, Q, Q, torch.ones(2, 4, dtype=torch.bool)), r"mask has shape \(2, 4\): give one that"),
        (lambda: attention(Q, Q, Q, torch.ones(5, 2, 3, 3, dtype=torch.bool)), "mask has shape"),
        (lambda: attention(Q, Q, Q, "casual"), "mask='casual' is not allowed: give 'causal' or"),
        (lambda: attention(Q, Q, Q, None, torch.ones(4, 3)), r"bias has shape \(4, 3\)"),
        (lambda: attention(Q, Q, Q, None, torch.ones(3, 3, dtype=torch.bool)), "bias has dtype torch.bool"),
        (lambda: attention(Q, Q, Q, kernel="flash"), "kernel='flash' is not allowed: give 'auto'"),
        (lambda: attention(Q, Q, Q, dropout=1.0), "dropout=1.0 is not allowed"),
        (lambda: causal_mask(0), "queries=0 is not allowed"),
        (lambda: MultiHeadAttention(8, 3), "heads=3 is not allowed: give a divisor of width=8"),
        (lambda: MultiHeadAttention(6, 2, positions="rotary"), "heads=2 is not allowed: rotary pairs columns"),
        (lambda: MultiHeadAttention(6, 2, positions="learned"), "positions='learned' is not allowed"),
        (lambda: MultiHeadAttention(6, 2, kernel="x"), "kernel='x' is not allowed"),
        (lambda: MultiHeadAttention(6, 2, dropout=-0.1), "dropout=-0.1 is not allowed"),
        (lambda: MultiHeadAttention(6, 2)(Q), r"x has shape \(2, 3, 4\): give \(batch, length, 6\)"),
        (lambda: MultiHeadAttention(4, 2)(Q, Q[:1]), "context has 1 sequences, x 2"),
        (lambda: MultiHeadAttention(4, 2, positions="rotary")(Q, Q), "positions='rotary' counts along one sequence"),
        (lambda: MultiHeadAttention(4, 2)(Q, present=torch.ones(2, 3)), "present has dtype torch.float32"),
        (lambda: MultiHeadAttention(4, 2)(Q, mask=torch.ones(3, 3)), "mask has dtype torch.float32"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


@NEEDS_CUDA
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kernel", ["explicit", "fused"])
def test_attention_on_a_gpu_equals_that_on_the_cpu(kernel, dtype):
    generator = torch.Generator().manual_seed(13)
    leaves, mask = question(generator, (2, 2), 16, 16, 16, dtype=dtype)
    up = torch.randn(2, 2, 16, 16, generator=generator).to(dtype)
    there = [leaf.detach().cuda().requires_grad_() for leaf in leaves]
    for given_mask in (mask, "causal", None):
        here = attention(*leaves, given_mask, kernel="explicit")
        moved = given_mask.cuda() if isinstance(given_mask, torch.Tensor) else given_mask
        out = attention(*there, moved, kernel=kernel)
        slopes = zip(torch.autograd.grad(out, there, up.cuda()), torch.autograd.grad(here, leaves, up), strict=True)
        for one, other in ((out, here), *slopes):
            assert_same_on_gpu(one, other, dtype)
