"""The event-driven engine: orders in shares, fills as the market allows, exits within the bar.

A strategy is asked at each close, from weights known beforehand (compiled throughout) or by a call with a View of the
past; its orders are filled on the next session. In come a strategy, a Panel and the rules, out comes a Result.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dlcore.backtest.costs import Costs
from dlcore.backtest.market import Market, open_market
from dlcore.backtest.stops import Stops
from dlcore.backtest.vectorized import check_account, check_ruin, universe_of
from dlcore.backtest.weights import align_weights

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike

    from dlcore.backtest.result import Result
    from dlcore.backtest.share_kernels import Bars, Rules
    from dlcore.backtest.view import View

BLOCK = 64  # sessions whose fills fit the ledger that the kernel writes into


class _Run(NamedTuple):
    """What the kernels read and write."""

    bars: "Bars"
    rules: "Rules"
    book: np.ndarray
    account: np.ndarray
    nav: np.ndarray
    cash: np.ndarray
    positions: np.ndarray


def run_events(
    strategy: "xr.DataArray | Callable[[View], ArrayLike | None]",
    panel: "xr.Dataset",
    costs: Costs | None = None,
    sizing: str = "compounding",
    stops: Stops | None = None,
    *,
    entry: str = "next_open",
    capital: float = 1e6,
    shares: str = "fractional",
    participation: float | None = None,
    unfilled: str = "cancel",
    delisting_return: float = 0.0,
) -> "Result":
    """Trade a strategy through every session.

    Parameters
    ----------
    strategy : DataArray (date, asset) or callable
        Weights as in `run_vectorized`; or a function that is given a View of each session and returns weights
        (assets,) in the order of ``view.assets``, or None for no decision.
    panel, costs, entry, capital, delisting_return
        As in `run_vectorized`.
    sizing : {"compounding", "fixed"}
        As in `run_vectorized`. Sizes themselves are made beforehand: see `dlcore.backtest.sizing`.
    stops : Stops, optional
        Exits without asking the strategy; distances need open, high and low. A stop closes the whole position,
        whatever the participation.
    shares : {"fractional", "whole"}
        Whole shares are cut towards zero.
    participation : float, optional
        Largest part of the fill session's volume that one order may be, such as .1; no limit without it.
    unfilled : {"cancel", "carry"}
        Whether what could not be filled lapses, or waits for the next session until a new decision replaces it.

    Returns
    -------
    Result
        With the same weights and no further rules, that of `run_vectorized`.

    Raises
    ------
    ValueError, TypeError
        As `run_vectorized`; for an unknown name, a participation outside (0, 1], fields that a rule needs and the
        panel lacks, and for what a callable returns: wrong length, infinities, NaN beside numbers (with its date).
    """
    model, stops = costs or Costs(), stops or Stops()
    check_account(sizing, capital)
    _check_rules(shares, unfilled, participation)
    market = open_market(panel, entry=entry, delisting_return=delisting_return)
    limit = np.inf if participation is None else participation
    rules = _rules(market, model, stops, limit, (shares == "whole", unfilled == "carry", sizing == "fixed"), capital)
    run = _start(market, model, rules)
    ledger = _called(strategy, market, run) if callable(strategy) else _compiled(strategy, market, run)
    said: dict[str, Any] = {"engine": "events", "sizing": sizing, "stops": str(stops), "shares": shares}
    said |= {"participation": participation, "unfilled": unfilled} | universe_of(strategy)
    from dlcore.backtest.result import make_result

    return make_result(market, model, capital, (run.nav, run.cash, run.positions), lambda: ledger, said)


def _check_rules(shares: str, unfilled: str, participation: float | None) -> None:
    for name, value, allowed in (
        ("shares", shares, ("fractional", "whole")),
        ("unfilled", unfilled, ("cancel", "carry")),
    ):
        if value not in allowed:
            raise ValueError(f"{name}={value!r} is not allowed: give {allowed[0]!r} or {allowed[1]!r}")
    if participation is not None and not 0 < participation <= 1:
        raise ValueError(f"participation={participation} is not allowed: give a fraction in (0, 1], or None")


def _rules(
    market: Market, model: Costs, stops: Stops, limit: float, choices: tuple[bool, bool, bool], capital: float
) -> "Rules":
    from dlcore.backtest.share_kernels import Rules

    clock = (market.entry == "next_close", stops.within_bar)
    return Rules(*clock, *stops.levels, float(limit), *choices, float(capital), market.delisting_return, model.terms)


def _start(market: Market, model: Costs, rules: "Rules") -> _Run:
    """Prices that the rules need, an empty book, and room for what is kept."""
    from dlcore.backtest.share_kernels import STATE, Bars

    dates, assets = market.close.shape
    opened, high, low = (market.field(name) if rules.bars_known else market.close for name in ("open", "high", "low"))
    volume = market.field("volume") if rules.participation < np.inf else market.close
    bars = Bars(opened, high, low, market.close, market.fill, volume, market.friction(model), market.gone)
    book = np.zeros(assets, STATE)
    book["mark"] = np.nan
    account = np.full(2, rules.capital)
    return _Run(bars, rules, book, account, np.empty(dates), np.empty(dates), np.empty((dates, assets)))


def _compiled(weights: "xr.DataArray", market: Market, run: _Run) -> np.ndarray:
    """Decisions known beforehand: the kernel runs alone."""
    from dlcore.backtest.result import FILL
    from dlcore.backtest.share_kernels import run_sessions

    wanted, rows = align_weights(weights, market)
    page, pages = np.empty(2 * BLOCK * len(market.assets), FILL), []  # an order and a stop each at most
    for first in range(0, len(market.dates), BLOCK):
        last = min(first + BLOCK, len(market.dates))
        state = (run.bars, run.rules, run.book, run.account, page, run.nav, run.cash, run.positions)
        ruin, count = run_sessions(first, last, wanted, rows, *state)
        check_ruin(ruin, market, run.nav)
        pages.append(page[:count].copy())
    return np.concatenate(pages)


def _called(strategy: "Callable[[View], ArrayLike | None]", market: Market, run: _Run) -> np.ndarray:
    """Decisions by a call on each session."""
    from dlcore.backtest.result import FILL
    from dlcore.backtest.share_kernels import decide, leave_on_time, session
    from dlcore.backtest.view import Past, View

    names = market.assets.to_numpy(str)
    names.flags.writeable = False
    page, pages = np.empty(2 * len(market.assets), FILL), []
    for t, fields in enumerate(Past(market.panel).sessions()):
        count = session(t, run.bars, run.rules, run.book, run.account, page, run.nav, run.cash, run.positions)
        check_ruin(t if run.nav[t] <= 0 else -1, market, run.nav)
        pages.append(page[:count].copy())
        held = run.book["shares"].copy()
        weights = np.where(held == 0, 0, held * run.book["mark"]) / run.nav[t]
        dates = fields.pop("date")
        wanted = strategy(View(fields, dates, names, held, weights, float(run.nav[t]), float(run.cash[t])))
        if wanted is not None:
            row = _checked(wanted, len(names), dates[-1])
            if row is not None:
                decide(row, run.rules, run.book, run.account)
        if run.rules.sessions > 0:
            leave_on_time(run.rules, run.book)
    return np.concatenate(pages)


def _checked(wanted: Any, assets: int, date: np.datetime64) -> np.ndarray | None:
    """The weights that a callable returned; None where all are NaN."""
    row = np.asarray(wanted, dtype=np.float64)
    if row.shape != (assets,):
        raise ValueError(
            f"the strategy returned shape {row.shape} on {str(date)[:10]}: give weights ({assets},), or None to hold"
        )
    finite = np.isfinite(row)
    if finite.all():
        return row
    if np.isnan(row).all():
        return None
    raise ValueError(
        f"the strategy returned weight {row[~finite][0]} on {str(date)[:10]}: give 0 to hold none, None to keep all"
    )
