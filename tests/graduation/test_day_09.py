"""Day 9's layer inside torch: the graduate's slopes, and the graduate's slopes of slopes."""

import pytest
import torch

from challenges.day_09 import layer_norm as lesson
from dlcore.nn import layer_norm


def drawn(seed, dtype=torch.float64):
    draw = torch.Generator().manual_seed(seed)
    rows, width = (int(k) for k in torch.randint(1, 8, (2,), generator=draw))
    size = 10.0 ** -int(torch.randint(0, 4, (1,), generator=draw))
    parts = [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in ((rows, 3, width), width, width)]
    upstream = torch.randn((rows, 3, width), generator=draw, dtype=torch.float64).to(dtype)
    return [(a * (size if k == 0 else 1)).to(dtype).requires_grad_() for k, a in enumerate(parts)], upstream


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("dtype", "close"), [(torch.float64, 1e-10), (torch.float32, 1e-4)])
def test_slopes_agree(seed, dtype, close):
    inputs, upstream = drawn(seed, dtype)
    by_hand, for_use = (f(*inputs, epsilon=1e-4) for f in (lesson.layer_norm, layer_norm))
    torch.testing.assert_close(by_hand, for_use, rtol=close, atol=close)
    pairs = zip(*(torch.autograd.grad(y, inputs, upstream) for y in (by_hand, for_use)), strict=True)
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=close, atol=close * max(1.0, float(other.abs().max())))


@pytest.mark.parametrize("seed", range(5))
def test_torch_can_differentiate_twice(seed):
    inputs, _ = drawn(seed)
    assert torch.autograd.gradcheck(lambda *a: lesson.layer_norm(*a, 1e-3), inputs)
    assert torch.autograd.gradgradcheck(lambda *a: lesson.layer_norm(*a, 1e-3), inputs)
