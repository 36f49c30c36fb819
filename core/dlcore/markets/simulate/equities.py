"""A stock market whose truth is known: factors, regimes, fat tails, listings, and one planted pattern.

In come settings, out comes a Panel like that of a real market, with the truth beside it (`regime`, `true_signal`).

Prices live on the *entry clock*: opens for ``entry="next_open"``, closes for ``"next_close"``. One step u of the clock
returns ``β m_u + γ f_{sector,u} + scale_u · e_u``, where scale_u follows a GARCH(1,1) driven by the standardised shocks
z, and ``e_u = z_u + c · (z_{u-2} + … + z_{u-1-h})``. The signal known at the close of t, `true_signal`, is the shock of
the last whole step: z_{t-1} between opens, z_t between closes. Either way it enters each of the h steps of the label
decided at t once, and no step before. The other price of the session (the close between two opens, the open between
two closes) is a Brownian bridge inside its step and adds nothing about later ones. The strength c is one number, chosen
with the whole panel in view; given it, no price depends on a later shock.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcore.markets.simulate.equity_shocks import SECTORS, Shocks, draw_shocks
from dlcore.markets.simulate.planting import RankIC, entry_price, forward_log_return, planted_strength

if TYPE_CHECKING:
    import xarray as xr

INTRADAY = 0.75  # share of a step's variance between open and close


@dataclass(frozen=True)
class EquitySettings:
    """A simulated stock market; every field is an option of ``load_panel("simulated-sp500?…")``.

    Attributes
    ----------
    ic : float
        Mean rank IC of `true_signal` with the forward return, within ±.3; 0 plants nothing, negative is reversal.
    horizon : int
        Sessions of the label, ≥ 1.
    entry : {"next_open", "next_close"}
        Where a decision is filled.
    seed : int
        ≥ 0.
    assets, sessions : int
        At least 10 assets, and 2 · horizon + 20 sessions.
    start : str
        No session before this date.
    """

    ic: float = 0.05
    horizon: int = 5
    entry: str = "next_open"
    seed: int = 1
    assets: int = 503
    sessions: int = 1007
    start: str = "2014-01-02"

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        entry_price(self.entry)
        if not -0.3 <= self.ic <= 0.3:
            raise ValueError(f"ic={self.ic} is not allowed: give -0.3 ≤ ic ≤ 0.3")
        bounds = {"horizon": (1, 63), "seed": (0, 2**63), "assets": (10, 5000)}
        bounds["sessions"] = (2 * min(self.horizon, 63) + 20, 20_000)
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name}={value} is not allowed: give an integer from {low} to {high}")


def simulate_equities(settings: EquitySettings | None = None, rng: np.random.Generator | None = None) -> "xr.Dataset":
    """Simulate a stock market with a planted, learnable signal.

    Parameters
    ----------
    settings : EquitySettings, optional
        503 stocks × 1,007 sessions with an IC of .05 by default.
    rng : Generator, optional
        Draws everything; a new one from ``settings.seed`` by default.

    Returns
    -------
    Dataset (date, asset)
        `open high low close volume` in dollars and shares, NaN before listing and after delisting; `true_signal`
        (standard deviations, NaN until a stock has a whole step behind it); `regime` (date,) 0 calm, 1 normal, 2
        turbulent; `benchmark` (date,), equal weights daily, 100 on the first date; coordinates `sector`,
        `first_session`, `last_session`. Attrs: `ic horizon entry seed`, `planted_strength` (c), `chance_ic` (the mean
        rank IC of the same market with nothing planted; the measured one is their sum).

    Raises
    ------
    ValueError
        For settings out of range.

    References
    ----------
    GARCH: Bollerslev (1986). Regimes: Hamilton (1989). The planting: see the top of this file.
    """
    settings = settings or EquitySettings()
    draws = rng or np.random.default_rng(settings.seed)
    shocks = draw_shocks(settings.sessions, settings.assets, draws)
    strength, chance = _calibrate(shocks, settings)
    bars = price_bars(shocks, settings, strength=strength, rng=draws)
    attrs = {
        "source": "simulated by dlcore.markets.simulate.equities",
        "adjustment": "none needed: no splits, no dividends",
        "licence": "MIT (made by this project)",
        "calendar": "XNYS",
        "weakness": "made by a model: what it lacks (crashes, news, earnings), no test on it can show",
        "ic": settings.ic,
        "horizon": settings.horizon,
        "entry": settings.entry,
        "seed": "a generator was passed" if rng else settings.seed,
        "planted_strength": strength,
        "chance_ic": chance,
    }
    return _panel(shocks, settings, bars, attrs)


def price_bars(
    shocks: Shocks, settings: EquitySettings, *, strength: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Open, high, low, close, volume and true_signal, each (T, N), of one draw at one planted strength.

    Bars up to session t depend on the shocks of steps up to t alone; `rng` draws extremes and volume.
    """
    from dlcore.markets.simulate.bars import extremes, volumes

    base, lift, signal = clock(shocks, settings)
    step = shocks.common + shocks.scale * (shocks.z + strength * _echo(shocks.z, settings.horizon))
    at_clock = base + strength * lift
    between_opens = settings.entry == "next_open"
    share = INTRADAY if between_opens else 1 - INTRADAY  # of the step's variance, before its intermediate point
    noise = np.sqrt(share * (1 - share)) * (shocks.common_bridge + shocks.scale * shocks.bridge)
    if between_opens:
        log_open, log_close = at_clock, at_clock + share * step + noise
    else:
        log_open, log_close = at_clock - step + share * step + noise, at_clock
    variance = INTRADAY * shocks.variance
    high, low = extremes(log_open, log_close, variance=variance, rng=rng)
    moves = (log_close - log_open) / np.sqrt(variance)
    listed = listing_mask(shocks)
    prices = {"open": log_open, "high": high, "low": low, "close": log_close}
    bars = {name: np.exp(p) for name, p in prices.items()}
    bars["volume"] = volumes(moves, typical=shocks.typical, rng=rng)
    bars["true_signal"] = signal
    return {name: np.where(listed, values, np.nan) for name, values in bars.items()}


