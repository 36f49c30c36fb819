"""How often the sign was right, beside how often one sign alone would have been.

In come forecasts and outcomes whose signs are compared; out comes the accuracy with its base rate and two error bars:
the textbook's, for tosses of a coin, and one that knows that the assets of a day rise and fall together.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcore.evaluation.series import checked_integer, side_by_side
from dlcore.evaluation.significance import VALUES_PER_LAG, newey_west_lag, variance_of_mean

if TYPE_CHECKING:
    from dlcore.evaluation.series import Panel


@dataclass(frozen=True)
class DirectionAccuracy:
    """How often the sign was right.

    Attributes
    ----------
    accuracy : float
        Share of pairs in which forecast and outcome have the same sign.
    base_rate : float
        Share of the more frequent sign among the same outcomes: what "always up" (or down) would have scored. It was
        chosen after the fact, so it is a hard master.
    error_binomial : float
        ``sqrt(a (1 - a) / n)``, right if the pairs were independent.
    error_hac : float
        Dates as clusters, Newey–West over them: right when the assets of a day, and overlapping labels, are not.
        NaN for fewer than 10 (lag + 1) dates.
    t_over_base : float
        (accuracy - base_rate) over the Newey–West error of this paired difference. NaN likewise, and when the
        forecast always says the more frequent sign.
    n, dates : int
        Pairs, and dates with at least one.
    left_out : int
        Pairs in which the forecast or the outcome is exactly zero: no opinion, or no direction.
    """

    accuracy: float
    base_rate: float
    error_binomial: float
    error_hac: float
    t_over_base: float
    n: int
    dates: int
    left_out: int


def direction_accuracy(forecast: "Panel", outcome: "Panel", *, horizon: int) -> DirectionAccuracy:
    """Compare the signs of forecasts and outcomes.

    Parameters
    ----------
    forecast : Series, DataFrame, DataArray or array, (n,) or (date, asset)
        Above zero means up. For probabilities give p - ½. NaN and zero are left out.
    outcome : like `forecast`
        Returns. NaN and zero are left out.
    horizon : int
        h, the sessions of each outcome. The lag of Newey–West is 20, or 4 h where that is more.

    Returns
    -------
    DirectionAccuracy

    Raises
    ------
    ValueError
        As `side_by_side`; when no pair is left.

    References
    ----------
    Pesaran and Timmermann (1992), *Journal of Business & Economic Statistics* 10, on why accuracy alone proves
    nothing; Newey and West (1987), *Econometrica* 55.
    """
    h = checked_integer(horizon, "horizon", at_least=1)
    said, came = side_by_side(("forecast", "outcome"), forecast, outcome)
    said, came = np.sign(said).reshape(len(said), -1), np.sign(came).reshape(len(came), -1)  # (T, N)
    both = ~np.isnan(said * came)
    counted = both & (said * came != 0)
    n = int(counted.sum())
    if n == 0:
        raise ValueError("forecast and outcome have no pair with two signs: align them first")
    hit = (said == came) & counted
    usual = 1 if np.sum(came[counted] > 0) * 2 >= n else -1
    plain = (came == usual) & counted
    accuracy, base_rate = hit.sum() / n, plain.sum() / n
    lag = newey_west_lag(h)
    edge = hit.astype(float) - plain
    edge_error = _clustered_error(edge, counted, lag)
    return DirectionAccuracy(
        accuracy=float(accuracy),
        base_rate=float(base_rate),
        error_binomial=float(np.sqrt(accuracy * (1 - accuracy) / n)),
        error_hac=_clustered_error(hit.astype(float), counted, lag),
        t_over_base=float((accuracy - base_rate) / edge_error) if edge_error > 0 else np.nan,
        n=n,
        dates=int(counted.any(axis=1).sum()),
        left_out=int((both & ~counted).sum()),
    )


def _clustered_error(x: np.ndarray, counted: np.ndarray, lag: int) -> float:
    """Standard error of the mean of x over what is counted, each date's deviations being one term of the sum."""
    dates = int(counted.any(axis=1).sum())
    if dates < VALUES_PER_LAG * (lag + 1):
        return np.nan
    mean = x[counted].mean()
    d = np.sum(np.where(counted, x - mean, 0.0), axis=1)  # (T,)
    return float(np.sqrt(variance_of_mean(d, int(counted.sum()), lag, "bartlett")))
