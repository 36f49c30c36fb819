"""Is one forecast better than another, or were its days luckier?

In come the losses of two forecasts on the same days; out comes the Diebold–Mariano test of equal expected loss.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcore.evaluation.series import checked_integer, side_by_side
from dlcore.evaluation.significance import variance_of_mean

if TYPE_CHECKING:
    from dlcore.evaluation.series import Series

KERNELS = ("rectangular", "bartlett")


@dataclass(frozen=True)
class DieboldMariano:
    """The verdict on two forecasts.

    Attributes
    ----------
    difference : float
        Mean loss of the first less that of the second, in their unit; negative speaks for the first.
    statistic : float
        With the small-sample correction; NaN where the variance came out negative.
    p_value : float
        Two-sided, from Student's t with n - 1 degrees of freedom; NaN likewise.
    n : int
        Days with both losses.
    reason : str
        Why the statistic is NaN; empty when it is not.
    """

    difference: float
    statistic: float
    p_value: float
    n: int
    reason: str


def diebold_mariano(loss_a: "Series", loss_b: "Series", *, horizon: int, kernel: str = "rectangular") -> DieboldMariano:
    """Test that two forecasts have the same expected loss.

    ``DM = mean(d) / sqrt(var(mean(d)))`` for d = loss_a - loss_b, its variance with lags up to h - 1, times
    ``sqrt((n + 1 - 2h + h (h - 1) / n) / n)``.

    Parameters
    ----------
    loss_a, loss_b : Series, DataArray or array (n,)
        Loss of each forecast on each day, less is better: squared errors, absolute errors, minus a day's return. Of
        a panel give the mean over the assets of each day. Days with NaN in either are gaps and keep their length.
    horizon : int
        h, how many sessions ahead is forecast. Errors h ahead are correlated up to lag h - 1.
    kernel : {"rectangular", "bartlett"}
        The original test's, whose variance may come out negative, or one whose cannot but which at lag h - 1 rejects
        too often.

    Returns
    -------
    DieboldMariano

    Raises
    ------
    ValueError
        As `side_by_side`; for losses that never differ, fewer than 2 h days, or an unknown kernel.

    References
    ----------
    Diebold and Mariano (1995), *Journal of Business & Economic Statistics* 13; Harvey, Leybourne and Newbold (1997),
    *International Journal of Forecasting* 13, equations 8 and 9. It compares forecasts, not nested models fitted on
    the same sample: Diebold (2015), the first journal, 33.

    Examples
    --------
    A forecast, and the same with more noise, judged on the same days:

    >>> import numpy as np
    >>> from dlcore.evaluation import diebold_mariano
    >>> rng = np.random.default_rng(0)
    >>> outcome, better = rng.normal(size=(2, 500))
    >>> worse = better + 0.6 * rng.normal(size=500)
    >>> test = diebold_mariano((outcome - better) ** 2, (outcome - worse) ** 2, horizon=1)
    >>> test.difference < 0, round(test.statistic, 1)  # negative speaks for the first
    (True, -3.9)
    """
    from scipy.special import stdtr

    h = checked_integer(horizon, "horizon", at_least=1)
    if kernel not in KERNELS:
        raise ValueError(f"kernel={kernel!r} is not allowed: give one of {', '.join(KERNELS)}")
    a, b = side_by_side(("loss_a", "loss_b"), loss_a, loss_b)
    if a.ndim != 1:
        raise ValueError(f"losses of shape {a.shape} are not allowed: give (n,), the mean over assets of each day")
    d = a - b
    known = ~np.isnan(d)
    n = int(known.sum())
    if n < max(2 * h, 2):
        raise ValueError(f"loss_a and loss_b share {n} days: give at least {max(2 * h, 2)} for horizon={h}")
    mean = float(d[known].mean())
    if np.ptp(d[known]) == 0:
        raise ValueError(f"loss_a and loss_b always differ by {mean:g}: there is no spread to test against")
    variance = variance_of_mean(np.where(known, d - mean, 0.0), n, h - 1, kernel)
    if variance <= 0:
        reason = f'the variance came out at {variance:.2g}: kernel="bartlett" cannot, at the price of a false alarm'
        return DieboldMariano(mean, np.nan, np.nan, n, reason)
    statistic = mean / variance**0.5 * ((n + 1 - 2 * h + h * (h - 1) / n) / n) ** 0.5
    return DieboldMariano(mean, statistic, float(2 * stdtr(n - 1, -abs(statistic))), n, "")
