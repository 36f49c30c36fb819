"""Where entries meet: a market, a clock, folds and costs, settled once and the same for everyone.

`real` is twenty large US stocks, survivorship-biased and said so; `planted` a simulated market in which a five-day rank
IC of .05 can be learned from prices; `empty` the same market, shock for shock, with nothing in it. Who shows skill in
`empty` has a leak.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
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
    start, end : str or None
        First and last date that are used.
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
    end: str | None = None

    @cached_property
    def panel(self) -> "xr.Dataset":
        """The market, (date, asset)."""
        from dlcore.markets import load_panel

        return load_panel(self.market, start=self.start, end=self.end)

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


def own_arena(market: str, start: str | None = None, end: str | None = None, *, test: int = 252) -> Arena:
    """An arena of any market with opens: trained once, tested on the last year.

    Parameters
    ----------
    market : str
        What `load_panel` knows: a name, a stored market, a path.
    start, end : str, optional
        First and last date.
    test : int
        Sessions of the test period, ≥ 1; the last 15 % of what lies before them are for validation.

    Returns
    -------
    Arena
        Named `own-` and after market, options and dates, so that rows of another period or of `ARENAS` never mix with
        its own; a tenth of its assets is bought, at most 50, and as many sold short.

    Raises
    ------
    ValueError
        For a market without opens, with fewer than twenty assets, or with too few sessions.
    """
    from dlcore.markets import load_panel

    panel = load_panel(market, start=start, end=end)
    sessions, assets = panel.sizes["date"], panel.sizes["asset"]
    if "open" not in panel:
        raise ValueError(f"market={market!r} has no opens: give one with open and close")
    if assets < 20 or sessions < 2 * test:
        raise ValueError(f"market={market!r} has {assets} assets × {sessions} sessions: give 20 × {2 * test} at least")
    train = sessions - test - 1
    plan = WalkForward(train, test, validation=round(0.15 * train), embargo=1)
    source, _, options = market.partition("?")
    said = " ".join(["own", Path(source).stem, options, start or "", end or "", "" if test == 252 else f"test {test}"])
    name = re.sub(r"[^a-z0-9.]+", "-", said.lower()).strip("-")
    arena = Arena(name, market, start, "next_open", min(assets // 10, 50), plan, end=end)
    vars(arena)["panel"] = panel  # where the cached property keeps it: it is loaded once
    return arena


def opened(arena: str | Arena) -> Arena:
    """The arena itself, or the one of `ARENAS` that has this name."""
    return arena if isinstance(arena, Arena) else open_arena(arena)


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
