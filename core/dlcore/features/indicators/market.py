"""An asset against its market: who was stronger."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.kernels import windows
from dlcore.features.labelled import count, label, per_date, positive

if TYPE_CHECKING:
    import xarray as xr


def strength(close: "xr.DataArray", market: "xr.DataArray", window: int) -> "xr.DataArray":
    """Log return of the last n sessions less the market's.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices > 0.
    market : DataArray (date,)
        Simple daily returns of the market on the same dates, as from `dlcore.features.market_return`.
    window : int
        n ≥ 1 sessions.

    Returns
    -------
    DataArray (date, asset)
        Log return. Warm-up n; NaN unless all n + 1 closes and all n returns of the market are known.

    Raises
    ------
    ValueError, TypeError
        For a window below 1, a market on other dates, and as `labelled.positive`.
    """
    window = count("window", window)
    numbers = positive(close)
    gain = np.log(numbers / windows.lagged(numbers, window))
    gain -= window * windows.rolling_mean(np.log1p(per_date(market, close)), window)
    return label(gain, close, f"strength_{window}", "log return", window)
