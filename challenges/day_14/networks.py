"""What the four functions of `forecasters.py` are given, under one roof each: layers with weights that can be trained.

In:  sizes; then windows of the past, (batch, look-back, channels).
Out: what comes next, (batch, horizon, channels).
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from dlcore.nn import Dropout, Encoder, LayerNorm

from .forecasters import dlinear, itransformer, nlinear, tide


class DLinear(nn.Module):
    """What `dlinear` is given, under one roof."""

    def __init__(self, look_back: int, horizon: int, taps: int = 25) -> None:
        super().__init__()
        self.taps, self.seasonal, self.trendwise = taps, nn.Linear(look_back, horizon), nn.Linear(look_back, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """(B, L, C) -> (B, H, C)."""
        return dlinear(windows, self.seasonal, self.trendwise, self.taps)


class NLinear(nn.Module):
    """What `nlinear` is given."""

    def __init__(self, look_back: int, horizon: int) -> None:
        super().__init__()
        self.linear = nn.Linear(look_back, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """(B, L, C) -> (B, H, C)."""
        return nlinear(windows, self.linear)


class Residual(nn.Module):
    """TiDE's brick: skip(x) + drop(out(ReLU(hidden(x)))), with a linear skip."""

    def __init__(self, inputs: int, hidden: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.hidden, self.out, self.skip = (
            nn.Linear(inputs, hidden),
            nn.Linear(hidden, outputs),
            nn.Linear(inputs, outputs),
        )
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(…, inputs) -> (…, outputs)."""
        return self.skip(x) + self.drop(self.out(functional.relu(self.hidden(x))))


class TiDE(nn.Module):
    """What `tide` is given: an encoder and a decoder of bricks, each followed by a norm, and P = 8 numbers a step."""

    def __init__(self, look_back: int, horizon: int, width: int = 64, layers: int = 1, dropout: float = 0.1) -> None:
        super().__init__()
        widths = [look_back, *[width] * (2 * layers - 1), 8 * horizon]
        bricks = [(Residual(a, width, b, dropout), LayerNorm(b)) for a, b in pairwise(widths)]
        self.dense = nn.Sequential(*(layer for pair in bricks for layer in pair))
        self.step, self.straight = Residual(8, width, 1, dropout), nn.Linear(look_back, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """(B, L, C) -> (B, H, C)."""
        return tide(windows, self.dense, self.step, self.straight)


class ITransformer(nn.Module):
    """What `itransformer` is given: Day 12's encoder in its post-norm form, as the paper has it, with no positions."""

    def __init__(
        self, look_back: int, horizon: int, width: int = 64, heads: int = 4, layers: int = 2, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.embed, self.drop = nn.Linear(look_back, width), Dropout(dropout)
        self.encoder = Encoder(width, heads, layers, hidden=width, dropout=dropout, norm="post")
        self.project = nn.Linear(width, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """(B, L, C) -> (B, H, C)."""
        return itransformer(windows, lambda x: self.drop(self.embed(x)), self.encoder, self.project)
