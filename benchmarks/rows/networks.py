"""Blocks of `dlcore.nn` beside torch's own with the same weights: forward and backward, every gradient compared.

The Panel is not looked at: a batch is 64 windows of 60 sessions, or 256 tokens for attention alone.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.race import Peer, Row

if TYPE_CHECKING:
    import torch
    import xarray as xr

    Step = Callable[[], list[torch.Tensor]]


def layer_norm(panel: "xr.Dataset") -> Row:
    """Width 128."""
    from torch import nn

    from dlcore.nn import LayerNorm

    return _modules("LayerNorm, 64 × 60 × 128", LayerNorm(128), nn.LayerNorm(128), 1.5)


def encoder(panel: "xr.Dataset") -> Row:
    """A pre-norm layer, width 128, 8 heads, without dropout, whose coins would differ."""
    from torch import nn

    from dlcore.nn import EncoderLayer

    theirs = nn.TransformerEncoderLayer(128, 8, 512, 0.0, "gelu", batch_first=True, norm_first=True)
    return _modules("encoder layer, 64 × 60 × 128", EncoderLayer(128, 8, dropout=0.0), theirs, 1.0)


def attention_auto(panel: "xr.Dataset") -> Row:
    """The kernel that is chosen."""
    return _attention("auto", 1.1)


def attention_explicit(panel: "xr.Dataset") -> Row:
    """The kernel that can be read."""
    return _attention("explicit", 2.2)


def _attention(kernel: Any, ratio: float) -> Row:
    from torch.nn import functional

    from dlcore.nn import attention

    inputs = [_drawn(4, 8, 256, 32, seed=seed) for seed in range(3)]
    theirs = _step(lambda: functional.scaled_dot_product_attention(*inputs), inputs)
    peer = Peer("torch, fused kernel", theirs, _check, ratio)
    ours = _step(lambda: attention(*inputs, kernel=kernel), inputs)
    return Row(f"attention, kernel {kernel}, 4 × 8 × 256 × 32", ours, (peer,))


def _modules(work: str, ours: "torch.nn.Module", theirs: "torch.nn.Module", ratio: float) -> Row:
    import torch

    with torch.no_grad():
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            mine.copy_(other)
    x = _drawn(64, 60, 128, seed=0)
    steps = [_step(lambda module=module: module(x), [x, *module.parameters()]) for module in (ours, theirs)]
    return Row(work, steps[0], (Peer(f"torch.nn.{type(theirs).__name__}", steps[1], _check, ratio),))


def _drawn(*shape: int, seed: int) -> "torch.Tensor":
    import torch

    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def _step(forward: "Callable[[], torch.Tensor]", leaves: "list[torch.Tensor]") -> "Step":
    """Forward and backward: the output and the gradients of the leaves."""
    import torch

    def step() -> "list[torch.Tensor]":
        out = forward()
        return [out.detach(), *torch.autograd.grad(out, leaves, out.detach())]

    return step


def _check(ours: "list[torch.Tensor]", theirs: "list[torch.Tensor]") -> str:
    import torch

    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-5 * max(1.0, float(other.abs().max())))
    return "output and all gradients, to 1e-5 of the largest"
