"""Convolution over days that never sees tomorrow, how far back it sees, and regimes judged on the day.

In:  sequences (batch, length, channels), the newest day last; or the returns of one market, (T,).
Out: sequences of the same length in which each day is made of itself and of days before it; chances of a turbulent day.
Shapes: B sequences of L days, I channels in and O out, K taps; T returns, two states, calm and turbulent.
"""

import numpy as np
import torch
from torch import Tensor, nn

from dlcore.features.regimes.markov import first_guess, fit_switching, steady_state
from dlcore.nn import LayerNorm

# --- convolution ---


def causal_conv1d(x: Tensor, weight: Tensor, bias: Tensor | None = None, dilation: int = 1) -> Tensor:
    """y_t = bias + Σ_k weight_k · x at day t − (K − 1 − k) · dilation, (B, L, O).

    x is (B, L, I), weight (O, I, K), bias (O,). The last tap hears today. Days before the first count as zeros.
    """
    days, taps = x.shape[1], weight.shape[-1]

    # zeros on the left, as many as the farthest tap reaches back, and none on the right
    reach = (taps - 1) * dilation
    padded = torch.cat([x.new_zeros(len(x), reach, x.shape[2]), x], dim=1)  # (B, reach + L, I)

    # y = Σ_k x shifted by (K − 1 − k) · dilation, times weight_k
    y = sum(padded[:, k * dilation : k * dilation + days] @ weight[:, :, k].T for k in range(taps))  # (B, L, O)
    return y if bias is None else y + bias


def receptive_field(taps: int, dilations: list[int], convolutions: int = 2) -> int:
    """Days that one output can see, itself included; one dilation for each block, so many convolutions in each."""
    # each convolution reaches (K − 1) · d days farther back than what it reads
    return 1 + convolutions * (taps - 1) * sum(dilations)


class Conv(nn.Module):
    """causal_conv1d with weights of its own."""

    def __init__(self, inputs: int, outputs: int, taps: int, dilation: int):
        super().__init__()
        self.dilation, bound = dilation, (inputs * taps) ** -0.5
        self.weight = nn.Parameter(torch.empty(outputs, inputs, taps).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        return causal_conv1d(x, self.weight, self.bias, dilation=self.dilation)


class ResidualBlock(nn.Module):
    """x + twice (convolution, norm, ReLU): Day 7's stream, with days heard by a kernel instead of attention.

    `norm` makes a norm of so many channels, from (B, L, D) to the same; `conv` a convolution as `Conv` does.
    """

    def __init__(self, inputs: int, width: int, taps: int, dilation: int, norm=LayerNorm, conv=Conv):
        super().__init__()
        halves = [(conv(n, width, taps, dilation), norm(width), nn.ReLU()) for n in (inputs, width)]
        self.branch = nn.Sequential(*halves[0], *halves[1])
        self.skip = nn.Identity() if inputs == width else nn.Linear(inputs, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.skip(x) + self.branch(x)  # (B, L, inputs) -> (B, L, width)


def days_heard(network: nn.Module, x: Tensor, day: int) -> Tensor:
    """How strongly each day of x (B, L, I) moves the network's output of one day, (L,).

    Σ over channels |∂ (a random mix of the day's outputs) / ∂ x|, mean over the B sequences: 0 is not heard at all.
    """
    x = x.detach().requires_grad_()
    out = network(x)[:, day]  # (B, D)
    (slope,) = torch.autograd.grad((out * torch.randn_like(out)).sum(), x)
    return slope.abs().sum(-1).mean(0)  # (B, L, I) -> (L,)


# --- regimes ---


def filtered(returns: np.ndarray, mean: np.ndarray, variance: np.ndarray, transition: np.ndarray):
    """P(state of day t | returns up to t), and the same before day t's own return was seen; (T, 2) both.

    `mean` and `variance` (2,) of a day's return in each state; `transition` (2, 2): chance from row to column. Before
    the first day the states have their long-run chances, `steady_state(transition)`.
    """
    ahead = steady_state(transition)  # (2,)
    after, before = np.empty((2, len(returns), 2))  # (T, 2) each
    # log of the normal density, up to a constant, of each return in each state
    loud = -0.5 * ((returns[:, None] - mean) ** 2 / variance + np.log(variance))  # (T, 2)
    for t, fit in enumerate(np.exp(loud - loud.max(1, keepdims=True))):
        before[t] = ahead
        # Bayes: chance before × likelihood, brought to sum 1
        after[t] = ahead * fit / (ahead @ fit)
        # tomorrow the state may turn: Σ_i P(i today) · P(i to j)
        ahead = after[t] @ transition
    return after, before


def smoothed(after: np.ndarray, before: np.ndarray, transition: np.ndarray) -> np.ndarray:
    """P(state of day t | ALL returns), (T, 2), from what `filtered` returns. Hindsight: for pictures only."""
    hindsight = after.copy()
    for t in range(len(after) - 2, -1, -1):
        # P(i at t | all) = P(i at t | up to t) · Σ_j P(i to j) · P(j at t + 1 | all) / P(j at t + 1 | up to t)
        hindsight[t] = after[t] * (transition @ (hindsight[t + 1] / before[t + 1]))
    return hindsight


def filtered_regimes(returns: np.ndarray, refit: int = 252, minimum: int = 504) -> np.ndarray:
    """P(each state of day t) as it could be known at the close of day t, (T, 2); calm first.

    Parameters are fitted when `minimum` returns are known, and again each `refit` days, on all returns so far: with
    `fit_switching(returns so far, start)`, whose answer has mean, variance and transition. The first start is
    `first_guess(returns so far, 2)`, every later one the fit before; a fit whose status is "collapsed" is not used,
    and the one before it stays. Each fit serves from its own last day until the day before the next: the fit on
    returns[:seen] gives the days from seen − 1 up to, not including, seen − 1 + refit, by `filtered`, which itself
    always begins on day 0. NaN while there is no fit.
    """
    chances, fit = np.full((len(returns), 2), np.nan), None  # (T, 2)
    for seen in range(minimum, len(returns) + 1, refit):
        new = fit_switching(returns[:seen], fit or first_guess(returns[:seen], 2))
        fit = fit if new.status == "collapsed" else new
        if fit is not None:
            until = seen - 1 + refit
            after, _ = filtered(returns[:until], fit.mean, fit.variance, fit.transition)
            chances[seen - 1 : until] = after[seen - 1 :]
    return chances
