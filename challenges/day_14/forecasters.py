"""Four forecasters, small and whole, and the one protocol on which all are judged.

In:  windows of the past, (batch, look-back, channels), and layers that hold the weights.
Out: what comes next, (batch, horizon, channels); from `evaluate`, one number.
Shapes: B windows, L steps of look-back, H steps ahead, C channels, D width of a token, P numbers for each step ahead.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def evaluate(
    forecast: Callable[[Tensor], Tensor],
    values: Tensor,
    train: int,
    first: int,
    look_back: int,
    horizon: int,
    batch: int = 32,
) -> float:
    """The mean squared error of a forecast over the test rows of a file, (T, C), on the benchmark's scale.

    The scale: each channel less its mean and over its population standard deviation, both of the first `train` rows.
    The windows: one for each row that can be the first of H test rows; the test begins at row `first` and ends with the
    file, and a window's L rows of past may lie before it. `forecast` is given them in order, `batch` at a time, (B, L,
    C), and returns (B, H, C). The answer is the mean over all windows, steps and channels, whatever the batch.
    """
    # z = (x - μ) / σ, and neither knows anything that came after training
    known = values[:train]
    z = (values - known.mean(0)) / known.std(0, correction=0)  # (T, C)

    # one window of L + H rows for each origin, cut out as views
    origins = range(first, len(z) - horizon + 1)
    rows = z[first - look_back :].unfold(0, look_back + horizon, 1).mT  # (windows, C, L + H) -> (windows, L + H, C)

    # 1/N Σ over windows, so a batch weighs as much as it has windows, the last one too
    total = 0.0
    for part in rows.split(batch):
        past, future = part[:, :look_back], part[:, look_back:]  # (B, L, C), (B, H, C)
        total += (forecast(past) - future).square().mean((1, 2)).sum().item()  # (B, H, C) -> (B,) -> one number
    return total / len(origins)


def moving_average(windows: Tensor, taps: int) -> Tensor:
    """The trend of a window: at each step the mean of the `taps` steps (an odd number) around it, (B, L, C).

    Beyond the window's ends its first and its last value go on.
    """
    beyond = (taps - 1) // 2
    before, after = windows[:, :1].expand(-1, beyond, -1), windows[:, -1:].expand(-1, beyond, -1)  # (B, beyond, C)
    padded = torch.cat([before, windows, after], 1)  # (B, L + taps - 1, C)
    return padded.unfold(1, taps, 1).mean(-1)  # (B, L, C, taps) -> (B, L, C)


def over_time(layer: Callable[[Tensor], Tensor], windows: Tensor) -> Tensor:
    """A layer along time, the same for every channel: (B, L, C) -> (B, C, L) -> (B, C, H) -> (B, H, C)."""
    return layer(windows.mT).mT


def dlinear(
    windows: Tensor, seasonal: Callable[[Tensor], Tensor], trendwise: Callable[[Tensor], Tensor], taps: int
) -> Tensor:
    """DLinear: one linear map of the trend, another of what is left without it, added up; (B, L, C) -> (B, H, C).

    The trend is `moving_average`. `seasonal` and `trendwise` each map (…, L) to (…, H).
    """
    trend = moving_average(windows, taps)  # (B, L, C)
    return over_time(seasonal, windows - trend) + over_time(trendwise, trend)


def nlinear(windows: Tensor, linear: Callable[[Tensor], Tensor]) -> Tensor:
    """NLinear: the last value off, one linear map over time, the last value on again; (B, L, C) -> (B, H, C)."""
    last = windows[:, -1:]  # (B, 1, C)
    return over_time(linear, windows - last) + last


def own_scale(windows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Each window's channels at mean 0 and size 1 (Day 9's RevIN without gains), and the mean and the size, (B, 1, C).

    Population variance, with 1e-5 added under the root.
    """
    with torch.no_grad():
        mean = windows.mean(1, keepdim=True)  # (B, 1, C)
        size = (windows.var(1, keepdim=True, correction=0) + 1e-5).sqrt()  # (B, 1, C)
    return (windows - mean) / size, mean, size


def tide(
    windows: Tensor,
    dense: Callable[[Tensor], Tensor],
    step: Callable[[Tensor], Tensor],
    straight: Callable[[Tensor], Tensor],
) -> Tensor:
    """TiDE: a channel's past through dense layers to P numbers for each step ahead, those to one, and a straight line.

    `dense` maps (…, L) to (…, H · P), `step` (…, P) to (…, 1), `straight` (…, L) to (…, H); (B, L, C) -> (B, H, C).
    """
    scaled, mean, size = own_scale(windows)
    past = scaled.mT  # (B, C, L)
    line = straight(past)  # (B, C, H)
    bent = step(dense(past).unflatten(-1, (line.shape[-1], -1)))  # (B, C, H · P) -> (B, C, H, P) -> (B, C, H, 1)
    return (bent.squeeze(-1) + line).mT * size + mean


def itransformer(
    windows: Tensor,
    embed: Callable[[Tensor], Tensor],
    encoder: Callable[[Tensor], Tensor],
    project: Callable[[Tensor], Tensor],
) -> Tensor:
    """iTransformer: a token is one channel's whole window, and channels look at one another; (B, L, C) -> (B, H, C).

    Windows come on their `own_scale` and forecasts go back from it. `embed` maps (…, L) to (…, D), `encoder` (B,
    tokens, D) to the same, `project` (…, D) to (…, H). Which channel is called the first makes no difference.
    """
    scaled, mean, size = own_scale(windows)
    tokens = embed(scaled.mT)  # (B, L, C) -> (B, C, L) -> (B, C, D)
    said = project(encoder(tokens))  # (B, C, D) -> (B, C, H)
    return said.mT * size + mean  # (B, H, C)
