"""Bollinger's bands, where a price is between them, and the same in standard deviations."""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.kernels import elements, windows
from dlcore.features.labelled import count, known, label, label_lines, positive

if TYPE_CHECKING:
    import xarray as xr


def bollinger_bands(close: "xr.DataArray", window: int = 20, width: float = 2.0) -> "xr.Dataset":
    """Moving average, and `width` standard deviations (ddof 0) to either side.

    Parameters
    ----------
    close : DataArray (date, asset)
        Prices.
    window : int
        n ≥ 2 sessions.
    width : float
        Standard deviations, > 0.

    Returns
    -------
    Dataset (date, asset)
        `lower`, `middle`, `upper`, in units of the price. Warm-up n − 1; NaN where the window holds one. As TA-Lib's
        BBANDS, but exact at any level of price, and after a spike: see `kernels.windows.rolling_moments`.
        Source: Bollinger, Bollinger on Bollinger Bands (2001).

    Raises
    ------
    ValueError, TypeError
        For a window below 2, a width not above 0, and as `labelled.known`.
    """
    window, width = count("window", window, 2), _above_zero(width)
    numbers = known(close)
    lines = elements.bands(numbers, *windows.rolling_moments(numbers, window), width)
    names = ("lower", "middle", "upper")
    return label_lines({name: (line, "price", window - 1) for name, line in zip(names, lines, strict=True)}, close)


def bollinger_position(close: "xr.DataArray", window: int = 20, width: float = 2.0) -> "xr.Dataset":
    """Where the price is between its `bollinger_bands`, and how far these are apart.

    Parameters
    ----------
    close, window, width
        As for `bollinger_bands`; prices > 0.

    Returns
    -------
    Dataset (date, asset)
        `percent_b` = (close − lower) / (upper − lower): 0 on the lower band, 1 on the upper; NaN where the price never
        moved. `bandwidth` = (upper − lower) / middle, a fraction. Warm-up n − 1; NaN where the window holds one.

    Raises
    ------
    ValueError, TypeError
        As `bollinger_bands`; for prices not above 0.
    """
    window, width = count("window", window, 2), _above_zero(width)
    numbers = positive(close)
    percent_b, bandwidth = elements.place_in_bands(numbers, *windows.rolling_moments(numbers, window), width)
    lines = {
        "percent_b": (percent_b, "fraction of the band", window - 1),
        "bandwidth": (bandwidth, "fraction of the price", window - 1),
    }
    return label_lines(lines, close)


def rolling_zscore(values: "xr.DataArray", window: int) -> "xr.DataArray":
    """``(x_t − mean) / standard deviation`` (ddof 0) of the last n values, today's among them.

    Parameters
    ----------
    values : DataArray (date, asset)
        Any field or feature.
    window : int
        n ≥ 2 sessions.

    Returns
    -------
    DataArray (date, asset)
        Standard deviations. Warm-up n − 1 after that of the values; NaN where the window holds one, and where its
        values are all equal.

    Raises
    ------
    ValueError, TypeError
        For a window below 2, and as `labelled.known`.
    """
    window = count("window", window, 2)
    shift, variance = windows.rolling_moments(known(values), window)
    score = elements.quotient(np.negative(shift, out=shift), np.sqrt(variance, out=variance))
    warm_up = values.attrs.get("warm_up", 0) + window - 1
    return label(score, values, str(values.name), "standard deviations", warm_up)


def _above_zero(width: float) -> float:
    if not 0 < width < np.inf:
        raise ValueError(f"width={width} is not allowed: give a number of standard deviations > 0")
    return float(width)
