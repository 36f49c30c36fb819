"""Normalisers by hand: a row on its own scale, with its gradient, and a window on its own scale, with the way back.

In:  float tensors. The row is the last axis; a window is (batch, length, features).
Out: tensors of the same shape; gradients; and the mean and spread that a window was normalised by.
Shapes: D numbers in a row, any axes in front; B windows of L days and F features; H days ahead.
"""

from typing import Any

import torch
from torch import Tensor

# --- LayerNorm ---


def layer_norm_forward(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float = 1e-5) -> Tensor:
    """(x − μ) / √(σ² + ε) · weight + bias, with μ and σ² of each row of D numbers: (…, D) -> (…, D).

    σ² describes these D numbers and estimates nothing. ε is in units of x².
    """
    centred = x - x.mean(-1, keepdim=True)  # (…, D)

    # σ² = Σ_d (x_d − μ)² / D, of what is centred already: E[x²] − μ² is the small difference of two large numbers
    variance = (centred**2).mean(-1, keepdim=True)  # (…, D) -> (…, 1)
    return centred / torch.sqrt(variance + epsilon) * weight + bias


def layer_norm_backward(x: Tensor, weight: Tensor, upstream: Tensor, epsilon: float = 1e-5) -> tuple[Tensor, ...]:
    """(∂L/∂x, ∂L/∂weight, ∂L/∂bias) from upstream = ∂L/∂y, shapes (…, D), (D,), (D,).

    With z the normalised row, h = upstream · weight the slope at z, and 1 where d = e, else 0, for [d = e]:
    ∂z_e/∂x_d = ([d = e] − 1/D − z_e z_d / D) / √(σ² + ε), to be summed over e against h.
    One weight and one bias served every row. Torch must be able to differentiate the answer once more.
    """
    centred = x - x.mean(-1, keepdim=True)  # (…, D)
    rate = 1 / torch.sqrt((centred**2).mean(-1, keepdim=True) + epsilon)  # (…, D) -> (…, 1)
    z = centred * rate

    # y = z · weight + bias, once for every row: what rows demand is added
    dweight = (upstream * z).reshape(-1, x.shape[-1]).sum(0)  # (…, D) -> (D,)
    dbias = upstream.reshape(-1, x.shape[-1]).sum(0)  # (…, D) -> (D,)

    # ∂L/∂x = (h − mean h − z · mean(h z)) / √(σ² + ε), means over the row
    h = upstream * weight
    level = h.mean(-1, keepdim=True)  # (…, D) -> (…, 1): through μ
    along = (h * z).mean(-1, keepdim=True)  # (…, D) -> (…, 1): through σ
    return (h - level - z * along) * rate, dweight, dbias


class LayerNorm(torch.autograd.Function):
    """The two functions above, given to torch: forward when it computes, backward when it asks for slopes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Tensor:
        # keep what came in, and nothing worked out from it: torch does not know how z came from x, so a second
        # derivative through a kept z would silently lack a part
        ctx.save_for_backward(x, weight)
        ctx.epsilon = epsilon
        return layer_norm_forward(x, weight, bias, epsilon)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        return *layer_norm_backward(*ctx.saved_tensors, upstream[0], ctx.epsilon), None  # ε has no slope


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float = 1e-5) -> Tensor:
    """LayerNorm with its gradient by hand."""
    return LayerNorm.apply(x, weight, bias, epsilon)


# --- its plainer sister ---


def rms_norm(x: Tensor, weight: Tensor, epsilon: float = 1e-6) -> Tensor:
    """x / √(mean x² + ε) · weight: the row's size goes, its mean stays. (…, D) -> (…, D)."""
    return x / torch.sqrt((x**2).mean(-1, keepdim=True) + epsilon) * weight


# --- RevIN: along the days of a window, and back ---


def normalise_window(window: Tensor, epsilon: float = 1e-5) -> tuple[Tensor, Tensor, Tensor]:
    """(z, mean, sd): each feature of each window on its own scale, (B, L, F), and what it was scaled by, (B, 1, F).

    z = (x − mean) / sd over the L days, sd = √(σ² + ε) with σ² divided by L.
    """
    mean = window.mean(1, keepdim=True)  # (B, L, F) -> (B, 1, F)
    sd = torch.sqrt(((window - mean) ** 2).mean(1, keepdim=True) + epsilon)  # (B, L, F) -> (B, 1, F)
    return (window - mean) / sd, mean, sd


def restore(forecast: Tensor, window: Tensor, epsilon: float = 1e-5) -> Tensor:
    """A forecast in units of its window, (B, H, F), back on the window's scale: the inverse of `normalise_window`.

    Mean and sd are those by which `normalise_window` scaled this window, the same for all H days ahead.
    """
    # y = ŷ · sd + mean, the last done undone first
    _, mean, sd = normalise_window(window, epsilon)  # (B, 1, F)
    return forecast * sd + mean  # (B, H, F)
