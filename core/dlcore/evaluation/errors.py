"""How far off: squared and absolute errors of forecasts, and what is left of them beside a naive forecast.

In come forecasts and outcomes of the same unit, by date or by (date, asset); out comes one number. Pairs in which
either is NaN are left out.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.evaluation.series import side_by_side

if TYPE_CHECKING:
    from dlcore.evaluation.series import Panel


def mse(forecast: "Panel", outcome: "Panel") -> float:
    """Mean squared error, ``mean((forecast - outcome)²)``.

    Parameters
    ----------
    forecast, outcome : Series, DataFrame, DataArray or array, (n,) or (date, asset)
        Of one shape and, where both carry labels, of the same ones. Pairs with NaN are left out.

    Returns
    -------
    float
        In the square of the unit. Every pair counts the same.

    Raises
    ------
    ValueError
        As `side_by_side`; when no pair is left.

    References
    ----------
    Hyndman and Koehler (2006), *International Journal of Forecasting* 22.
    """
    forecasts, outcomes = _pairs(("forecast", "outcome"), forecast, outcome)
    return float(np.mean((forecasts - outcomes) ** 2))


def mae(forecast: "Panel", outcome: "Panel") -> float:
    """Mean absolute error, ``mean(|forecast - outcome|)``.

    Parameters
    ----------
    forecast, outcome : Series, DataFrame, DataArray or array, (n,) or (date, asset)
        As for `mse`.

    Returns
    -------
    float
        In the unit of the outcome. The best constant forecast by it is the median.

    Raises
    ------
    ValueError
        As `mse`.

    References
    ----------
    Hyndman and Koehler (2006), *International Journal of Forecasting* 22.
    """
    forecasts, outcomes = _pairs(("forecast", "outcome"), forecast, outcome)
    return float(np.mean(np.abs(forecasts - outcomes)))


def r_squared(forecast: "Panel", outcome: "Panel", *, naive: "Panel | float") -> float:
    """Out-of-sample R²: the share of a naive forecast's squared error that the forecast takes away.

    ``1 - Σ (outcome - forecast)² / Σ (outcome - naive)²``. The naive forecast has to be known when the forecast is
    made: 0 for returns, the last price for prices, the mean of the *training* period; never the mean of the outcomes
    being forecast, which is what an in-sample R² subtracts.

    Parameters
    ----------
    forecast, outcome : Series, DataFrame, DataArray or array, (n,) or (date, asset)
        As for `mse`.
    naive : float, or like `outcome`
        The forecast to beat, on the same pairs.

    Returns
    -------
    float
        At most 1; 0 is no better than naive, below 0 worse. For daily returns .005 would be much.

    Raises
    ------
    ValueError
        As `mse`; when the naive forecast is never wrong.

    References
    ----------
    Campbell and Thompson (2008), *Review of Financial Studies* 21, equation 1; with naive = 0, Gu, Kelly and Xiu
    (2020), the same journal 33, equation 19.
    """
    names = ("forecast", "outcome", "naive")
    forecasts, outcomes, naives = _pairs(names, forecast, outcome, naive)
    baseline = float(np.sum((outcomes - naives) ** 2))
    if baseline == 0:
        raise ValueError(f"the naive forecast is right in all {len(outcomes)} pairs: there is nothing left to explain")
    return 1 - float(np.sum((outcomes - forecasts) ** 2)) / baseline


def _pairs(names: tuple[str, ...], *inputs: "Panel | float") -> tuple[np.ndarray, ...]:
    """The inputs where none is missing, each (n,)."""
    arrays = side_by_side(names, *inputs)
    together = ~np.isnan(arrays).any(axis=0)
    if not together.any():
        raise ValueError(f"{' and '.join(names)} have no place where none is NaN: align them first")
    return tuple(array[together] for array in arrays)
