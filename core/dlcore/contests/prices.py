"""Prices foretold: two networks of a published comparison beside the last price, on the same days of your market.

In come an arena and an entrant; out come the errors of its prices and those of the last price, how often it has the
side right, and R² of returns. The same scores go on the arena's leaderboard.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.contests.arena import Arena
from dlcore.contests.leaderboard import Leaderboard, on_test_dates, walk

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.models import Forecaster

LENGTH = 30  # sessions in a window
KEEP = 19  # of the 24 engineered features
ENTRANTS = ("ANN", "ANN-level", "LSTM")


@dataclass(frozen=True)
class PriceResult:
    """What an entrant's prices came to, over the pairs in which both it and the outcome are known.

    Attributes
    ----------
    name : str
    mape, last_mape : float
        Mean absolute percentage error of its prices and of the last close, in per cent, for the open at which the label
        ends.
    direction, direction_error, base_rate : float
        Share of returns whose sign was right, its error with dates as clusters (Newey–West), and what the more frequent
        sign alone would have had.
    r_squared : float
        Of the label's returns, against zero.
    parameters : int
    seconds : float
        To fit and predict.
    """

    name: str
    mape: float
    last_mape: float
    direction: float
    direction_error: float
    base_rate: float
    r_squared: float
    parameters: int
    seconds: float


def compete(
    board: Leaderboard, place: Arena, name: str, *, epochs: int | None = None, batch_size: int = 1024, seed: int = 0
) -> PriceResult:
    """Train an entrant on the arena's folds, judge its prices, and enter its scores on the board.

    It learns from every date whose labels do not overlap the last one's, a fifth of them, and is judged on all.

    Parameters
    ----------
    board : Leaderboard
    place : Arena
        Of a market with open, high, low, close and volume.
    name : str
        One of `ENTRANTS`.
    epochs : int, optional
        At most; the model's own without it.
    batch_size : int
        The lesson's 32 is slow on all stocks of a market.
    seed : int

    Returns
    -------
    PriceResult

    Raises
    ------
    ValueError
        For an unknown entrant, a market without these fields, or too short a one.
    """
    build, features, began = _entrant(name, epochs, batch_size, seed), inputs(place), time.perf_counter()
    scores, model = walk(build, features, place, length=LENGTH, every=place.horizon)
    seconds = time.perf_counter() - began
    configuration = {"model": type(model).__name__, "settings": model.settings(), "length": LENGTH, "name": name}
    board.enter_scores(name, scores, place, model.parameters(), seconds, configuration)
    return judge(name, on_test_dates(scores, place), place, model.parameters(), seconds)


def inputs(place: Arena) -> "xr.Dataset":
    """`KEEP` of the engineered features, chosen on the first fold's training cells alone."""
    from dlcore.features import build_features, select_by_correlation
    from dlcore.features.recipes import ENGINEERED_24

    features = build_features(place.panel, ENGINEERED_24)
    kept = set(select_by_correlation(features, place.folds[0].train, KEEP)) | {"close"}  # a level is a multiple of it
    return features[[name for name in features.data_vars if name in kept]]


def judge(name: str, scores: "xr.DataArray", place: Arena, parameters: int = 0, seconds: float = 0.0) -> PriceResult:
    """Prices, sides and returns of scores (date, asset) that forecast the arena's label.

    The price at the end of the label is foretold as ``close · (1 + score)``: what the fill will cost is not known at
    the close, so the last close stands for it, in the entrant and in the last price alike.
    """
    from dlcore.evaluation import direction_accuracy, r_squared

    panel, came = place.panel, place.labels["value"].sel(date=scores["date"])
    later = panel["open" if place.entry == "next_open" else "close"].shift(date=-1 - place.horizon)
    close, later = (x.sel(date=scores["date"]) for x in (panel["close"], later))
    known = np.isfinite(scores) & np.isfinite(later) & np.isfinite(came)
    foretold, last = (abs(price / later - 1).where(known).mean().item() for price in (close * (1 + scores), close))
    sides = direction_accuracy(scores.where(known), came.where(known), horizon=place.horizon)
    skill = r_squared(scores.where(known), came.where(known), naive=0.0)
    return PriceResult(
        name=name,
        mape=100 * foretold,
        last_mape=100 * last,
        direction=sides.accuracy,
        direction_error=sides.error_hac,
        base_rate=sides.base_rate,
        r_squared=skill,
        parameters=parameters,
        seconds=seconds,
    )


def _entrant(name: str, epochs: int | None, batch_size: int, seed: int) -> "Callable[[], Forecaster]":
    from dlcore.models import ANN, LSTM

    if name not in ENTRANTS:
        raise ValueError(f"model={name!r} is not there: give one of {', '.join(ENTRANTS)}")
    shared: dict[str, Any] = {"batch_size": batch_size, "seed": seed} | ({} if epochs is None else {"epochs": epochs})
    if name == "LSTM":
        return lambda: LSTM(**shared)
    return lambda: ANN(target="level" if name == "ANN-level" else "return", **shared)
