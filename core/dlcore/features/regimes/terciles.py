"""Is volatility low, middling or high, against what it had been until then?"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.labelled import count
from dlcore.features.regimes.series import check_order

if TYPE_CHECKING:
    import xarray as xr


def volatility_terciles(volatility: "xr.DataArray", *, window: int | None = None, minimum: int = 252) -> "xr.DataArray":
    """The third of its own past in which each value lies.

    Parameters
    ----------
    volatility : DataArray (date,) or (date, asset)
        Such as `dlcore.features.volatility`; each asset is held against itself. NaN is stepped over.
    window : int, optional
        Dates of the past that count, the value's own included; all without it.
    minimum : int
        Values that must be known in that past, from 3 to `window`.

    Returns
    -------
    DataArray, same dims
        0.0 up to the lower tercile of the past, 1.0, and 2.0 above the upper one; NaN where the value is missing or
        the past has fewer than `minimum` values. Terciles are interpolated linearly.

    Raises
    ------
    ValueError
        For other dims, unsorted dates, infinite values, or counts out of range.
    """
    import pandas as pd

    minimum = count("minimum", minimum, 3)
    if volatility.dims not in (("date",), ("date", "asset")) or np.isinf(volatility.to_numpy()).any():
        raise ValueError(
            f"volatility with dims {volatility.dims}: give finite numbers or NaN over (date, asset) or date"
        )
    check_order(volatility)
    frame = pd.DataFrame(volatility.to_numpy().reshape(volatility.sizes["date"], -1))
    if window is None:
        past = frame.expanding(minimum)
    else:
        past = frame.rolling(count("window", window, minimum), min_periods=minimum)
    low, high = (past.quantile(share).to_numpy() for share in (1 / 3, 2 / 3))
    values = frame.to_numpy()
    third = (values > low).astype(np.float64) + (values > high)
    third[np.isnan(values) | np.isnan(low)] = np.nan
    return volatility.copy(data=third.reshape(volatility.shape)).rename("volatility_tercile")
