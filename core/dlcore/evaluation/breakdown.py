"""Where an IC comes from: which years, which sectors, and how soon it fades.

In come ICs, or scores and returns `(date, asset)`; out come tables with one `ICSummary` a row.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.evaluation.ic import information_coefficient
from dlcore.evaluation.summary import ICSummary, summarize

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def by_year(ic: "xr.DataArray", *, horizon: int) -> "pd.DataFrame":
    """Summarize each calendar year of decisions by itself.

    Parameters
    ----------
    ic : DataArray (date,)
        As `information_coefficient` returns it.
    horizon : int
        Sessions of the label.

    Returns
    -------
    DataFrame
        Index `year`, columns those of `ICSummary`. A year without two different ICs is left out. The last labels of a
        year end in the next.

    Raises
    ------
    TypeError
        For anything but a DataArray over dates.
    """
    import pandas as pd

    dates = getattr(ic, "indexes", {}).get("date")
    if not isinstance(dates, pd.DatetimeIndex):
        raise TypeError(f"ic is a {type(ic).__name__} without dates: give the DataArray of information_coefficient")
    years = dates.year.to_numpy()
    parts = {int(year): ic.isel(date=np.flatnonzero(years == year)) for year in np.unique(years)}
    return _table({year: summarize(part, horizon=horizon) for year, part in parts.items() if _moves(part)}, "year")


def by_sector(
    scores: "xr.DataArray",
    returns: "xr.DataArray",
    *,
    horizon: int,
    method: str = "pearson",
    universe: "xr.DataArray | None" = None,
    minimum_breadth: int = 10,
) -> "pd.DataFrame":
    """Summarize the IC within each sector: choice of stock, freed of choice of sector.

    Parameters
    ----------
    scores : DataArray (date, asset)
        With the coordinate `sector` (asset,), as a Panel has it.
    returns, method, universe, minimum_breadth
        As for `information_coefficient`.
    horizon : int
        Sessions of the label.

    Returns
    -------
    DataFrame
        Index `sector`, columns those of `ICSummary`. A sector that never has `minimum_breadth` assets is left out.

    Raises
    ------
    TypeError, ValueError
        As `information_coefficient`; for scores without the coordinate `sector`.
    """
    if "sector" not in getattr(scores, "coords", {}) or scores["sector"].dims != ("asset",):
        raise ValueError("scores have no coordinate 'sector' on asset: assign it from the panel")
    sectors = scores["sector"].to_numpy()
    found = {}
    for sector in dict.fromkeys(sectors[[_is_named(sector) for sector in sectors]]):
        part = scores.isel(asset=np.flatnonzero(sectors == sector))
        ic = information_coefficient(part, returns, method=method, universe=universe, minimum_breadth=minimum_breadth)
        if _moves(ic):
            found[str(sector)] = summarize(ic, horizon=horizon)
    return _table(found, "sector")


def decay(
    scores: "xr.DataArray",
    returns: "Mapping[int, xr.DataArray]",
    *,
    method: str = "pearson",
    universe: "xr.DataArray | None" = None,
    minimum_breadth: int = 10,
) -> "pd.DataFrame":
    """Summarize the IC of the same scores at several horizons, each with the lags that its own overlap asks for.

    Parameters
    ----------
    scores : DataArray (date, asset)
        As for `information_coefficient`.
    returns : mapping of int to DataArray (date, asset)
        Horizon in sessions, and the forward return over it.
    method, universe, minimum_breadth
        As for `information_coefficient`.

    Returns
    -------
    DataFrame
        Index `horizon`, ascending, columns those of `ICSummary`.

    Raises
    ------
    TypeError, ValueError
        As `information_coefficient` and `summarize`; for an empty mapping.
    """
    if not returns:
        raise ValueError("returns is empty: give at least one horizon and its forward returns")
    found = {}
    for horizon in sorted(returns):
        ic = information_coefficient(
            scores, returns[horizon], method=method, universe=universe, minimum_breadth=minimum_breadth
        )
        found[horizon] = summarize(ic, horizon=horizon)
    return _table(found, "horizon").drop(columns="horizon")


def _table(rows: Mapping[Any, ICSummary], index: str) -> "pd.DataFrame":
    import pandas as pd

    columns = list(ICSummary.__dataclass_fields__)
    return pd.DataFrame([asdict(row) for row in rows.values()], pd.Index(list(rows), name=index), columns)


def _is_named(sector: Any) -> bool:
    return sector is not None and sector == sector and sector != ""


def _moves(ic: "xr.DataArray") -> bool:
    values = ic.to_numpy()
    values = values[~np.isnan(values)]
    return len(values) > 1 and bool(np.ptp(values) > 0)
