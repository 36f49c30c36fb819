"""What a trade costs: one frozen model for both engines.

In come rates; `fee` in `dlcore.backtest.fees` makes money of them, a value and a price. Costs leave cash beside the
trade: the price of a fill stays the market's.
"""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Costs of one side of a trade, on by default.

    A fill of Q shares at price P costs Q·P·(bps + half_spread_bps)/10⁴ + Q·per_share + Q·P·impact·σ·√(Q/ADV).

    Attributes
    ----------
    bps : float
        Commission and fees, in basis points of the traded value.
    half_spread_bps : float
        Half the quoted spread, in basis points of the traded value: what crossing it costs.
    per_share : float
        In currency per share. On prices adjusted for splits it overcharges the distant past.
    impact : float
        Factor before the square-root law (Almgren and others 2005 find near 1); 0 switches it off. σ is the standard
        deviation of the daily log return and ADV the mean volume over the 20 sessions before the fill.

    Examples
    --------
    >>> from dlcore.backtest import Costs
    >>> print(Costs())
    5 bp of traded value per side
    >>> print(Costs(bps=2, half_spread_bps=3, impact=1))
    2 bp of traded value per side, half spread 3 bp, impact 1·σ·√(Q/ADV)
    >>> Costs(bps=-1)
    Traceback (most recent call last):
        ...
    ValueError: bps=-1 is not allowed: give a finite number ≥ 0
    """

    bps: float = 5.0
    half_spread_bps: float = 0.0
    per_share: float = 0.0
    impact: float = 0.0

    def __post_init__(self) -> None:
        """Refuse rates that would pay the trader."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{field.name}={value} is not allowed: give a finite number ≥ 0")

    def __str__(self) -> str:
        """The rates that are charged, in words."""
        said = [f"{self.bps:g} bp of traded value per side"]
        said += [f"half spread {self.half_spread_bps:g} bp"] if self.half_spread_bps else []
        said += [f"{self.per_share:g} per share"] if self.per_share else []
        said += [f"impact {self.impact:g}·σ·√(Q/ADV)"] if self.impact else []
        return ", ".join(said)

    @property
    def terms(self) -> tuple[float, float, float]:
        """Rate of traded value (a fraction), currency per share, impact: what `fee` takes."""
        return (self.bps + self.half_spread_bps) / 1e4, float(self.per_share), float(self.impact)
