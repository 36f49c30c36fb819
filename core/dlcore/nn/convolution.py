"""Convolution over time that never sees tomorrow: one kernel, a residual block of two, a network whose field doubles.

In come sequences `(batch, length, channels)`, the newest day last; out come sequences of the same length, where each
day is made of itself and days before it. Days before the first count as zeros.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcore.nn.dropout import Dropout
from dlcore.nn.norm import LayerNorm

__all__ = ["CausalConv1d", "ResidualBlock", "TemporalConvNet", "causal_conv1d", "receptive_field"]


def causal_conv1d(x: Tensor, weight: Tensor, bias: Tensor | None = None, *, dilation: int = 1) -> Tensor:
    """``y_t = bias + Σ_k weight_k x_{t − (K − 1 − k) · dilation}``: the last tap is today, the first the farthest day.

    As `torch.nn.functional.conv1d` on a sequence padded on the left only.

    Parameters
    ----------
    x : Tensor, shape (B, L, I)
    weight : Tensor, shape (O, I, K)
    bias : Tensor, shape (O,), optional
    dilation : int
        Days between two taps, ≥ 1.

    Returns
    -------
    Tensor, shape (B, L, O)

    Raises
    ------
    ValueError
        If shapes do not fit, or the dilation is below 1.

    References
    ----------
    van den Oord et al., *WaveNet*, arXiv 1609.03499 (2016), section 2.1.
    """
    if x.ndim != 3 or weight.ndim != 3 or x.shape[-1] != weight.shape[1]:
        shapes = f"x {tuple(x.shape)} and weight {tuple(weight.shape)}"
        raise ValueError(f"{shapes} do not fit: give (batch, length, I) and (O, I, taps)")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ValueError(f"bias has shape {tuple(bias.shape)}, weight {tuple(weight.shape)}: give one per output")
    if dilation < 1:
        raise ValueError(f"dilation={dilation} is not allowed: give an integer ≥ 1")
    length, taps = x.shape[1], weight.shape[-1]
    padded = functional.pad(x, (0, 0, (taps - 1) * dilation, 0))  # (B, L + (K - 1) d, I)
    shifted = [padded[:, k * dilation : k * dilation + length] for k in range(taps)]  # (B, L, I) each
    matrix = weight.transpose(1, 2).flatten(1)  # (O, K I): one product instead of K
    return functional.linear(torch.cat(shifted, dim=-1), matrix, bias)  # (B, L, K I) -> (B, L, O)


def receptive_field(taps: int, dilations: Sequence[int], *, convolutions: int = 2) -> int:
    """Days that one output can see, itself included: ``1 + convolutions · (taps − 1) · Σ dilations``.

    Parameters
    ----------
    taps : int
        Of each kernel.
    dilations : sequence of int
        One for each block.
    convolutions : int
        In each block; a `ResidualBlock` has two.

    Raises
    ------
    ValueError
        For numbers below 1, or no dilations.
    """
    for name, value in (("taps", taps), ("convolutions", convolutions), ("dilations", min(dilations, default=0))):
        if value < 1:
            raise ValueError(f"{name}={value} is not allowed: give integers ≥ 1")
    return 1 + convolutions * (taps - 1) * sum(dilations)


class CausalConv1d(nn.Module):
    """`causal_conv1d` with weights that are learned, named and begun as those of `torch.nn.Conv1d`.

    Parameters
    ----------
    inputs, outputs : int
        Channels.
    taps : int
        Size of the kernel.
    dilation : int
    """

    def __init__(self, inputs: int, outputs: int, *, taps: int = 3, dilation: int = 1) -> None:
        super().__init__()
        for name, value in (("inputs", inputs), ("outputs", outputs), ("taps", taps), ("dilation", dilation)):
            if value < 1:
                raise ValueError(f"{name}={value} is not allowed: give an integer ≥ 1")
        self.dilation = dilation
        self.weight = nn.Parameter(torch.empty(outputs, inputs, taps))
        self.bias = nn.Parameter(torch.empty(outputs))
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -((inputs * taps) ** -0.5), (inputs * taps) ** -0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, inputs) → (B, L, outputs)."""
        return causal_conv1d(x, self.weight, self.bias, dilation=self.dilation)


class ResidualBlock(nn.Module):
    """Twice convolution, norm, ReLU and dropout, beside a path that changes nothing (or only the number of channels).

    The norm is LayerNorm over the channels of one day. One that averages over days, GroupNorm or InstanceNorm or
    BatchNorm in training, would carry tomorrow into today through its mean, however the convolutions are padded.

    Parameters
    ----------
    inputs, width : int
        Channels in and out.
    taps, dilation : int
        Of both convolutions.
    dropout : float

    References
    ----------
    Bai, Kolter and Koltun, *An empirical evaluation of generic convolutional and recurrent networks for sequence
    modeling*, arXiv 1803.01271 (2018), figure 1 (b); there with weight norm.
    """

    def __init__(self, inputs: int, width: int, *, taps: int = 3, dilation: int = 1, dropout: float = 0.1) -> None:
        super().__init__()
        first, second = (CausalConv1d(n, width, taps=taps, dilation=dilation) for n in (inputs, width))
        self.branch = nn.Sequential(
            *(first, LayerNorm(width), nn.ReLU(), Dropout(dropout)),
            *(second, LayerNorm(width), nn.ReLU(), Dropout(dropout)),
        )
        self.skip = nn.Identity() if inputs == width else nn.Linear(inputs, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, inputs) → (B, L, width)."""
        return self.skip(x) + self.branch(x)


class TemporalConvNet(nn.Module):
    """Residual blocks whose dilations grow, so that few of them see far.

    Parameters
    ----------
    inputs : int
        Channels that come in.
    width : int
        Channels of every block.
    dilations : sequence of int
        One for each block.
    taps : int
        Of every kernel.
    dropout : float

    Attributes
    ----------
    receptive_field : int
        Days that one output can see, itself included: a window needs no more.
    """

    def __init__(
        self,
        inputs: int,
        width: int,
        *,
        dilations: Sequence[int] = (1, 2, 4, 8),
        taps: int = 3,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.receptive_field = receptive_field(taps, dilations)
        channels = (inputs, *[width] * len(dilations))
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(one, width, taps=taps, dilation=dilation, dropout=dropout)
                for one, dilation in zip(channels, dilations, strict=False)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, inputs) → (B, L, width)."""
        return self.blocks(x)
