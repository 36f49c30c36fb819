"""When a position is left without asking the strategy.

In come distances from the entry price; the event-driven engine applies them within each bar. Entry is the average price
of the position. Order within a bar: a gap through the stop, or else through the target, fills at the open; where stop
and target both lie within the bar, the stop is assumed to have come first.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Levels(NamedTuple):
    """The rules as plain numbers, as the kernel wants them: a rule that is off is infinitely far away."""

    loss: float
    profit: float
    trailing: float
    sessions: int


@dataclass(frozen=True, kw_only=True)
class Stops:
    """Exits; None switches one off.

    Attributes
    ----------
    loss, profit : float or None
        Distances from the entry price, as fractions of it: .05 leaves a long position 5 % below.
    trailing : float or None
        Distance from the best price since entry, as a fraction of it. The best price is that of the sessions before:
        within one bar nobody knows whether the high or the low came first.
    sessions : int or None
        Fills in which a position may stand: one entered on session e is closed by the fill of session e + sessions.

    Notes
    -----
    After any of these an asset stays out until the strategy has wanted zero, or the other side, at least once.
    """

    loss: float | None = None
    profit: float | None = None
    trailing: float | None = None
    sessions: int | None = None

    def __post_init__(self) -> None:
        """Refuse distances that are no fractions."""
        for name in ("loss", "profit", "trailing"):
            value = getattr(self, name)
            limit = np.inf if name == "profit" else 1
            if value is not None and not 0 < value < limit:
                allowed = "> 0" if name == "profit" else "between 0 and 1"
                raise ValueError(f"{name}={value} is not allowed: give a fraction {allowed}, such as 0.05, or None")
        if self.sessions is not None and (self.sessions != int(self.sessions) or self.sessions < 1):
            raise ValueError(f"sessions={self.sessions} is not allowed: give an integer ≥ 1, or None")

    @property
    def within_bar(self) -> bool:
        """Whether opens, highs and lows are needed."""
        return (self.loss, self.profit, self.trailing) != (None, None, None)

    @property
    def levels(self) -> Levels:
        """The rules for the kernel."""
        loss, profit, trailing = (np.inf if x is None else float(x) for x in (self.loss, self.profit, self.trailing))
        return Levels(loss, profit, trailing, -1 if self.sessions is None else int(self.sessions))
