"""Where entries meet: a market, a clock, folds and costs, settled once and the same for everyone.

`real` is twenty large US stocks, survivorship-biased and said so; `planted` a simulated market in which a five-day rank
IC of .05 can be learned from prices; `empty` the same market, shock for shock, with nothing in it. Who shows skill in
`empty` has a leak.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from dlcore.targets import WalkForward, forward_return

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.targets import Fold


@dataclass(frozen=True)
class Arena:
    """One market with its protocol.

    Attributes
    ----------
    name, market : str
        Its own, and what `load_panel` knows.
    start : str or None
        First date that is used.
    entry : {"next_open", "next_close"}
        Where orders are filled.
    top : int
        Names bought each day, and as many sold short.
    plan : WalkForward
        Purged walk-forward with a validation period.
    horizon : int
        Sessions of the label, and of each tranche.
    cost_bps : float
        Of the traded value, per side.
    """

    name: str
    market: str
    start: str | None
    entry: str
    top: int
    plan: WalkForward
    horizon: int = 5
    cost_bps: float = 5.0

    @cached_property
    def panel(self) -> "xr.Dataset":
        """The market, (date, asset)."""
        from dlcore.markets import load_panel

        return load_panel(self.market, start=self.start)

    @cached_property
    def labels(self) -> "xr.Dataset":
        """The forward return that is to be forecast."""
        return forward_return(self.panel, horizon=self.horizon, entry=self.entry)

    @cached_property
    def folds(self) -> "list[Fold]":
        """Train, validation and test masks, oldest first."""
        return self.plan.folds(self.labels)


_SHORT = WalkForward(train=504, test=126, validation=126, embargo=1)

ARENAS = {
    "real": ("us-large-20", "2000-01-03", "next_close", 5, WalkForward(1512, 252, validation=252, embargo=1)),
    "planted": ("simulated-sp500?ic=0.05", None, "next_open", 50, _SHORT),
    "empty": ("simulated-sp500?ic=0", None, "next_open", 50, _SHORT),
}


@lru_cache(maxsize=4)
def open_arena(name: str) -> Arena:
    """One of `ARENAS`; its market is loaded when first needed and kept.

    Raises
    ------
    ValueError
        For a name that is not there.
    """
    if name not in ARENAS:
        raise ValueError(f"arena={name!r} is not there: give one of {', '.join(ARENAS)}")
    return Arena(name, *ARENAS[name])
