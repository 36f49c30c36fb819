"""Has something just changed? Page's sums with a stated rate of false alarms, and the chances of every run length.

In comes a series in units of its own noise (`past_zscore` makes one of returns), out come statistics on the same
dates. Both detectors read from the first date to the last and know nothing of later ones.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.labelled import count
from dlcore.features.regimes.series import known_part, spread

if TYPE_CHECKING:
    import xarray as xr

KAPPA, ALPHA, BETA = 0.1, 2.0, 1.0  # a new stretch: variance near 1, mean within about three of it


def past_zscore(series: "xr.DataArray", window: int = 252) -> "xr.DataArray":
    """Each value in units of the values before it: less their mean, over their standard deviation (ddof 1).

    Parameters
    ----------
    series : DataArray (date,)
        Such as daily returns. NaN is stepped over.
    window : int
        Values before the date's own, at least 2.

    Returns
    -------
    DataArray (date,)
        NaN for the first `window` values, where the value is missing, and where those before it were all equal.

    Raises
    ------
    ValueError
        For other dims, infinite values, or a window out of range.
    """
    from dlcore.features.kernels.comoments import rolling_comoments
    from dlcore.features.returns import shifted

    known, rows = known_part(series)
    values = known[:, None]
    mean, _, squares = rolling_comoments(values, values, count("window", window, 2))
    scale = np.sqrt(np.where(squares > 0, squares, np.nan) / (window - 1))
    z = (values - shifted(mean, 1)) / shifted(scale, 1)
    return series.copy(data=spread(z[:, 0], rows, series.size)).rename("past_zscore")


def cusum(z: "xr.DataArray", *, shift: float = 1.0, run_length: float = 1000.0) -> "xr.Dataset":
    """Page's two-sided cumulative sums: has the mean moved?

    ``up[t] = max(0, up[t-1] + z[t] - shift/2)``, `down` likewise of -z; above the threshold there is an alarm, and both
    sums begin anew. The threshold is the one at which independent standard normals raise a false alarm every
    `run_length` values on average (Siegmund's approximation, within about 10 % for shifts up to 2). Fat tails and
    volatility that clusters raise more: the S&P 500's returns of 1990–2022 through `past_zscore`, five times as many.

    Parameters
    ----------
    z : DataArray (date,)
        Mean 0 and variance 1 as long as nothing changes. NaN is stepped over.
    shift : float
        The change of the mean that is to be found soonest, in standard deviations, above 0.
    run_length : float
        Mean number of values between two false alarms, above 10.

    Returns
    -------
    Dataset (date,)
        `up`, `down` (the sums, in standard deviations, before they begin anew) and `alarm` (1 up, -1 down, 0 none);
        NaN where z is. attrs["threshold"].

    Raises
    ------
    ValueError
        For parameters out of range, other dims, or infinite values.

    References
    ----------
    Page (1954), *Biometrika* 41; Siegmund (1985), *Sequential Analysis*, for the threshold.
    """
    import xarray as xr

    from dlcore.features.regimes.kernels import page_sums

    for name, value, least in (("shift", shift, 0), ("run_length", run_length, 10)):
        if not least < value < np.inf:
            raise ValueError(f"{name}={value} is not allowed: give a number above {least}")
    known, rows = known_part(z)
    threshold = _threshold(shift / 2, run_length)
    sums = zip(("up", "down", "alarm"), page_sums(known, shift / 2, threshold), strict=True)
    variables = {name: (("date",), spread(one, rows, z.size)) for name, one in sums}
    return xr.Dataset(variables, {"date": z["date"].to_numpy()}, {"threshold": threshold})


def run_lengths(z: "xr.DataArray", *, between: float = 250.0, recent: int = 21) -> "xr.Dataset":
    """How long has the market been as it is? Chances of every time of the last change of mean and variance.

    Bayesian online change-point detection: a change comes before any value with chance 1 / `between`; the values after
    it are normal with a new mean and variance, drawn from a normal–inverse-gamma distribution (kappa 0.1, alpha 2,
    beta 1). If that is how the series was made, the chances are calibrated: of the dates on which a recent change has
    chance p, the share p has had one. On standard normals that never change, it exceeds one half on about 0.3 % of
    the dates. Run lengths of a chance below 1e-10 are forgotten.

    Parameters
    ----------
    z : DataArray (date,)
        In units in which a variance near 1 is ordinary. NaN is stepped over.
    between : float
        Values between two changes on average, above 1.
    recent : int
        Values, at least 1.

    Returns
    -------
    Dataset (date,)
        `expected_run_length`, values since the last change, the date's own included; `change_chance`, that this is at
        most `recent`, 1 on the first `recent` dates. NaN where z is.

    Raises
    ------
    ValueError
        For parameters out of range, other dims, or infinite values.

    References
    ----------
    Adams and MacKay (2007), arXiv:0710.3742, with the change before the date's value instead of after it.
    """
    import xarray as xr

    from dlcore.features.regimes.kernels import run_length_chances

    if not 1 < between < np.inf:
        raise ValueError(f"between={between} is not allowed: give a number above 1")
    known, rows = known_part(z)
    recent = count("recent", recent, 1)
    found = run_length_chances(known, 1 / between, recent, KAPPA, ALPHA, BETA)
    parts = zip(("expected_run_length", "change_chance"), found, strict=True)
    return xr.Dataset(
        {name: (("date",), spread(one, rows, z.size)) for name, one in parts}, {"date": z["date"].to_numpy()}
    )


def _threshold(drift: float, run_length: float) -> float:
    """Where one of two sums alarms every 2 `run_length` values: Siegmund, ``(e^a - a - 1) / (2 drift²)``."""
    from scipy.optimize import brentq

    def excess(a: float) -> float:
        return np.expm1(a) - a - 4 * drift**2 * run_length

    high = np.log1p(4 * drift**2 * run_length) + 4  # e^high is e⁴ times too much already
    root = float(brentq(excess, 0.0, high))  # pyright: ignore[reportArgumentType] -- a number unless full_output
    return max(root / (2 * drift) - 1.166, 0.0)
