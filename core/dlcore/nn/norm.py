"""Normalisers: a token on its own scale (LayerNorm, RMSNorm), and a window on its own scale with the way back (RevIN).

In come float tensors, `(batch, length, width)` or any other leading shape; out come tensors of the same shape and
dtype, NaN where a row holds one. LayerNorm's gradient is written by hand, twice: as plain torch, and as compiled rows
for the CPU.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

__all__ = ["LayerNorm", "RMSNorm", "RevIN", "WindowScale", "layer_norm"]


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor, *, epsilon: float = 1e-5) -> Tensor:
    """Each row minus its mean, over its standard deviation, times a gain, plus a bias.

    ``(x − μ) / √(σ² + ε) · weight + bias``, μ and σ² (ddof 0) over the last axis. Differentiable twice.

    Parameters
    ----------
    x : Tensor, shape (…, D)
        Half precision is normalised in float32 and rounded once.
    weight, bias : Tensor, shape (D,)
    epsilon : float
        Above 0, in units of x². Returns near .001 need a smaller one than the default, or are visibly shrunk.

    Returns
    -------
    Tensor, shape (…, D)

    Raises
    ------
    ValueError
        If shapes do not fit, or ε is not above 0.

    References
    ----------
    Ba, Kiros and Hinton, *Layer normalization*, arXiv 1607.06450 (2016), equation 4.
    """
    for name, tensor in (("weight", weight), ("bias", bias)):
        if x.ndim == 0 or tensor.shape != x.shape[-1:]:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}, x {tuple(x.shape)}: give one number per column")
    _check_epsilon(epsilon)
    return _LayerNorm.apply(x, weight, bias, epsilon)  # pyright: ignore[reportReturnType] -- torch types apply as Any | None


class LayerNorm(nn.Module):
    """`layer_norm` with a gain and a bias that are learned; they start at one and zero.

    Has the parameters of `torch.nn.LayerNorm` under the same names, so weights go from one to the other.

    Parameters
    ----------
    width : int
        Size of the last axis.
    epsilon : float
        As in `layer_norm`.
    """

    def __init__(self, width: int, *, epsilon: float = 1e-5) -> None:
        super().__init__()
        _check_width(width)
        _check_epsilon(epsilon)
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) → (…, D)."""
        return layer_norm(x, self.weight, self.bias, epsilon=self.epsilon)


