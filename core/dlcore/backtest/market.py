"""The market as both engines see it: plain arrays of one Panel, with the price at which orders are filled.

In come a Panel and where orders are filled; out comes a Market. Nothing in it is filled forward but the *mark*, the
last close at which a frozen position is valued, and the estimates of liquidity that price impact needs.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from dlcore.backtest.costs import Costs

ENTRIES = ("next_open", "next_close")
LIQUIDITY_SESSIONS = 20
LIQUIDITY_KNOWN = 5  # trades before which nothing is known of an asset's liquidity


@dataclass(frozen=True, eq=False)
class Market:
    """Prices and clock of a backtest.

    Attributes
    ----------
    dates, assets : Index
        Axes of the panel.
    panel : Dataset
        Where the prices are.
    entry : {"next_open", "next_close"}
        Where an order decided at the close of one session is filled on the next.
    delisting_return : float
        What a holder gets beyond the last close of an asset that stops trading before the panel ends.
    """

    dates: "pd.DatetimeIndex"
    assets: "pd.Index"
    panel: "xr.Dataset"
    entry: str
    delisting_return: float

    def field(self, name: str) -> np.ndarray:
        """Open, high, low, close or volume (dates, assets), rows contiguous; NaN is "did not trade"."""
        if name not in self.panel:
            raise ValueError(f"the panel has no {name}, which this backtest needs: give a panel with {name}")
        return np.ascontiguousarray(self.panel[name].transpose("date", "asset").to_numpy())

    @cached_property
    def close(self) -> np.ndarray:
        """Closes (dates, assets)."""
        return self.field("close")

    @cached_property
    def fill(self) -> np.ndarray:
        """Prices at which orders are filled (dates, assets)."""
        return self.close if self.entry == "next_close" else self.field("open")

    @cached_property
    def steps(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Last close to fill, last close to close, and the last close seen: as kernels want them (dates, assets)."""
        from dlcore.backtest.value_kernels import steps

        written = np.empty(self.close.shape), np.empty(self.close.shape), np.empty(self.close.shape)
        steps(self.fill, self.close, *written)
        return written

    @property
    def marks(self) -> np.ndarray:
        """The last close seen (dates, assets); NaN before the first."""
        return self.steps[2]

    @cached_property
    def gone(self) -> np.ndarray:
        """Session after an asset's last close (assets,), on which its position becomes cash; beyond the end if none."""
        sessions = np.full(len(self.assets), len(self.dates))
        for column in np.flatnonzero(np.isnan(self.close[-1])):
            sessions[column] -= np.isfinite(self.close[::-1, column]).argmax()
        return sessions

    def friction(self, model: "Costs") -> np.ndarray:
        """What `fee` takes of the day: σ/√ADV where the model has impact, else one row of zeros for every session."""
        return self.drag if model.impact > 0 else np.zeros((1, len(self.assets)))

    @cached_property
    def drag(self) -> np.ndarray:
        """σ/√ADV (dates, assets) as known before the session; NaN until enough trades were seen."""
        import pandas as pd

        moves = pd.DataFrame(np.diff(np.log(self.close), axis=0, prepend=np.nan))
        sigma, mean = (
            table.rolling(LIQUIDITY_SESSIONS, min_periods=LIQUIDITY_KNOWN)
            for table in (moves, pd.DataFrame(self.field("volume")))
        )
        adv = np.asarray(mean.mean())
        drag = np.asarray(sigma.std()) / np.sqrt(np.where(adv > 0, adv, np.nan))
        return pd.DataFrame(drag).ffill().shift(1).to_numpy()


def open_market(panel: "xr.Dataset", *, entry: str, delisting_return: float) -> Market:
    """Check a Panel and the clock, and take the arrays out.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel; `open` is needed for "next_open".
    entry : {"next_open", "next_close"}
        Where orders are filled.
    delisting_return : float
        ≥ −1; Shumway (1997) finds about −.3 for delistings by poor performance.

    Returns
    -------
    Market
        It shares memory with the panel.

    Raises
    ------
    ValueError, TypeError
        For a panel without opens, an unknown entry, an impossible delisting return, and as `check_panel`.
    """
    from dlcore.markets.panel import check_panel

    check_panel(panel)
    if entry not in ENTRIES:
        raise ValueError(f"entry={entry!r} is not allowed: give 'next_open' or 'next_close'")
    if entry == "next_open" and "open" not in panel:
        raise ValueError("entry='next_open' is not allowed: the panel has no open; give entry='next_close'")
    if not (np.isfinite(delisting_return) and delisting_return >= -1):
        raise ValueError(f"delisting_return={delisting_return} is not allowed: give a finite number ≥ -1")
    dates, assets = panel.indexes["date"], panel.indexes["asset"]
    return Market(dates, assets, panel, entry, float(delisting_return))  # pyright: ignore[reportArgumentType] -- datetime64, as check_panel has seen
