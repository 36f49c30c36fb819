"""Causal convolution equals torch's padded on the left; fields by formula are fields by gradient; no tomorrow."""

import pytest
import torch
from drawn import NEEDS_CUDA, assert_close, assert_same_on_gpu, assert_same_steps, normal, redraw
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from dlcore.nn import CausalConv1d, ResidualBlock, TemporalConvNet, causal_conv1d, receptive_field


def test_by_the_pencil():
    x, weight = torch.arange(1.0, 6).view(1, 5, 1), torch.tensor([1.0, 2, 4]).view(1, 1, 3)
    assert causal_conv1d(x, weight).flatten().tolist() == [4, 10, 17, 24, 31]
    assert causal_conv1d(x, weight, dilation=2).flatten().tolist() == [4, 8, 14, 20, 27]
    assert receptive_field(3, (1, 2, 4)) == 29
    assert receptive_field(3, (1, 2, 4), convolutions=1) == 15


@settings(max_examples=25)
@given(sizes=st.tuples(*[st.integers(1, 5)] * 6), seed=st.integers(0, 999), double=st.booleans())
def test_convolution_and_its_gradients_equal_torch(sizes, seed, double):
    batch, length, inputs, outputs, taps, dilation = sizes
    dtype = torch.float64 if double else torch.float32
    generator = torch.Generator().manual_seed(seed)
    ours = redraw(CausalConv1d(inputs, outputs, taps=taps, dilation=dilation), generator, dtype)
    theirs = torch.nn.Conv1d(inputs, outputs, taps, dilation=dilation, dtype=dtype)
    theirs.load_state_dict(ours.state_dict())
    x = normal(generator, batch, length, inputs, dtype=dtype)
    up = torch.randn(batch, length, outputs, generator=generator).to(dtype)
    there = theirs(torch.nn.functional.pad(x.transpose(1, 2), ((taps - 1) * dilation, 0))).transpose(1, 2)
    assert_same_steps(ours(x), there, (x,), up, dtype)
    slopes = [torch.autograd.grad(y, list(m.parameters()), up) for y, m in ((ours(x), ours), (there, theirs))]
    for one, other in zip(*slopes, strict=True):
        assert_close(one, other, dtype)


def test_convolution_and_block_pass_gradcheck_and_gradgradcheck():
    generator = torch.Generator().manual_seed(1)
    x, weight, bias = normal(generator, 2, 4, 2), normal(generator, 3, 2, 2), normal(generator, 3)
    call = (lambda *leaves: causal_conv1d(*leaves, dilation=2), (x, weight, bias))
    assert gradcheck(*call)
    assert gradgradcheck(*call)
    block = redraw(ResidualBlock(2, 3, taps=2, dropout=0.0), generator)
    assert gradcheck(block, x)
    assert gradgradcheck(block, x)


@pytest.mark.parametrize(("taps", "dilations"), [(3, (1, 2, 4)), (2, (1, 3)), (1, (1, 1)), (4, (2,))])
def test_the_field_by_formula_is_the_field_by_gradient(taps, dilations):
    generator = torch.Generator().manual_seed(2)
    net = redraw(TemporalConvNet(3, 8, dilations=dilations, taps=taps, dropout=0.0), generator)
    length = net.receptive_field + 4
    reached = torch.zeros(length, dtype=torch.bool)
    for _ in range(8):  # a ReLU may close a path for one draw, not for all
        x = normal(generator, 4, length, 3)
        reached |= torch.autograd.grad(net(x)[:, -1].pow(2).sum(), x)[0].abs().sum((0, 2)) > 0
    assert not reached[: -net.receptive_field].any()
    assert reached[-net.receptive_field]
    assert reached[-1]


def test_tomorrow_drawn_anew_leaves_today_alone():
    generator = torch.Generator().manual_seed(3)
    net = redraw(TemporalConvNet(3, 6, dropout=0.0), generator)
    x = normal(generator, 2, 8, 3).detach()
    for day in range(1, 8):
        changed = x.clone()
        changed[:, day:] = torch.randn(2, 8 - day, 3, generator=generator, dtype=torch.float64)
        torch.testing.assert_close(net(changed)[:, :day], net(x)[:, :day], rtol=0, atol=0)
        assert (net(changed)[:, day] - net(x)[:, day]).abs().max() > 1e-3


def test_a_norm_over_days_would_be_caught():
    generator = torch.Generator().manual_seed(4)
    convolution = redraw(CausalConv1d(3, 6), generator)
    x = normal(generator, 2, 8, 3).detach()
    changed = x.clone()
    changed[:, 5:] = torch.randn(2, 3, 3, generator=generator, dtype=torch.float64)

    def grouped(x):
        return torch.nn.functional.group_norm(convolution(x).transpose(1, 2), 2).transpose(1, 2)

    assert (grouped(changed)[:, :5] - grouped(x)[:, :5]).abs().max() > 1e-3


def test_the_skip_is_a_path_that_changes_nothing():
    block = ResidualBlock(4, 4)
    for norm in (block.branch[1], block.branch[5]):
        torch.nn.init.zeros_(norm.weight)
    x = torch.randn(2, 5, 4)
    assert torch.equal(block(x), x)
    assert ResidualBlock(3, 4)(torch.randn(2, 1, 3)).shape == (2, 1, 4)


def test_dropout_in_training_only():
    net, x = TemporalConvNet(3, 6, dropout=0.5), torch.randn(2, 7, 3)
    assert not torch.equal(net(x), net(x))
    net.eval()
    assert torch.equal(net(x), net(x))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: causal_conv1d(torch.ones(2, 3), torch.ones(1, 3, 2)), "do not fit: give"),
        (lambda: causal_conv1d(torch.ones(2, 5, 3), torch.ones(1, 2, 2)), r"x \(2, 5, 3\) and weight \(1, 2, 2\)"),
        (lambda: causal_conv1d(torch.ones(2, 5, 3), torch.ones(1, 3, 2), torch.ones(2)), "bias has shape"),
        (lambda: causal_conv1d(torch.ones(2, 5, 3), torch.ones(1, 3, 2), dilation=0), "dilation=0 is not allowed"),
        (lambda: CausalConv1d(1, 1, taps=0), "taps=0 is not allowed"),
        (lambda: CausalConv1d(1, 0), "outputs=0 is not allowed"),
        (lambda: ResidualBlock(1, 2, dropout=2), "dropout=2 is not allowed"),
        (lambda: TemporalConvNet(1, 2, dilations=()), "dilations=0 is not allowed"),
        (lambda: receptive_field(3, (1, 0)), "dilations=0 is not allowed"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


@NEEDS_CUDA
def test_a_network_on_a_gpu_equals_that_on_the_cpu():
    net, x = TemporalConvNet(3, 16, dropout=0.0), torch.randn(4, 40, 3)
    here = net(x)
    there = net.cuda()(x.cuda())
    assert_same_on_gpu(there, here, torch.float32)