class RMSNorm(nn.Module):
    """Each row over its root mean square, times a gain: ``x / √(mean x² + ε) · weight``.

    What LayerNorm does without taking the mean off: "everyone up" survives, "everyone louder" does not.

    Parameters
    ----------
    width : int
        Size of the last axis.
    epsilon : float
        Above 0, in units of x²; `torch.nn.RMSNorm` takes the dtype's own when it is given none.

    References
    ----------
    Zhang and Sennrich, *Root mean square layer normalization*, NeurIPS 2019, equation 4.
    """

    def __init__(self, width: int, *, epsilon: float = 1e-6) -> None:
        super().__init__()
        _check_width(width)
        _check_epsilon(epsilon)
        self.epsilon = epsilon
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) → (…, D)."""
        if x.shape[-1:] != self.weight.shape:
            raise ValueError(f"x has shape {tuple(x.shape)}: give (…, {len(self.weight)})")
        with _full_precision(x):
            wide = _widened(x)
            power = _row_mean(wide * wide)  # (…, 1)
            return (wide * torch.rsqrt(power + self.epsilon) * self.weight).to(x.dtype)


class WindowScale(NamedTuple):
    """Where a window stood and how much it moved: mean and standard deviation, (batch, 1, features) each."""

    mean: Tensor
    sd: Tensor


class RevIN(nn.Module):
    """Reversible instance normalisation: each feature of a window on its own scale, and forecasts back on the old one.

    A forecast then grows with its window: right for returns and prices (degree 1), wrong for what is measured in units
    of volatility (degree 0: leave the way back out) and for variances (degree 2: multiply by ``scale.sd**2``).

    Parameters
    ----------
    features : int
        Size of the last axis.
    affine : bool
        Learn a gain and a bias per feature, taken back off on the way back.
    epsilon : float
        Above 0, added to the variance under the root.

    References
    ----------
    Kim et al., *Reversible instance normalization for accurate time-series forecasting against distribution shift*,
    ICLR 2022, equations 1 to 3.
    """

    def __init__(self, features: int, *, affine: bool = True, epsilon: float = 1e-5) -> None:
        super().__init__()
        _check_width(features, "features")
        _check_epsilon(epsilon)
        self.features, self.epsilon = features, epsilon
        self.weight = nn.Parameter(torch.ones(features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(features)) if affine else None

    def forward(self, window: Tensor) -> tuple[Tensor, WindowScale]:
        """Normalise the input window, (B, L, F), and say by what; the target window is never asked.

        Mean and population standard deviation over the length, ε under the root; the gradient flows through neither,
        as in the paper's code.
        """
        self._check(window, "window")
        fixed = window.detach()
        mean = fixed.mean(dim=1, keepdim=True)  # (B, 1, F)
        sd = torch.sqrt(fixed.var(dim=1, keepdim=True, correction=0) + self.epsilon)  # (B, 1, F)
        z = (window - mean) / sd  # (B, L, F)
        if self.weight is not None and self.bias is not None:
            z = z * self.weight + self.bias
        return z, WindowScale(mean, sd)

    def restore(self, forecast: Tensor, scale: WindowScale) -> Tensor:
        """The way back: (B, H, F) as `forward` normalises → (B, H, F) on the scale of the window, any horizon H."""
        self._check(forecast, "forecast")
        if self.weight is not None and self.bias is not None:
            forecast = (forecast - self.bias) / self.weight
        return forecast * scale.sd + scale.mean

    def _check(self, x: Tensor, name: str) -> None:
        if x.ndim != 3 or x.shape[-1] != self.features or x.shape[1] == 0:
            raise ValueError(f"{name} has shape {tuple(x.shape)}: give (batch, length ≥ 1, {self.features})")


class _LayerNorm(torch.autograd.Function):
    """Forward and backward by hand. Only the input, the gain and two numbers per row are kept in between."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Tensor:
        ctx.epsilon = epsilon
        if not _compilable(x, weight, bias):
            ctx.save_for_backward(x, weight)
            with _full_precision(x):
                z, _ = _normalised(_widened(x), epsilon)
                return torch.addcmul(bias, z, weight).to(x.dtype)
        from dlcore.nn.norm_rows import forward

        out, mean, rate = forward(x, weight, bias, epsilon)
        ctx.save_for_backward(x, weight, mean, rate)
        return out

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, *statistics = ctx.saved_tensors
        if statistics and not torch.is_grad_enabled():
            from dlcore.nn.norm_rows import backward

            return *backward(x, weight, upstream[0], *statistics), None
        # grad mode is on when this gradient will itself be differentiated: only torch's own operations know how
        return *_gradients(x, weight, upstream[0], ctx.epsilon), None


def _normalised(x: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """The row on its own scale, (…, D), and what it was multiplied by, (…, 1)."""
    centred = x - _row_mean(x)
    rate = torch.rsqrt(_row_mean(centred * centred) + epsilon)
    return centred * rate, rate


def _gradients(x: Tensor, weight: Tensor, upstream: Tensor, epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """With h = upstream · weight: ``dx = (h − mean h − z mean(h z)) / √(σ² + ε)``, and the gain's and the bias's."""
    with _full_precision(x):
        z, rate = _normalised(_widened(x), epsilon)  # (…, D) (…, 1)
        up = _widened(upstream)
        h = up * weight
        down = torch.addcmul(h - _row_mean(h), z, _row_mean(h * z), value=-1) * rate
        dgain, dbias = (g.reshape(-1, x.shape[-1]).sum(0) for g in (up * z, up))
    return down.to(x.dtype), dgain.to(weight.dtype), dbias.to(weight.dtype)


def _row_mean(x: Tensor) -> Tensor:
    """Mean over the last axis, kept, as a product: on the CPU some ten times as fast as torch's own reductions."""
    return (x @ x.new_full(x.shape[-1:], 1 / x.shape[-1])).unsqueeze(-1)  # (…, 1)


def _compilable(x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    one_kind = x.dtype == weight.dtype == bias.dtype and x.device == weight.device == bias.device
    return one_kind and x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64)


def _widened(x: Tensor) -> Tensor:
    """Half precision as float32: a mean of squares needs the digits."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def _full_precision(x: Tensor) -> torch.autocast:
    """Autocast would turn the products behind the means into half precision."""
    return torch.autocast(x.device.type, enabled=False)


def _check_width(width: int, name: str = "width") -> None:
    if width < 1:
        raise ValueError(f"{name}={width} is not allowed: give an integer ≥ 1")


def _check_epsilon(epsilon: float) -> None:
    if not epsilon > 0:
        raise ValueError(f"epsilon={epsilon} is not allowed: give a number above 0")
