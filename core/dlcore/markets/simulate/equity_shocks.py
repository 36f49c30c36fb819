"""Everything that is random in the simulated stock market, drawn before anything is planted.

In come sizes and a generator, out come `Shocks`: loadings, volatilities, shocks and listings. Prices are a fixed
function of them, so a test can change the shocks of one day and see what moves.
"""

from dataclasses import dataclass

import numpy as np

SECTORS = (
    "Communication Services",
    "Consumer Discretionary",
    "Consumer Staples",
    "Energy",
    "Financials",
    "Health Care",
    "Industrials",
    "Information Technology",
    "Materials",
    "Real Estate",
    "Utilities",
)
YEAR = 252
MARKET_VOLATILITY, SECTOR_VOLATILITY, TYPICAL_VOLATILITY = 0.13, 0.07, 0.28  # a year
REGIME_SCALE = np.array([0.65, 1.0, 1.9])  # calm, normal, turbulent
REGIME_STAY = np.array([0.985, 0.98, 0.96])
ARCH, GARCH = 0.06, 0.92
LISTED_LATE, DELISTED = 0.04, 0.04  # shares of the assets


@dataclass(frozen=True)
class Shocks:
    """What chance decided. T steps of the entry clock, N assets.

    Attributes
    ----------
    sector : array (N,) of int
        Place in SECTORS.
    regime : array (T,) of int
        0 calm, 1 normal, 2 turbulent.
    common : array (T, N)
        Return of market and sector in one step, with the drift.
    common_bridge : array (T, N)
        Noise of market and sector at the intermediate point, before its variance factor.
    scale : array (T, N)
        Standard deviation of the residual return of the step, known before it.
    z : array (T, N)
        Standardised residual shocks, Student t with 5 degrees of freedom.
    bridge : array (T, N)
        Standard normal residual noise at the intermediate point.
    variance : array (T, N)
        Variance of the whole step, known before it.
    first, last : array (N,) of int
        First and last session that the asset trades.
    start : array (N,)
        Log price before the first step.
    typical : array (N,)
        Typical shares a session.
    """

    sector: np.ndarray
    regime: np.ndarray
    common: np.ndarray
    common_bridge: np.ndarray
    scale: np.ndarray
    z: np.ndarray
    bridge: np.ndarray
    variance: np.ndarray
    first: np.ndarray
    last: np.ndarray
    start: np.ndarray
    typical: np.ndarray


def draw_shocks(steps: int, assets: int, rng: np.random.Generator) -> Shocks:
    """Draw a market of `assets` stocks over `steps` steps of the entry clock."""
    from dlcore.markets.simulate.bars import regime_path

    sector = rng.permutation(np.arange(assets) % len(SECTORS))
    regime = regime_path(steps, stay=REGIME_STAY, rng=rng)
    beta = rng.normal(1.0, 0.25, assets).clip(0.2, 2.0)
    gamma = rng.normal(1.0, 0.25, assets).clip(0.2, 2.0)
    residual = _residual_volatility(beta, gamma, rng)
    calm = REGIME_SCALE[regime][:, None] / np.sqrt(YEAR)  # (T, 1), one step's share of a year's volatility
    market = calm * MARKET_VOLATILITY * _student(rng, (steps, 1))
    sectors = calm * SECTOR_VOLATILITY * _student(rng, (steps, len(SECTORS)))  # (T, 11)
    market_bridge = calm * MARKET_VOLATILITY * rng.standard_normal((steps, 1))
    sector_bridge = calm * SECTOR_VOLATILITY * rng.standard_normal((steps, len(SECTORS)))
    z = _student(rng, (steps, assets))
    scale = calm * residual * np.sqrt(_unit_garch(z))  # (T, N)
    first, last = _listings(steps, assets, rng)
    return Shocks(
        sector=sector,
        regime=regime,
        common=0.08 / YEAR + beta * market + gamma * sectors[:, sector],
        common_bridge=beta * market_bridge + gamma * sector_bridge[:, sector],
        scale=scale,
        z=z,
        bridge=rng.standard_normal((steps, assets)),
        variance=scale**2 + calm**2 * ((beta * MARKET_VOLATILITY) ** 2 + (gamma * SECTOR_VOLATILITY) ** 2),
        first=first,
        last=last,
        start=np.log(60) + 0.6 * rng.standard_normal(assets),
        typical=np.exp(np.log(2e6) + 0.9 * rng.standard_normal(assets)),
    )


def _student(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Student t shocks with 5 degrees of freedom, scaled to variance 1 (that of t is 5/3)."""
    return rng.standard_t(5, shape) * np.sqrt(3 / 5)


def _unit_garch(z: np.ndarray) -> np.ndarray:
    """GARCH(1,1) variance with long-run mean 1, driven by z alone: what is planted later leaves it as it is."""
    from dlcore.markets.simulate.kernels import garch_paths

    return garch_paths(z, 1.0 - ARCH - GARCH, ARCH, GARCH)[1]


def _residual_volatility(beta: np.ndarray, gamma: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Yearly residual volatility (N,) that leaves total volatilities lognormal around 28 %."""
    total = TYPICAL_VOLATILITY * np.exp(0.3 * rng.standard_normal(len(beta)))
    common = (beta * MARKET_VOLATILITY) ** 2 + (gamma * SECTOR_VOLATILITY) ** 2
    return np.sqrt(np.maximum(total**2 - common, (0.5 * total) ** 2))


def _listings(steps: int, assets: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """First and last session of each asset: some list late, others leave early, none does both."""
    first, last = np.zeros(assets, dtype=np.int64), np.full(assets, steps - 1, dtype=np.int64)
    late, gone = int(LISTED_LATE * assets), int(DELISTED * assets)
    moved = rng.permutation(assets)
    first[moved[:late]] = rng.integers(1, max(steps * 9 // 10, 2), late)
    last[moved[late : late + gone]] = rng.integers(steps // 10, steps - 1, gone)
    return first, last
