"""What the rows work on: the simulated S&P 500, at its own size or another.

In comes a factor, out comes a Panel with that many times its cells, half of the growth in dates and half in assets.
"""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

FIELDS = ("open", "high", "low", "close", "volume", "true_signal")


@cache
def market(dates: int = 1007, assets: int = 503) -> "xr.Dataset":
    """A corner of `simulated-sp500`, laid out in C order.

    Parameters
    ----------
    dates, assets : int
        How much of it; all by default.

    Returns
    -------
    Dataset (date, asset)
        A Panel; `true_signal` are the scores that the rows trade and judge.
    """
    from dlcore.markets import load_panel

    panel = load_panel("simulated-sp500").isel(date=slice(0, dates), asset=slice(0, assets))
    return panel.assign({name: panel[name].copy(data=np.ascontiguousarray(panel[name])) for name in FIELDS})


def grown(panel: "xr.Dataset", factor: int) -> "xr.Dataset":
    """A Panel whose history and whose list of assets are each repeated `factor` times.

    Parameters
    ----------
    panel : Dataset (date, asset)
        From `market`.
    factor : int
        4 makes 16 times the cells.

    Returns
    -------
    Dataset (date, asset)
        A Panel with fields and scores alone.
    """
    import xarray as xr

    from dlcore.markets.calendar import sessions

    days = sessions("1991-01-01", "2024-12-31", "XNYS")[: factor * panel.sizes["date"]]
    names = [f"{name}-{copy}" for copy in range(factor) for name in panel["asset"].to_numpy()]
    variables = {name: (("date", "asset"), np.tile(panel[name].to_numpy(), (factor, factor))) for name in FIELDS}
    return xr.Dataset(variables, {"date": days, "asset": names}, panel.attrs)


def arrays(panel: "xr.Dataset", *names: str) -> dict[str, np.ndarray]:
    """Fields of a Panel as peers are given them, (dates, assets)."""
    return {name: panel[name].to_numpy() for name in names}


def unbroken(panel: "xr.Dataset") -> np.ndarray:
    """Which assets traded on every session (assets,): peers treat gaps in other ways, or not at all."""
    return panel["close"].notnull().all("date").to_numpy()
