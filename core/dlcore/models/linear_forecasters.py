"""Linear forecasters, which no transformer was allowed to be compared with for some years.

In come windows; each channel by itself is mapped to its future by weights over time that all channels share. What the
two differ in is what is taken off a window before the map, and put back after it.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from dlcore.models.channels import ChannelForecaster


def moving_average(windows: Tensor, taps: int) -> Tensor:
    """The trend of a window: means over `taps` steps centred on each, the ends repeated beyond the window.

    Parameters
    ----------
    windows : Tensor, shape (B, L, C)
    taps : int
        Odd, ≥ 1; may be longer than the window.

    Returns
    -------
    Tensor, shape (B, L, C)
        Centred, so every step but the last knows of later steps of its window; a window holds nothing but the past.
    """
    beyond = (taps - 1) // 2
    padded = functional.pad(windows.transpose(1, 2), (beyond, beyond), mode="replicate")  # (B, C, L + taps - 1)
    return functional.avg_pool1d(padded, taps, stride=1).transpose(1, 2)  # (B, L, C)


class DecomposedLinear(nn.Module):
    """``seasonal(x − trend) + trendwise(trend)``: one linear map over time for each part of a window."""

    def __init__(self, look_back: int, horizon: int, taps: int) -> None:
        super().__init__()
        self.taps = taps
        self.seasonal, self.trendwise = nn.Linear(look_back, horizon), nn.Linear(look_back, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """(B, L, C) to (B, H, C)."""
        trend = moving_average(windows, self.taps)  # (B, L, C)
        rest = windows - trend
        said = self.seasonal(rest.transpose(1, 2)) + self.trendwise(trend.transpose(1, 2))  # (B, C, L) to (B, C, H)
        return said.transpose(1, 2)


class LastSubtractedLinear(nn.Module):
    """``linear(x − last) + last``: one linear map over time of how a window differs from its end."""

    def __init__(self, look_back: int, horizon: int) -> None:
        super().__init__()
        self.linear = nn.Linear(look_back, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """(B, L, C) to (B, H, C)."""
        last = windows[:, -1:]  # (B, 1, C)
        return self.linear((windows - last).transpose(1, 2)).transpose(1, 2) + last  # (B, C, L) to (B, H, C)


@dataclass
class DLinear(ChannelForecaster):
    """Trend by a moving average and what is left of it, one linear map over time each, the same for every channel.

    As a function it is one linear map: the decomposition changes where learning starts and how fast it goes.

    Parameters
    ----------
    epochs, batch_size, learning_rate, weight_decay, patience, gap, head_weight, seed, device
        As `NeuralForecaster`.
    taps : int
        Steps of the moving average, odd, ≥ 1.

    References
    ----------
    Zeng, Chen, Zhang and Xu, "Are transformers effective for time series forecasting?", AAAI (2023), section 4.
    """

    taps: int = 25

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.taps < 1 or self.taps % 2 == 0:
            raise ValueError(f"taps={self.taps!r} is not allowed: give an odd integer ≥ 1")

    def network(self, look_back: int, horizon: int, channels: int) -> nn.Module:
        """`DecomposedLinear` for any number of channels."""
        return DecomposedLinear(look_back, horizon, self.taps)


@dataclass
class NLinear(ChannelForecaster):
    """The last value off, one linear map over time, the last value on again.

    Parameters
    ----------
    epochs, batch_size, learning_rate, weight_decay, patience, gap, head_weight, seed, device
        As `NeuralForecaster`.

    References
    ----------
    As `DLinear`.
    """

    def network(self, look_back: int, horizon: int, channels: int) -> nn.Module:
        """`LastSubtractedLinear` for any number of channels."""
        return LastSubtractedLinear(look_back, horizon)
