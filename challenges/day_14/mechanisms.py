"""Four papers by the one thing that was new in each: frequencies, a fold, two stages, a prior.

In:  windows, (batch, look-back, channels), or tokens; from `draw_prior`, nothing but a generator.
Out: windows or tokens of another form; what learns around them in the papers is left out.
Shapes: B windows, L steps, C channels, M modes, S segments of a channel, D width of a token, R routers.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from dlcore.nn import attention


def frequency_block(windows: Tensor, modes: Sequence[int], weight: Tensor | None = None) -> Tensor:
    """FEDformer: a window through a few of its frequencies, (B, L, C) -> (B, L, C).

    Mode m goes round m times in the window. `weight`, complex (M, C, C), mixes the channels of each mode; the other
    modes are silence. The paper draws its modes at random, once, before training.
    """
    # X_m = Σ_t x_t e^(-2πi m t / L)
    spectrum = torch.fft.rfft(windows, dim=1)  # (B, L, C) -> (B, L//2 + 1, C), complex
    kept = spectrum[:, list(modes)]  # (B, M, C)
    if weight is not None:
        kept = torch.einsum("bmc,mcd->bmd", kept, weight)  # (B, M, C)
    quiet = torch.zeros_like(spectrum)
    quiet[:, list(modes)] = kept
    return torch.fft.irfft(quiet, n=windows.shape[1], dim=1)  # (B, L, C)


def strongest_periods(windows: Tensor, count: int) -> list[int]:
    """TimesNet asks the windows for their periods: L // m for the `count` modes of largest mean amplitude."""
    amplitude = torch.fft.rfft(windows, dim=1).abs().mean((0, 2))  # (B, L, C) -> (L//2 + 1,)
    modes = 1 + amplitude[1:].topk(count).indices  # the mean of a window, m = 0, is no period
    return [windows.shape[1] // int(m) for m in modes]


def fold(windows: Tensor, period: int) -> Tensor:
    """TimesNet: a row becomes a sheet, (B, L, C) -> (B, C, L // period, period).

    Down a column stands the same hour of all days, along a row the hours of one day, so that a small convolution sees
    both kinds of neighbours. Of a window that holds no whole number of periods the oldest steps are left out.
    """
    whole = windows.shape[1] // period
    return windows[:, -whole * period :].mT.unflatten(-1, (whole, period))  # (B, C, whole · period), then the sheet


def segments(windows: Tensor, size: int) -> Tensor:
    """Crossformer's tokens: pieces of one channel, (B, L, C) -> (B, C, L // size, size), the newest whole."""
    return fold(windows, size)


def two_stage(tokens: Tensor, routers: Tensor) -> Tensor:
    """Crossformer: look along time, then across channels through a few routers, (B, C, S, D) -> (B, C, S, D).

    Attention among C channels costs C². R routers, (R, D), gather what all channels say at a segment and hand it back:
    2 · R · C. (The paper's maps, norms and feed-forwards around the three attentions are left out.)
    """
    # stage one: within a channel, segments look at segments
    along = tokens + attention(tokens, tokens, tokens)  # (B, C, S, D), S² scores for each channel

    # stage two: at one segment, routers look at channels, and channels at routers
    there = along.transpose(1, 2)  # (B, S, C, D)
    asked = routers.expand(*there.shape[:2], -1, -1)  # (R, D) -> (B, S, R, D)
    gathered = attention(asked, there, there)  # (B, S, R, D), R · C scores
    heard = attention(there, gathered, gathered)  # (B, S, C, D), C · R scores
    return along + heard.transpose(1, 2)  # (B, C, S, D)


def draw_prior(
    count: int,
    length: int,
    periods: Sequence[float],
    generator: torch.Generator,
    slope: float = 0.0,
    noise: float = 0.3,
) -> Tensor:
    """ForecastPFN: series that nobody measured, to learn from before one has seen any, (count, length).

    As in the paper trend · season · noise. The trend is 1 + k t / length with k drawn as slope · N(0, 1); the season
    has one of `periods`, drawn for each series, and three harmonics of random size and place; the noise is 1 + `noise`
    times an AR(1) of unit spread (the paper draws it afresh at each step, from a Weibull).
    """

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    t = torch.arange(length, dtype=torch.float64)
    trend = 1 + slope * normal(count, 1) * t / length  # (count, length)
    drawn = torch.tensor(periods, dtype=torch.float64)[torch.randint(len(periods), (count,), generator=generator)]
    order = torch.arange(1, 4, dtype=torch.float64)  # harmonics
    angle = 2 * torch.pi * order[:, None] * t / drawn[:, None, None]  # (count, 3, length)
    size = normal(2, count, 3, 1) / order[:, None]  # (2, count, 3, 1), smaller where faster
    season = 1 + 0.5 * (size[0] * angle.cos() + size[1] * angle.sin()).sum(1)  # (count, length)
    shocks, state = normal(length, count), normal(count)
    path = torch.empty(length, count, dtype=torch.float64)
    for k in range(length):  # n_t = .9 n_(t-1) + √(1 - .9²) z_t
        state = 0.9 * state + (1 - 0.9**2) ** 0.5 * shocks[k]
        path[k] = state
    return trend * season * (1 + noise * path.T)
