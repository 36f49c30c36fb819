"""LayerNorm, RMSNorm and RevIN equal torch's layers or their formulas; LayerNorm's branches differentiated twice."""

import numpy as np
import pytest
import torch
from drawn import NEEDS_CUDA, assert_close, assert_same_on_gpu, assert_same_steps, normal, redraw, tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from dlcore import handwritten as by_hand
from dlcore.nn import LayerNorm, RevIN, RMSNorm, layer_norm, norm

EXACT = (torch.float64, torch.float32)
SHAPES = [(3, 4, 8), (1, 1, 6), (5, 2), (7,), (2, 3, 2, 16), (600, 3), (0, 4)]


@pytest.fixture(params=["compiled", "plain"])
def branch(request, monkeypatch):
    """Either branch, whatever the tensors would choose."""
    if request.param == "plain":
        monkeypatch.setattr(norm, "_compilable", lambda *tensors: False)
    return request.param


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_layer_norm_and_its_gradients_equal_torch(shape, dtype, branch):
    generator = torch.Generator().manual_seed(len(shape))
    theirs = redraw(torch.nn.LayerNorm(shape[-1]), generator, dtype)
    ours = LayerNorm(shape[-1]).to(dtype)
    ours.load_state_dict(theirs.state_dict())
    x = normal(generator, *shape, dtype=dtype)
    if shape[0] and len(shape) > 1:
        tiny(x, generator)
    up = torch.randn(shape, generator=generator).to(dtype)
    assert_close(ours(x), theirs(x), dtype)
    ours(x).backward(up)
    mine, x.grad = x.grad, None
    theirs(x).backward(up)
    for one, other in ((mine, x.grad), (ours.weight.grad, theirs.weight.grad), (ours.bias.grad, theirs.bias.grad)):
        assert_close(one, other, dtype)


def test_layer_norm_equals_the_one_in_numpy(branch):
    rng = np.random.default_rng(0)
    x, up = rng.normal(size=(2, 4, 5, 6)) * [[[[1e-3]]], [[[50.0]]]] + 3
    gain, bias = rng.normal(size=(2, 6))
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, gain, bias)]
    out = layer_norm(*tensors, epsilon=1e-6)
    np.testing.assert_allclose(out.detach(), by_hand.layer_norm(x, gain, bias, epsilon=1e-6), atol=1e-10)
    gradients = torch.autograd.grad(out, tensors, torch.tensor(up))
    for one, other in zip(gradients, by_hand.layer_norm_backward(x, gain, up, epsilon=1e-6), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10 * np.abs(other).max())


def test_layer_norm_of_strided_rows_and_gradients(branch):
    generator = torch.Generator().manual_seed(1)
    ours = redraw(LayerNorm(6), generator)
    x = normal(generator, 6, 5, 4)
    up = torch.randn(1, 4, 5, 1, generator=generator, dtype=torch.float64).expand(1, 4, 5, 6).squeeze(0)
    turned = x.transpose(0, 2)  # (4, 5, 6), not contiguous
    theirs = torch.nn.functional.layer_norm(turned, (6,), ours.weight, ours.bias)
    assert_same_steps(ours(turned), theirs, (x, ours.weight, ours.bias), up, torch.float64)


def test_layer_norm_passes_gradcheck_and_gradgradcheck(branch):
    generator = torch.Generator().manual_seed(2)
    leaves = (normal(generator, 2, 3, 5), normal(generator, 5), normal(generator, 5))
    assert gradcheck(layer_norm, leaves)
    assert gradgradcheck(layer_norm, leaves)


def test_second_derivatives_of_layer_norm_equal_torch(branch):
    generator = torch.Generator().manual_seed(3)
    x, weight, bias = (normal(generator, *shape) for shape in ((4, 7), (7,), (7,)))

    def curvature(norm_):
        (slope,) = torch.autograd.grad(norm_(x, weight, bias).pow(3).sum(), x, create_graph=True)
        return torch.autograd.grad(slope.pow(2).sum(), (x, weight))

    def theirs(x, weight, bias):
        return torch.nn.functional.layer_norm(x, (7,), weight, bias)

    for one, other in zip(curvature(layer_norm), curvature(theirs), strict=True):
        assert_close(one, other, torch.float64)


