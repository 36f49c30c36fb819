"""Day 10's convolution has the graduate's slopes, and its residual block, with the same weights, its values."""

import pytest
import torch

from challenges.day_10 import causal_conv
from dlcore.nn import convolution


def drawn(seed):
    torch.manual_seed(seed)
    return [int(k) for k in torch.randint(1, 7, (6,))]


@pytest.mark.parametrize("seed", range(20))
def test_slopes_agree(seed):
    batch, length, inputs, outputs, taps, dilation = drawn(seed)
    shapes = ((batch, length, inputs), (outputs, inputs, taps), (outputs,))
    given = [torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes]
    by_hand, for_use = (module.causal_conv1d(*given, dilation=dilation) for module in (causal_conv, convolution))
    upstream = torch.randn_like(by_hand)
    for one, other in zip(*(torch.autograd.grad(y, given, upstream) for y in (by_hand, for_use)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_blocks_agree(seed):
    batch, length, inputs, width, taps, dilation = drawn(seed)
    by_hand = causal_conv.ResidualBlock(inputs, width, taps, dilation).double()
    for_use = convolution.ResidualBlock(inputs, width, taps=taps, dilation=dilation, dropout=0.0).double()
    copied = [p.data for p in by_hand.parameters()]
    for mine, theirs in zip(for_use.parameters(), copied, strict=True):
        assert mine.shape == theirs.shape
        mine.data = torch.randn_like(theirs)
        theirs.copy_(mine.data)
    x = torch.randn(batch, length, inputs, dtype=torch.float64)
    torch.testing.assert_close(by_hand(x), for_use(x), rtol=1e-10, atol=1e-10)
