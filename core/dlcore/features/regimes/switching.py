"""Regimes of a Markov-switching market, as one could have known them on the day.

In come returns over dates; out come the chances of each state given the returns up to the date, under parameters that
were fitted up to the date or before. Smoothed chances, which every textbook plots, know the whole future.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.labelled import count
from dlcore.features.regimes.series import known_part, spread

if TYPE_CHECKING:
    import xarray as xr


SESSIONS_A_YEAR = 252


def switching_regimes(returns: "xr.DataArray", *, states: int = 2, refit: int = 21, minimum: int = 504) -> "xr.Dataset":
    """Filtered chances of each state; the parameters are fitted anew every `refit` returns on all returns so far.

    A return is normal with the mean and variance of its state; the state is a Markov chain. Each fit starts from the
    one before it. A fit that collapsed (a state with hardly a return in it) is thrown away and the parameters before
    it stay; one that ran out of steps is used. Both are said in `converged`, which stays 0 until a later fit succeeds.

    Parameters
    ----------
    returns : DataArray (date,)
        Daily returns of the market or of one asset. NaN is stepped over.
    states : int
        2 or 3.
    refit : int
        Returns between two fits, at least 1.
    minimum : int
        Returns before the first fit, at least 50 for each state.

    Returns
    -------
    Dataset
        `probability` (date, state), adding up to 1 over the states, of which 0 is the calmest; `mean` (date, state) of
        a session's return and `volatility` (date, state), annualised, as then believed; `converged` (date,), 1 or 0.
        NaN before the first usable fit, hence everywhere with fewer than `minimum` returns, and where the return is
        missing. attrs count the fits and name the dates of
        those that did not converge.

    Raises
    ------
    ValueError
        For counts out of range, other dims, infinite values, or returns that do not move.

    References
    ----------
    Hamilton (1989), *Econometrica* 57.
    """
    from dlcore.features.regimes.kernels import hamilton_filter
    from dlcore.features.regimes.markov import first_guess, fit_switching, steady_state

    minimum = count("minimum", minimum, 50 * _checked(states))
    known, rows = known_part(returns)
    if len(known) >= minimum and np.ptp(known[:minimum]) == 0:
        raise ValueError(f"the first {minimum} returns are all {known[0]}: give a series that moves")
    refit = count("refit", refit, 1)
    out = np.full((len(known), 3 * states + 1), np.nan)  # probabilities, means, variances, converged
    fit, failed, fits = None, [], range(minimum, len(known) + 1, refit)
    for seen in fits:
        new = fit_switching(known[:seen], fit or first_guess(known[:seen], states))
        if new.status != "converged":
            failed.append(f"{str(returns['date'].to_numpy()[rows[seen - 1]])[:10]} {new.status}")
        fit = fit if new.status == "collapsed" else new
        if fit is None:
            continue
        block = slice(seen - 1, min(seen - 1 + refit, len(known)))  # the day of the fit, until the day before the next
        begin = steady_state(fit.transition)
        filtered, _, _ = hamilton_filter(known[: block.stop], fit.mean, fit.variance, fit.transition, begin)
        out[block, :states] = filtered[block]
        out[block, states:] = [*fit.mean, *fit.variance, new.status == "converged"]
    attrs = {"fits": len(fits), "not_converged": ", ".join(failed) or "none"}
    return _dataset(returns, spread(out, rows, returns.size), states, attrs)


def lookahead_smoothed_regimes(returns: "xr.DataArray", *, states: int = 2) -> "xr.Dataset":
    """Smoothed chances of each state from one fit to the whole series: LOOKS AHEAD, for pictures only.

    Parameters
    ----------
    returns : DataArray (date,)
        Daily returns. NaN is stepped over.
    states : int
        2 or 3.

    Returns
    -------
    Dataset
        As `switching_regimes`; attrs["look_ahead"] says what it is.

    Raises
    ------
    ValueError
        For another number of states, other dims, infinite values, or fewer than 50 returns for each state; if the fit
        collapsed.

    References
    ----------
    Kim (1994), *Journal of Econometrics* 60.
    """
    from dlcore.features.regimes.kernels import hamilton_filter, kim_smoother
    from dlcore.features.regimes.markov import first_guess, fit_switching, steady_state

    known, rows = known_part(returns)
    if len(known) < 50 * _checked(states) or np.ptp(known) == 0:
        raise ValueError(f"{len(known)} returns are too few, or do not move: give at least {50 * states} that do")
    fit = fit_switching(known, first_guess(known, states))
    if fit.status == "collapsed":
        raise ValueError(f"{len(known)} returns do not show {states} states: give a longer series or fewer states")
    begin = steady_state(fit.transition)
    filtered, predicted, _ = hamilton_filter(known, fit.mean, fit.variance, fit.transition, begin)
    smoothed, _ = kim_smoother(filtered, predicted, fit.transition)
    rest = np.tile([*fit.mean, *fit.variance, fit.status == "converged"], (len(known), 1))
    attrs = {"look_ahead": "every value knows the whole series: for pictures only"}
    return _dataset(returns, spread(np.hstack([smoothed, rest]), rows, returns.size), states, attrs)


def _checked(states: int) -> int:
    if states not in (2, 3):
        raise ValueError(f"states={states} is not allowed: give 2 or 3")
    return states


def _dataset(returns: "xr.DataArray", out: np.ndarray, states: int, attrs: Mapping[str, object]) -> "xr.Dataset":
    import xarray as xr

    probability, mean, variance = np.split(out[:, : 3 * states], 3, axis=1)  # each (T, K)
    both = ("date", "state")
    variables = {
        "probability": (both, probability),
        "mean": (both, mean),
        "volatility": (both, np.sqrt(variance * SESSIONS_A_YEAR)),
        "converged": (("date",), out[:, -1]),
    }
    return xr.Dataset(variables, {"date": returns["date"].to_numpy(), "state": np.arange(states)}, attrs)