def test_only_the_input_and_two_numbers_a_row_are_kept():
    ours, x = LayerNorm(8), torch.randn(5, 3, 8, requires_grad=True)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        ours(x)
    assert sorted(kept) == [8, 15, 15, 120]


def test_half_precision_is_normalised_in_float32_also_under_autocast():
    generator = torch.Generator().manual_seed(4)
    x = (normal(generator, 6, 64) * 30 + 500).to(torch.bfloat16)
    theirs = redraw(torch.nn.LayerNorm(64), generator, torch.bfloat16)
    ours = LayerNorm(64).to(torch.bfloat16)
    ours.load_state_dict(theirs.state_dict())
    assert_close(ours(x), theirs(x), torch.bfloat16)
    wide = redraw(LayerNorm(64), generator, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = wide(x)
        twice = norm._gradients(x.float(), wide.weight, torch.ones(6, 64), 1e-5)[0]
    assert_close(mixed, wide(x.float()).to(torch.bfloat16), torch.bfloat16)
    torch.testing.assert_close(twice, norm._gradients(x.float(), wide.weight, torch.ones(6, 64), 1e-5)[0])


def test_prices_keep_their_digits_in_float32(branch):
    x = torch.tensor([[4500.0, 4501.0, 4499.5, 4500.25]])
    one, zero = torch.ones(4), torch.zeros(4)
    expected = layer_norm(x.double(), one.double(), zero.double())
    torch.testing.assert_close(layer_norm(x, one, zero).double(), expected, rtol=0, atol=1e-3)


def test_a_nan_stays_in_its_row(branch):
    x = torch.randn(3, 4)
    x[1, 2] = torch.nan
    out = LayerNorm(4)(x)
    assert out[1].isnan().all()
    assert out[[0, 2]].isfinite().all()


@settings(max_examples=25)
@given(
    rows=st.integers(1, 9), width=st.integers(2, 40), size=st.sampled_from([1e-3, 1.0, 1e4]), seed=st.integers(0, 999)
)
def test_gradients_sum_to_zero_and_are_orthogonal_to_the_input(rows, width, size, seed):
    generator = torch.Generator().manual_seed(seed)
    x = (torch.randn(rows, width, generator=generator, dtype=torch.float64) * size).requires_grad_()
    weight, bias, up = (torch.randn(width, generator=generator, dtype=torch.float64) for _ in range(3))
    out = layer_norm(x, weight, bias, epsilon=1e-30)
    (down,) = torch.autograd.grad(out, x, up.expand(rows, width))
    centred = (x - x.mean(-1, keepdim=True)).detach()
    limit = 1e-9 * down.abs().sum(-1) + 1e-12 / size
    assert (down.sum(-1).abs() <= limit).all()
    assert ((down * centred).sum(-1).abs() <= limit * centred.abs().amax(-1)).all()


@pytest.mark.parametrize("dtype", EXACT)
def test_rms_norm_equals_torch(dtype):
    generator = torch.Generator().manual_seed(5)
    theirs = redraw(torch.nn.RMSNorm(8, eps=1e-6), generator, dtype)
    ours = RMSNorm(8).to(dtype)
    ours.load_state_dict(theirs.state_dict())
    x = tiny(normal(generator, 4, 5, 8, dtype=dtype), generator)
    up = torch.randn(4, 5, 8, generator=generator).to(dtype)
    assert_same_steps(ours(x), theirs(x), (x,), up, dtype)
    slopes = [torch.autograd.grad(one(x), one.weight, up)[0] for one in (ours, theirs)]
    assert_close(*slopes, dtype)


def test_rms_norm_passes_gradcheck_and_gradgradcheck():
    generator = torch.Generator().manual_seed(6)
    ours, x = redraw(RMSNorm(5), generator), normal(generator, 3, 5)
    assert gradcheck(ours, x)
    assert gradgradcheck(ours, x)


def test_rev_in_by_the_pencil():
    window = torch.tensor([1.0, 2, 3, 4, 10], dtype=torch.float64).view(1, 5, 1)
    z, scale = RevIN(1, affine=False, epsilon=1e-12)(window)
    torch.testing.assert_close(z.flatten(), torch.tensor([-3.0, -2, -1, 0, 6], dtype=torch.float64) / 10**0.5)
    forecast = RevIN(1, affine=False).restore(torch.full((1, 1, 1), 0.5, dtype=torch.float64), scale)
    assert float(forecast) == pytest.approx(5.581, abs=5e-4)


@pytest.mark.parametrize("affine", [True, False])
def test_rev_in_goes_back_and_scales_with_its_window(affine):
    generator = torch.Generator().manual_seed(7)
    ours = redraw(RevIN(3, affine=affine), generator)
    window = normal(generator, 4, 6, 3).detach() * 0.01 + 1
    z, scale = ours(window)
    torch.testing.assert_close(ours.restore(z, scale), window)
    forecast = torch.randn(4, 2, 3, generator=generator, dtype=torch.float64)
    there = RevIN(3, affine=False, epsilon=1e-30)
    once, five = (there.restore(forecast, there(window * c)[1]) for c in (1, 5))
    torch.testing.assert_close(five, 5 * once)
    assert scale.sd.shape == scale.mean.shape == (4, 1, 3)


def test_rev_in_gives_no_gradient_to_its_statistics_and_passes_gradcheck():
    generator = torch.Generator().manual_seed(8)
    ours, window = redraw(RevIN(2), generator), normal(generator, 2, 4, 2)
    (slope,) = torch.autograd.grad(ours(window)[0].sum(), window)
    scale = ours(window)[1]
    torch.testing.assert_close(slope, (ours.weight / scale.sd).expand(2, 4, 2))
    parameters, forecast = tuple(ours.parameters()), normal(generator, 2, 3, 2)
    assert gradcheck(lambda *_: ours(window.detach())[0], parameters)
    assert gradcheck(lambda forecast, *_: ours.restore(forecast, scale), (forecast, *parameters))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LayerNorm(4)(torch.ones(2, 3)), r"weight has shape \(4,\), x \(2, 3\): give one number per column"),
        (lambda: layer_norm(torch.ones(2, 3), torch.ones(3), torch.ones(2)), "bias has shape"),
        (lambda: layer_norm(torch.tensor(1.0), torch.ones(1), torch.ones(1)), "weight has shape"),
        (lambda: LayerNorm(0), "width=0 is not allowed: give an integer ≥ 1"),
        (lambda: LayerNorm(3, epsilon=0), "epsilon=0 is not allowed"),
        (lambda: RMSNorm(3)(torch.ones(2, 4)), r"x has shape \(2, 4\)"),
        (lambda: RevIN(3)(torch.ones(2, 3)), r"window has shape \(2, 3\): give \(batch, length ≥ 1, 3\)"),
        (lambda: RevIN(3)(torch.ones(2, 0, 3)), "window has shape"),
        (lambda: RevIN(0), "features=0 is not allowed"),
        (lambda: RevIN(1).restore(torch.ones(2, 3, 2), RevIN(1)(torch.ones(2, 3, 1))[1]), "forecast has shape"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


@NEEDS_CUDA
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("block", [LayerNorm, RMSNorm])
def test_norms_on_a_gpu_equal_those_on_the_cpu(block, dtype):
    generator = torch.Generator().manual_seed(9)
    ours = redraw(block(64), generator, dtype)
    x, up = normal(generator, 5, 7, 64, dtype=dtype), torch.randn(5, 7, 64, generator=generator).to(dtype)
    here = (ours(x), *torch.autograd.grad(ours(x), (x, *ours.parameters()), up))
    ours.cuda()
    y = x.detach().cuda().requires_grad_()
    there = (ours(y), *torch.autograd.grad(ours(y), (y, *ours.parameters()), up.cuda()))
    for one, other in zip(there, here, strict=True):
        assert_same_on_gpu(one, other, dtype)
