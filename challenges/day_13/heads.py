"""Three things said of one window, a return, a volatility and a regime; and what it takes to believe any of them.

In:  what each head said and what came; logits and classes, predictions and outcomes, of days that come after training.
Out: one loss for training; probabilities that mean what they say; intervals that hold what they promise.
Shapes: B samples, C classes, n calibration days, T days.
"""

import numpy as np
import torch
from torch import Tensor, nn

# --- learning: three heads on one body ---


class ThreeHeads(nn.Module):
    """A body, (B, L, F) -> (B, width), and three lines that read it.

    Return and volatility speak in units of their target's spread in training, so that a fresh head errs by about one.
    """

    def __init__(self, body: nn.Module, width: int, spreads: dict[str, float]) -> None:
        super().__init__()
        self.body, self.spreads = body, spreads
        sizes = {"return": 1, "volatility": 1, "regime": 3}
        self.heads = nn.ModuleDict({name: nn.Linear(width, size) for name, size in sizes.items()})

    def forward(self, windows: Tensor) -> dict[str, Tensor]:
        """(B, L, F) -> return (B, 1), volatility (B, 1), regime (B, 3): logits of calm, usual, turbulent."""
        found = self.body(windows)  # (B, width)
        return {name: head(found) * self.spreads.get(name, 1) for name, head in self.heads.items()}


def multi_task_loss(
    said: dict[str, Tensor], wanted: dict[str, Tensor], spreads: dict[str, float], weight: float = 1.0
) -> Tensor:
    """The return's loss plus `weight` times that of each other head that spoke, for each sample, (B,).

    `said` has "return" and "volatility", (B, 1), and "regime", logits (B, 3), or some of these. `wanted` (B,) has the
    same names; a regime is −1, 0 or 1, the columns of the logits in this order. Return and volatility cost the square
    of their error in units of `spreads`, the target's standard deviation in training; a regime costs −log of the
    probability that its class was given. A target that is NaN is not known: it adds 0 to the loss and to every slope.
    """
    total = torch.zeros(len(next(iter(said.values()))))
    for name, answer in said.items():
        # what is not known gets a harmless value before any arithmetic: NaN times 0 is NaN, also in a gradient
        known = torch.isfinite(wanted[name])
        target = torch.where(known, wanted[name], 0)
        if name == "regime":
            # −log softmax(z)_c, and class −1 is column 0
            log_chance = answer - answer.logsumexp(1, keepdim=True)  # (B, 3)
            loss = -log_chance.gather(1, target.long()[:, None] + 1)[:, 0]  # (B, 3) -> (B,)
        else:
            # ((ŷ − y) / s)²
            loss = ((answer[:, 0] - target) / spreads[name]) ** 2  # (B, 1) -> (B,)
        total = total + torch.where(known, loss, 0) * (1 if name == "return" else weight)
    return total


# --- judging a variance that nobody sees ---


def qlike(forecast: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """log f + m / f: smallest, on average, for the f that is the mean of m. Too low costs more than too high."""
    return np.log(forecast) + measured / forecast


# --- probabilities that mean what they say ---


def temperature_scale(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (…, C) of logits (…, C) that are divided by the temperature: softmax(z / T) over the last axis.

    1 changes nothing, more is less sure, without end it is 1 / C for all. Logits of ±10,000 are allowed.
    """
    scaled = logits / temperature
    # a number that is taken from all logits changes no probability, and keeps exp from overflowing
    scaled = np.exp(scaled - scaled.max(-1, keepdims=True))
    return scaled / scaled.sum(-1, keepdims=True)


def fit_temperature(logits: np.ndarray, classes: np.ndarray) -> float:
    """The T that gives what came, (n,), the largest likelihood under softmax(z / T); 1000 if none is large enough.

    With b = 1 / T the log loss has the slope  mean over samples of  Σ_c p_c z_c − z_came  and is convex: its root is
    bracketed and halved.
    """
    came = logits[np.arange(len(logits)), classes]  # (n, C) -> (n,)
    low, high = np.log(1e-3), np.log(1e3)  # of b

    def slope(log_b: float) -> float:
        return ((temperature_scale(logits, np.exp(-log_b)) * logits).sum(1) - came).mean()

    if slope(low) >= 0:
        return 1e3
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return float(np.exp(-(low + high) / 2))


# --- intervals that hold what they promise ---


def conformal_quantile(residuals: np.ndarray, coverage: float = 0.9) -> float:
    """The ⌈(n + 1) · coverage⌉-th smallest of n absolute residuals, (n,); infinite where n is too small for that."""
    # n old sizes and a new one: each of the n + 1 places is as likely for the new one
    rank = int(np.ceil((len(residuals) + 1) * coverage - 1e-9))  # 100 · .07 is 7.000000000000001
    if rank > len(residuals):
        return np.inf
    return float(np.sort(np.abs(residuals))[rank - 1]) if rank > 0 else 0.0


def split_conformal(
    predictions: np.ndarray, residuals: np.ndarray, coverage: float = 0.9
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends, (T,) each: prediction ∓ one half-width for all.

    The half-width is the k-th smallest of the n absolute `residuals` (n,) of a calibration set, with
    k = ⌈(n + 1) · coverage⌉: a new outcome that could as well have been one of them lies inside with at least this
    chance. Infinite where k > n.
    """
    half = conformal_quantile(residuals, coverage)
    return predictions - half, predictions + half


def adaptive_conformal(
    predictions: np.ndarray,
    outcomes: np.ndarray,
    delay: int = 1,
    window: int = 500,
    coverage: float = 0.9,
    rate: float = 0.005,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower and upper ends and the miscoverage aimed at, (T,) each, from a level that learns from every miss.

    The outcome of day t is known from day t + delay on. NaN until there are residuals enough for a finite interval.
    """
    sizes, alpha = np.abs(outcomes - predictions), 1 - coverage
    half, aims = np.full((2, len(sizes)), np.nan)
    for t in range(delay, len(sizes)):
        told = t - delay
        if not np.isnan(half[told]):
            # α ← α + rate · (1 − coverage − missed): a miss widens by much, a hit narrows by little
            alpha += rate * (1 - coverage - (sizes[told] > half[told]))
        known, aims[t] = sizes[max(0, told + 1 - window) : told + 1], alpha
        if np.isfinite(conformal_quantile(known, coverage)):
            half[t] = conformal_quantile(known, 1 - alpha)
    return predictions - half, predictions + half, aims
