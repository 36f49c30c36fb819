"""Six markets that lead and follow one another, and a window in which they stop.

In come settings, out comes a Panel of ES, NQ, VIX, AAPL, BTC and ETH, daily or in bars, with the truth beside it
(`lead_active`, `regime`).

In one bar u, with a = 1 outside the break window and 0 inside it, and v the volatility of the regime:

* ES moves by v σ_ES z; NQ and AAPL share a part ρ of it: ``v σ (a ρ z_ES + sqrt(1 - a ρ²) z)``;
* BTC hears ES late: ``a · coefficient · r_ES[u - lag] + v σ_BTC z``, and nothing of ES in between;
* ETH follows BTC in the same bar: ``a · 1.1 · r_BTC + v σ_ETH z``;
* the log of VIX returns to that of 17, pushed by ``- a · 5 · r_ES`` and noise of its own.

The open is a Brownian bridge inside the step from close to close and adds nothing about later ones.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

ASSETS = ("ES", "NQ", "VIX", "AAPL", "BTC", "ETH")
YEARLY = np.array([0.16, 0.20, np.nan, 0.28, 0.65, 0.45])  # a year; BTC and ETH: of what is their own
START = np.array([1840.0, 3570.0, 17.0, 79.0, 770.0, 10.0])
TYPICAL = np.array([1.5e6, 3e5, np.nan, 5e7, 2e4, 1e5])  # a session; an index is not traded
NQ_SHARE, AAPL_SHARE, ETH_ON_BTC = 0.9, 0.6, 1.1
VIX_ON_ES, VIX_STAY, VIX_NOISE = 5.0, 0.97, 0.04  # a day
SESSION_MINUTES = 390
BREAK_FROM, BREAK_TO = 0.60, 0.75  # of the sessions


@dataclass(frozen=True)
class CrossAssetSettings:
    """Six simulated markets; every field is an option of ``load_panel("simulated-cross-asset?…")``.

    Attributes
    ----------
    lag : int
        Bars from ES to BTC, ≥ 1.
    coefficient : float
        What BTC makes of one unit of ES return; 0 plants nothing.
    bars : int
        Bars a session, a divisor of 390; 1 is daily.
    seed : int
        ≥ 0.
    sessions : int
        ≥ 40.
    start : str
        No session before this date.
    """

    lag: int = 2
    coefficient: float = 1.5
    bars: int = 1
    seed: int = 1
    sessions: int = 1007
    start: str = "2014-01-02"

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        bounds = {"lag": (1, 20), "bars": (1, SESSION_MINUTES), "seed": (0, 2**63), "sessions": (40, 20_000)}
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"{name}={value} is not allowed: give an integer from {low} to {high}")
        if SESSION_MINUTES % self.bars:
            raise ValueError(f"bars={self.bars} is not allowed: give a divisor of {SESSION_MINUTES}: 1, 13, 78 …")
        if not -10 <= self.coefficient <= 10:
            raise ValueError(f"coefficient={self.coefficient} is not allowed: give -10 to 10")


class Bars(NamedTuple):
    """Log prices (T, 6), and the variance between open and close."""

    open: np.ndarray
    close: np.ndarray
    variance: np.ndarray


def simulate_cross_asset(
    settings: CrossAssetSettings | None = None, rng: np.random.Generator | None = None
) -> "xr.Dataset":
    """Simulate six markets with a known lead, a known follower, and a known break.

    Parameters
    ----------
    settings : CrossAssetSettings, optional
        1,007 daily bars, ES two bars ahead of BTC by default.
    rng : Generator, optional
        Draws everything; a new one from ``settings.seed`` by default.

    Returns
    -------
    Dataset (date, asset)
        `open high low close volume` (VIX has no volume: NaN); `lead_active` (date,) False in the break window, `regime`
        (date,) 0 calm, 1 normal, 2 turbulent. Attrs: `lag coefficient seed`, `break_start` and `break_end` (first and
        last date of the window), `frequency` ("daily" or minutes). Intraday dates are New York times at which a bar
        ends, without time zone; every session has 390 minutes, also those that closed early.

    Raises
    ------
    ValueError
        For settings out of range.

    References
    ----------
    Regimes: Hamilton (1989). VIX: a mean-reverting logarithm as in Mencía and Sentana (2013).
    """
    settings = settings or CrossAssetSettings()
    draws = rng or np.random.default_rng(settings.seed)
    dates = bar_ends(settings)
    regime, active = _states(settings, draws)
    bars = _bars(settings, regime, active, draws)
    inside = dates[~active]
    attrs = {
        "source": "simulated by dlcore.markets.simulate.cross_asset",
        "adjustment": "none needed: no splits, no dividends, no rolls",
        "licence": "MIT (made by this project)",
        "calendar": "XNYS",
        "frequency": "daily" if settings.bars == 1 else f"{SESSION_MINUTES // settings.bars}min",
        "weakness": "made by a model; BTC and ETH trade in XNYS sessions only",
        "lag": settings.lag,
        "coefficient": settings.coefficient,
        "break_start": str(inside[0]),
        "break_end": str(inside[-1]),
        "seed": "a generator was passed" if rng else settings.seed,
    }
    return _panel(dates, bars, {"lead_active": active, "regime": regime}, attrs, draws)


def bar_ends(settings: CrossAssetSettings) -> "pd.DatetimeIndex":
    """The dates of the Panel: sessions, or the times at which their bars end."""
    import pandas as pd

    from dlcore.markets.simulate.axes import session_dates

    days = session_dates(settings.start, settings.sessions)
    if settings.bars == 1:
        return days
    minutes = SESSION_MINUTES // settings.bars * np.arange(1, settings.bars + 1) + 570  # from midnight; 9:30 opens
    return pd.DatetimeIndex((days.to_numpy()[:, None] + minutes.astype("timedelta64[m]")).ravel())


def _states(settings: CrossAssetSettings, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Regime and whether the lead is active, one of each for every bar; both change overnight only."""
    from dlcore.markets.simulate.bars import regime_path
    from dlcore.markets.simulate.equity_shocks import REGIME_STAY

    share = np.arange(settings.sessions) / settings.sessions
    active = (share < BREAK_FROM) | (share >= BREAK_TO)
    regime = regime_path(settings.sessions, stay=REGIME_STAY, rng=rng)
    return np.repeat(regime, settings.bars), np.repeat(active, settings.bars)


