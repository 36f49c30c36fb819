"""How a known rank IC gets into a simulated market, and how it is measured.

In come a signal and prices on the entry clock (the opens or the closes at which a decision is filled), arrays
`(dates, assets)`; out come mean rank ICs, and the strength that raises one by exactly the amount wanted. The label
decided at the close of t is log price(t+1+h) - log price(t+1), as everywhere in this library.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

CLOCKS = {"next_open": "open", "next_close": "close"}


def forward_log_return(log_price: np.ndarray, horizon: int) -> np.ndarray:
    """Log return from t+1 to t+1+horizon, (dates, assets); NaN where either price is missing or not yet there."""
    label = np.full(log_price.shape, np.nan)
    label[: -horizon - 1] = log_price[1 + horizon :] - log_price[1:-horizon]
    return label


class RankIC:
    """Mean over dates of the Spearman correlation of one signal with many labels, for labels without ties.

    The signal is ranked once, which makes each further label one sort a date. Dates with fewer than three pairs do not
    count.
    """

    def __init__(self, signal: np.ndarray, traded: np.ndarray) -> None:
        """Rank `signal` (dates, assets) where it and the label (`traded`, bool) are both known."""
        known = np.isfinite(signal) & traded
        self._dates = known.sum(axis=1) >= 3
        self._known = known[self._dates]
        self._count = self._known.sum(axis=1)  # (T,)
        ranks = np.where(self._known, signal[self._dates], np.nan).argsort(axis=1).argsort(axis=1) + 1.0
        self._ranks = np.where(self._known, ranks, 0.0)  # (T, N)

    def __call__(self, label: np.ndarray) -> float:
        """Mean rank IC with `label` (dates, assets); nothing to average gives NaN."""
        if not self._dates.any():
            return float("nan")
        order = np.where(self._known, label[self._dates], np.inf).argsort(axis=1)
        products = np.take_along_axis(self._ranks, order, axis=1) @ np.arange(1.0, label.shape[1] + 1)  # Σ rank · rank
        n = self._count
        return float(np.mean(12 * products / (n * (n**2 - 1)) - 3 * (n + 1) / (n - 1)))


def planted_strength(measure: RankIC, label: np.ndarray, lift: np.ndarray, *, ic: float) -> tuple[float, float]:
    """The c for which the mean rank IC with ``label + c · lift`` is `ic` above that with `label`.

    Comparing with the same market at c = 0 leaves the chance IC of its shocks in place, whose mean is zero: over many
    seeds the mean measured IC is `ic` whatever the volatilities, delistings or horizon.

    Parameters
    ----------
    measure : RankIC
        Knows the signal.
    label, lift : array (dates, assets)
        Label without the planted term, and what one unit of c adds to it.
    ic : float
        Wanted rise of the mean rank IC; 0 gives c = 0.

    Returns
    -------
    strength, chance : float
        c, and the mean rank IC at c = 0.

    Raises
    ------
    ValueError
        When no c reaches it.

    References
    ----------
    ρ = 2 sin(π · ic / 6) starts the search: Pearson (1907). Then regula falsi, Illinois variant:
    Dowell and Jarratt (1971), *BIT* 11.
    """
    chance = measure(label)
    if ic == 0:
        return 0.0, chance
    strength, miss = _root(lambda c: measure(label + c * lift) - chance - ic, first=np.sin(np.pi * ic / 6), miss=-ic)
    if abs(miss) > max(0.01 * abs(ic), 5e-5):  # the second is a step of the staircase in a small panel
        raise ValueError(
            f"ic={ic} cannot be planted in this market: give a smaller ic, a shorter horizon, or more sessions"
        )
    return strength, chance


def _root(gap: Callable[[float], float], *, first: float, miss: float) -> tuple[float, float]:
    """Where `gap` is zero, and how nearly, by the Illinois method; gap(0) = `miss`, `first` points the way.

    Ranks make the gap a fine staircase, so the best step is kept instead of waiting for an exact zero.
    """
    ends = [(0.0, miss), (first, gap(first))]
    while ends[1][1] * miss > 0 and abs(ends[1][0]) < 100:
        ends = [ends[1], (2 * ends[1][0], gap(2 * ends[1][0]))]
    best = min(ends, key=lambda end: abs(end[1]))
    (a, at_a), (b, at_b) = ends
    for _ in range(20):
        if abs(best[1]) < 1e-4 * abs(miss) or at_a == at_b:
            break
        c = b - at_b * (b - a) / (at_b - at_a)
        at_c = gap(c)
        best = min(best, (c, at_c), key=lambda end: abs(end[1]))
        a, at_a = (b, at_b) if at_c * at_b < 0 else (a, at_a / 2)
        b, at_b = c, at_c
    return float(best[0]), best[1]


def oracle_signal(
    panel: "xr.Dataset", ic: float, *, horizon: int = 5, entry: str = "next_open", rng: np.random.Generator
) -> "xr.DataArray":
    """A signal that has a chosen rank IC because it was told the future: a feature to hand over, never to learn.

    Each date's forward returns become normal scores g, and ``s = ρ g + sqrt(1 - ρ²) w`` with ρ = 2 sin(π · ic / 6). It
    is unbiased under any volatility and any correlation, on real panels too, but nothing in past prices predicts it.
    For a pattern that a model can find in prices, use the planted term of `simulate_equities`.

    Parameters
    ----------
    panel : Dataset (date, asset)
        Needs `open` for next_open, `close` for next_close.
    ic : float
        Expected rank IC with the forward return, -1 ≤ ic ≤ 1.
    horizon : int
        Sessions from entry to exit, ≥ 1.
    entry : {"next_open", "next_close"}
        The price at which the label starts and ends.
    rng : Generator
        Source of w.

    Returns
    -------
    DataArray (date, asset)
        NaN where the forward return is.

    Raises
    ------
    ValueError
        For an ic, horizon or entry out of range, or a panel without the price that entry needs.

    References
    ----------
    Gaussian copula; ρ from rank correlation by Pearson (1907).
    """
    import xarray as xr
    from scipy.special import ndtri

    if not -1 <= ic <= 1:
        raise ValueError(f"ic={ic} is not allowed: give -1 ≤ ic ≤ 1")
    price = entry_price(entry)
    if price not in panel:
        raise ValueError(f"entry={entry!r} needs {price}, which this panel lacks: give another entry")
    if not 1 <= horizon < panel.sizes["date"] - 1:
        raise ValueError(f"horizon={horizon} is not allowed: give 1 to {panel.sizes['date'] - 2}")
    label = forward_log_return(np.log(panel[price].transpose("date", "asset").to_numpy()), horizon)
    known = np.isfinite(label)
    ranks = np.where(known, label, np.inf).argsort(axis=1).argsort(axis=1) + 0.5  # (T, N)
    scores = ndtri(np.where(known, ranks / np.maximum(known.sum(axis=1, keepdims=True), 1), np.nan))
    rho = 2 * np.sin(np.pi * ic / 6)
    signal = rho * scores + np.sqrt(1 - rho**2) * rng.standard_normal(label.shape)
    return xr.DataArray(signal, coords={axis: panel[axis] for axis in ("date", "asset")}, dims=("date", "asset"))


def entry_price(entry: str) -> str:
    """The variable at which an entry is filled."""
    if entry not in CLOCKS:
        raise ValueError(f"entry={entry!r} is not allowed: give one of {', '.join(CLOCKS)}")
    return CLOCKS[entry]