def clock(shocks: Shocks, settings: EquitySettings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log prices on the entry clock with nothing planted, what one unit of strength adds, and the signal: (T, N) each.

    At session u the clock shows the open, before step u, or the close, after it.
    """
    plain = np.cumsum(shocks.common + shocks.scale * shocks.z, axis=0)
    lift = np.cumsum(shocks.scale * _echo(shocks.z, settings.horizon), axis=0)
    signal = shocks.z.copy()
    if settings.entry == "next_open":
        plain, lift, signal = (np.vstack([np.zeros_like(a[:1]), a[:-1]]) for a in (plain, lift, signal))
    sessions = np.arange(len(signal))[:, None]
    seen = (sessions > shocks.first) & (sessions <= shocks.last)  # both ends of the step were traded
    return shocks.start + plain, lift, np.where(seen, signal, np.nan)


def listing_mask(shocks: Shocks) -> np.ndarray:
    """True where the asset trades, (T, N)."""
    sessions = np.arange(len(shocks.z))[:, None]
    return (sessions >= shocks.first) & (sessions <= shocks.last)


def _echo(z: np.ndarray, horizon: int) -> np.ndarray:
    """z_{u-2} + … + z_{u-1-horizon}, (T, N), with zeros before the first step."""
    total = np.zeros_like(z)
    for m in range(2, horizon + 2):
        total[m:] += z[:-m]
    return total


def _calibrate(shocks: Shocks, settings: EquitySettings) -> tuple[float, float]:
    """The strength whose rank IC on this very panel, gaps included, is `ic` above chance; and chance."""
    base, lift, signal = clock(shocks, settings)
    gaps = np.where(listing_mask(shocks), 0.0, np.nan)
    label = forward_log_return(base + gaps, settings.horizon)
    measure = RankIC(signal, np.isfinite(label))
    return planted_strength(measure, label, forward_log_return(lift, settings.horizon), ic=settings.ic)


def _panel(shocks: Shocks, settings: EquitySettings, bars: dict[str, np.ndarray], attrs: dict) -> "xr.Dataset":
    """Labels around the arrays."""
    import pandas as pd

    from dlcore.markets.panel import build_panel
    from dlcore.markets.simulate.axes import made_by, session_dates

    dates = session_dates(settings.start, settings.sessions)
    assets = [f"S{number:04d}" for number in range(settings.assets)]
    frames = {name: pd.DataFrame(values, index=dates, columns=assets) for name, values in bars.items()}
    per_date = {"benchmark": _equal_weight(bars["close"]), "regime": shocks.regime}
    per_asset = {
        "sector": np.array(SECTORS)[shocks.sector],
        "first_session": dates.to_numpy()[shocks.first],
        "last_session": dates.to_numpy()[shocks.last],
    }
    return build_panel(
        frames,
        attrs | {"retrieved_at": made_by()},
        per_date={name: pd.Series(values, index=dates) for name, values in per_date.items()},
        per_asset={name: pd.Series(values, index=assets) for name, values in per_asset.items()},
    )


def _equal_weight(close: np.ndarray) -> np.ndarray:
    """An index of daily equal weights in whatever traded on both days, from 100, (T,)."""
    returns = close[1:] / close[:-1] - 1
    return 100 * np.cumprod(np.concatenate([[1.0], 1 + np.nanmean(returns, axis=1)]))