def _bars(settings: CrossAssetSettings, regime: np.ndarray, active: np.ndarray, rng: np.random.Generator) -> Bars:
    """Log opens and closes."""
    from dlcore.markets.simulate.equity_shocks import REGIME_SCALE

    step = 1 / np.sqrt(252 * settings.bars)
    scale = REGIME_SCALE[regime] * step  # (T,)
    a = active.astype(float)
    shape = (len(regime), len(ASSETS))
    moves = _together(rng.standard_t(5, shape) * np.sqrt(3 / 5), scale, a, settings.bars)
    moves[:, 4] += _late(moves[:, 0], settings.lag) * a * settings.coefficient
    moves[:, 5] += a * ETH_ON_BTC * moves[:, 4]
    log_close = np.log(START) + np.cumsum(moves, axis=0)
    log_close[:, 2] = np.log(START[2]) + _returning(moves[:, 2], VIX_STAY ** (1 / settings.bars))
    before = np.vstack([np.log(START), log_close[:-1]])
    gap = 0.25 if settings.bars == 1 else 0.02  # share of a step's variance before its open
    bridge = _together(rng.standard_normal(shape), scale, a, settings.bars)
    bridge[:, 5] += a * ETH_ON_BTC * bridge[:, 4]
    log_open = before + gap * (log_close - before) + np.sqrt(gap * (1 - gap)) * bridge
    return Bars(log_open, log_close, (1 - gap) * _variances(scale, a, settings))


def _together(z: np.ndarray, scale: np.ndarray, a: np.ndarray, bars: int) -> np.ndarray:
    """What the six do in the same bar, (T, 6); ETH without its share of BTC, VIX without its pull home."""
    moves = scale[:, None] * YEARLY * z
    for column, share in ((1, NQ_SHARE), (3, AAPL_SHARE)):
        own = np.sqrt(1 - (a * share) ** 2)
        moves[:, column] = scale * YEARLY[column] * (a * share * z[:, 0] + own * z[:, column])
    moves[:, 2] = -a * VIX_ON_ES * moves[:, 0] + VIX_NOISE / np.sqrt(bars) * z[:, 2]
    return moves


def _variances(scale: np.ndarray, a: np.ndarray, settings: CrossAssetSettings) -> np.ndarray:
    """Variance of each step, (T, 6), known before it."""
    variance = (scale[:, None] * YEARLY) ** 2
    variance[:, 2] = a * VIX_ON_ES**2 * variance[:, 0] + VIX_NOISE**2 / settings.bars
    variance[:, 5] += a * ETH_ON_BTC**2 * variance[:, 4]
    return variance


def _late(x: np.ndarray, lag: int) -> np.ndarray:
    """x of `lag` bars ago, zero before there was one."""
    return np.concatenate([np.zeros(lag), x[:-lag]])


def _returning(push: np.ndarray, stay: float) -> np.ndarray:
    """Deviation from home after each push, of which a bar leaves `stay`."""
    from dlcore.markets.simulate.kernels import ar1_paths

    start = push.copy()
    start[0] *= np.sqrt(1 - stay**2)  # the kernel divides by it; here the first bar starts at home
    return ar1_paths(start[:, None], stay, 1.0)[:, 0]


def _panel(
    dates: "pd.DatetimeIndex", bars: Bars, truth: dict[str, np.ndarray], attrs: dict, rng: np.random.Generator
) -> "xr.Dataset":
    """Labels around the arrays."""
    import pandas as pd

    from dlcore.markets.panel import build_panel
    from dlcore.markets.simulate.axes import made_by
    from dlcore.markets.simulate.bars import extremes, volumes

    high, low = extremes(bars.open, bars.close, variance=bars.variance, rng=rng)
    prices = {"open": bars.open, "high": high, "low": low, "close": bars.close}
    fields = {name: np.exp(values) for name, values in prices.items()}
    moves = (bars.close - bars.open) / np.sqrt(bars.variance)
    per_session = len(dates) / len(np.unique(dates.to_numpy().astype("datetime64[D]")))
    fields["volume"] = volumes(moves, typical=TYPICAL / per_session, rng=rng)
    return build_panel(
        {name: pd.DataFrame(values, index=dates, columns=list(ASSETS)) for name, values in fields.items()},
        attrs | {"retrieved_at": made_by()},
        per_date={name: pd.Series(values, index=dates) for name, values in truth.items()},
    )
