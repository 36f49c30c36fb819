"""The leaderboard: walk forward through an arena, trade what is said, and write one row.

Whatever is entered, a forecaster, scores from elsewhere, or weights, is judged by the same code on the same dates:
those of the arena's test periods.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.contests.arena import Arena, opened
from dlcore.contests.trials import Trials, write_row

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from dlcore.models import Forecaster

RESAMPLES = 1000


@dataclass(frozen=True)
class Row:
    """What one entry came to. None where a number does not apply: weights have no IC.

    Attributes
    ----------
    name, arena : str
    rank_ic, rank_ic_error, rank_ic_t : float or None
        Mean over test dates, its Hansen–Hodrick standard error, and their ratio.
    direction : float or None
        Share of stocks on the right side of that day's median return; .5 is nothing.
    sharpe, sharpe_low, sharpe_high : float or None
        Annual, net of costs, with the 95 % interval of a stationary bootstrap. Over days only: it holds fixed the seed
        and everything else that was lucky once.
    turnover : float
        Mean per day, two-way, against drifted weights.
    parameters : int
        Numbers learned in one fold.
    seconds : float
        To fit and predict all folds.
    """

    name: str
    arena: str
    rank_ic: float | None
    rank_ic_error: float | None
    rank_ic_t: float | None
    direction: float | None
    sharpe: float | None
    sharpe_low: float | None
    sharpe_high: float | None
    turnover: float
    parameters: int
    seconds: float


class Leaderboard:
    """A folder of rows, one file for each entry and arena, and the ledger of trials beside them.

    Parameters
    ----------
    folder : str or Path
        Made when the first row is written.
    """

    def __init__(self, folder: str | Path = "build/leaderboard") -> None:
        self.folder = Path(folder)
        self.trials = Trials(self.folder / "trials")

    def enter(
        self,
        name: str,
        build: "Callable[[], Forecaster]",
        features: "Callable[[xr.Dataset], xr.Dataset]",
        arena: str | Arena = "real",
        *,
        length: int = 1,
    ) -> Row:
        """Fit a forecaster on each fold, score the test periods, judge.

        Parameters
        ----------
        name : str
            Of the row.
        build : callable
            Makes an unfitted forecaster; called once for each fold.
        features : callable
            Makes features (date, asset) of a panel, by the past alone.
        arena : str or Arena
            One of `ARENAS`, or an arena of your own.
        length : int
            Sessions in a window.

        Returns
        -------
        Row
            Also written.

        Raises
        ------
        ValueError
            For an unknown arena or a name without letters.
        """
        place, began = opened(arena), time.perf_counter()
        scores, model = walk(build, features(place.panel), place, length=length)
        seconds = time.perf_counter() - began
        configuration = {"model": type(model).__name__, "settings": model.settings(), "length": length, "name": name}
        return self.enter_scores(name, scores, arena, model.parameters(), seconds, configuration)

    def enter_scores(
        self,
        name: str,
        scores: "xr.DataArray",
        arena: str | Arena = "real",
        parameters: int = 0,
        seconds: float = 0.0,
        configuration: Mapping[str, Any] | None = None,
    ) -> Row:
        """Judge scores that were made elsewhere; only their test dates count.

        Parameters
        ----------
        name : str
        arena : str or Arena
        scores : DataArray (date, asset)
            On the arena's axes, or some of its dates.
        parameters, seconds : int, float
            For the row.
        configuration : mapping, optional
            For the ledger of trials; the name alone without it.

        Returns
        -------
        Row
        """
        from dlcore.backtest import overlapping_weights

        place = opened(arena)
        scores = on_test_dates(scores, place)
        weights = overlapping_weights(scores, place.top, place.horizon, bottom=place.top)
        return self._write(name, place, weights, forecast_skill(scores, place), parameters, seconds, configuration)

    def enter_weights(self, name: str, weights: "xr.DataArray", arena: str | Arena = "real") -> Row:
        """Judge a portfolio, such as 1/N; only its test dates count."""
        place = opened(arena)
        return self._write(name, place, on_test_dates(weights, place), {}, 0, 0.0, None)

    def rows(self, arena: str) -> list[Row]:
        """All rows of an arena, by name."""
        known = {field.name for field in fields(Row)}
        found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((self.folder / arena).glob("*.json"))]
        return [Row(**{name: value for name, value in row.items() if name in known}) for row in found]

    def returns(self, name: str, arena: str) -> "pd.Series":
        """Daily net returns of one entry, by date.

        Raises
        ------
        FileNotFoundError
            If it was never entered.
        """
        import pandas as pd

        path = self.folder / arena / f"{_slug(name)}.json"
        if not path.is_file():
            raise FileNotFoundError(
                f"{name!r} was never entered in {arena}: rows are {[r.name for r in self.rows(arena)]}"
            )
        daily = json.loads(path.read_text(encoding="utf-8"))["returns"]
        return pd.Series(list(daily.values()), pd.DatetimeIndex(list(daily)), dtype=float, name=name)

    def table(self, arena: str) -> "pd.DataFrame":
        """The rows of an arena, best net Sharpe ratio first; NaN where a number does not apply.

        Returns
        -------
        DataFrame
            The fields of `Row`, and `deflated`: `Trials.deflated` of its daily returns, with all trials so far.
        """
        import pandas as pd

        table = pd.DataFrame([asdict(row) for row in self.rows(arena)], columns=[field.name for field in fields(Row)])
        returns = {name: self.returns(name, arena) for name in table["name"]}
        table["deflated"] = [
            self.trials.deflated(arena, r.to_numpy()) if np.ptp(r.to_numpy()) > 0 else np.nan for r in returns.values()
        ]
        return table.sort_values("sharpe", ascending=False, na_position="last", ignore_index=True)

    def _write(
        self,
        name: str,
        place: Arena,
        weights: "xr.DataArray",
        skill: Mapping[str, float | None],
        parameters: int,
        seconds: float,
        configuration: Mapping[str, Any] | None,
    ) -> Row:
        file = self.folder / place.name / f"{_slug(name)}.json"  # first: a name that cannot be one is no trial
        returns, turnover = traded(weights, place)
        earned = net_sharpe(returns)
        self.trials.record(place.name, configuration or {"name": name}, np.nan if earned[0] is None else earned[0])
        row = Row(
            name=name,
            arena=place.name,
            rank_ic=skill.get("rank_ic"),
            rank_ic_error=skill.get("rank_ic_error"),
            rank_ic_t=skill.get("rank_ic_t"),
            direction=skill.get("direction"),
            sharpe=earned[0],
            sharpe_low=earned[1],
            sharpe_high=earned[2],
            turnover=turnover,
            parameters=parameters,
            seconds=round(seconds, 2),
        )
        daily = {str(date)[:10]: float(value) for date, value in returns.round(9).items()}
        write_row(file, asdict(row) | {"returns": daily})
        return row


def walk(
    build: "Callable[[], Forecaster]", features: "xr.Dataset", place: Arena, *, length: int = 1, every: int = 1
) -> "tuple[xr.DataArray, Forecaster]":
    """Fit on each fold of an arena and score its test period: (scores (date, asset), the last fold's model).

    With `every` k it learns from each k-th date alone, counted from the newest, and is judged on all.
    """
    import xarray as xr

    from dlcore.windows import make_windows

    windows, total, model = make_windows(features, place.labels, length=length), None, None
    dates = place.labels["date"]
    learned = xr.DataArray(np.arange(dates.size)[::-1] % every == 0, {"date": dates}, ("date",))
    for fold in place.folds:
        validation = None if fold.validation is None else windows.select(fold.validation & learned)
        model = build().fit(windows.select(fold.train & learned), validation)
        scores = model.predict(windows.select(fold.test))
        total = scores if total is None else total.fillna(scores)
    assert total is not None  # a plan without a fold raises
    assert model is not None
    return total, model


def on_test_dates(array: "xr.DataArray", place: Arena) -> "xr.DataArray":
    """The part of scores or weights that lies in a test period, from its first date to its last."""
    tested = np.flatnonzero(sum(fold.test.any("asset").to_numpy() for fold in place.folds))
    dates = place.panel["date"][tested[0] : tested[-1] + 1]
    return array.sel(date=dates[np.isin(dates.to_numpy(), array["date"].to_numpy())])


def forecast_skill(scores: "xr.DataArray", place: Arena) -> dict[str, float | None]:
    """Rank IC with its error, and how often a stock lies on the side of the median that its score said."""
    from dlcore.evaluation import direction_accuracy, information_coefficient, summarize

    came = place.labels["value"].sel(date=scores["date"])
    ic = information_coefficient(scores, came, method="spearman")
    if np.isfinite(ic).sum() < 2:
        return {}
    found = summarize(ic, horizon=place.horizon)
    error = None if np.isnan(found.t_hansen_hodrick) else abs(found.mean / found.t_hansen_hodrick)
    sides = direction_accuracy(scores - scores.median("asset"), came - came.median("asset"), horizon=place.horizon)
    return {
        "rank_ic": found.mean,
        "rank_ic_error": error,
        "rank_ic_t": _number(found.t_hansen_hodrick),
        "direction": sides.accuracy,
    }


def traded(weights: "xr.DataArray", place: Arena) -> "tuple[pd.Series, float]":
    """Net returns from the first session on which anything is held, and the mean daily turnover."""
    from dlcore.backtest import Costs, run_vectorized

    panel = place.panel.sel(date=slice(weights["date"][0], None))
    result = run_vectorized(weights, panel, Costs(bps=place.cost_bps), entry=place.entry)
    returns, turnover = result.returns.iloc[1:], result.turnover.iloc[1:]  # the first session only decides
    return returns, float(turnover.mean())


def net_sharpe(returns: "pd.Series") -> tuple[float | None, float | None, float | None]:
    """Sharpe ratio and the ends of its 95 % interval; None for a portfolio that never moves."""
    from dlcore.evaluation import block_bootstrap, sharpe

    if np.ptp(returns.to_numpy()) == 0:
        return None, None, None
    found = block_bootstrap(sharpe, returns, generator=np.random.default_rng(0), resamples=RESAMPLES)
    return found.estimate, found.lower, found.upper


def _number(value: float) -> float | None:
    """JSON knows no NaN."""
    return None if np.isnan(value) else float(value)


def _slug(name: str) -> str:
    """A file name of a row's name."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not slug:
        raise ValueError(f"name={name!r} is not allowed: give letters or digits")
    return slug
