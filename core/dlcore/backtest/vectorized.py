"""The vectorized engine: weights times returns, with drift between decisions and costs on what is traded.

Weights decided at the close of t are laid against what is held, valued at that close; the difference is traded on
session t + 1 at its open or close. In come weights and a Panel, out comes a Result; `run_variants` answers for many
portfolios and cost models at once with their net asset values alone.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.backtest.costs import Costs
from dlcore.backtest.market import Market, open_market
from dlcore.backtest.weights import align_weights

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.backtest.result import Result

SIZINGS = ("compounding", "fixed")


def run_vectorized(
    weights: "xr.DataArray",
    panel: "xr.Dataset",
    costs: Costs | None = None,
    *,
    entry: str = "next_open",
    sizing: str = "compounding",
    capital: float = 1e6,
    delisting_return: float = 0.0,
) -> "Result":
    """What these weights would have earned.

    Parameters
    ----------
    weights : DataArray (date, asset)
        Fractions of net asset value wanted, decided at the close of their date. Dates may be some of the panel's: in
        between, and after the last, positions drift. A row of NaN is no decision; NaN beside numbers is refused.
        ``weights.attrs["universe"]``, if any, is what the Result says of its universe.
    panel : Dataset (date, asset)
        A Panel. An order for an asset that does not trade on the next session lapses; a position in it stands still
        at its last close, and becomes cash the session after its last.
    costs : Costs, optional
        5 bp of traded value per side without it.
    entry : {"next_open", "next_close"}
        Where an order is filled on the session after its decision. The shares are fixed at the decision: the gap to
        the fill moves the weight.
    sizing : {"compounding", "fixed"}
        Whether weights are fractions of net asset value at the decision, or of `capital` for ever.
    capital : float
        Net asset value at the start, in currency.
    delisting_return : float
        Beyond the last close, for an asset that stops trading before the panel ends.

    Returns
    -------
    Result
        Cash may go below zero, by costs, gaps, or weights that sum to more than 1; borrowing is free, and so is going
        short: `attrs` say it.

    Raises
    ------
    ValueError, TypeError
        As `align_weights` and `check_panel`; for entry="next_open" without opens, capital not above 0, and when net
        asset value falls to 0.

    Examples
    --------
    A tenth in each of ten stocks, decided once: some 5 bp of a million are paid at the next open.

    >>> import xarray as xr
    >>> from dlcore.backtest import Costs, run_vectorized
    >>> from dlcore.markets import load_panel
    >>> panel = load_panel("simulated-sp500?assets=10&sessions=60&seed=2")
    >>> once = xr.full_like(panel["close"][:1], 0.1)
    >>> free, paid = (run_vectorized(once, panel, Costs(bps=bps)) for bps in (0, 5))
    >>> round(float(paid.costs.sum())), bool(free.nav.iloc[-1] > paid.nav.iloc[-1])
    (499, True)
    """
    from dlcore.backtest.result import make_result
    from dlcore.backtest.value_kernels import record_values

    model = costs or Costs()
    check_account(sizing, capital)
    market = open_market(panel, entry=entry, delisting_return=delisting_return)
    wanted, rows = align_weights(weights, market)
    nav, cash = np.empty(len(market.dates)), np.empty(len(market.dates))
    positions, trades = np.empty(market.close.shape), np.empty(market.close.shape)
    prices = (market.fill, market.close, market.friction(model), model.terms, market.gone)
    account = (float(capital), sizing == "fixed", market.delisting_return)
    ruin = record_values(wanted, rows, *prices, *account, nav, cash, positions, trades)
    check_ruin(ruin, market, nav)
    said = {"engine": "vectorized", "sizing": sizing} | universe_of(weights)
    write = partial(_ledger, market, model, positions, trades)
    return make_result(market, model, capital, (nav, cash, positions), write, said)


def run_variants(
    weights: "Mapping[str, xr.DataArray]",
    panel: "xr.Dataset",
    costs: Mapping[str, Costs],
    *,
    entry: str = "next_open",
    sizing: str = "compounding",
    capital: float = 1e6,
    delisting_return: float = 0.0,
) -> "xr.Dataset":
    """Every portfolio under every cost model.

    Parameters
    ----------
    weights : mapping of name to DataArray (date, asset)
        As in `run_vectorized`.
    panel, entry, sizing, capital, delisting_return
        As in `run_vectorized`.
    costs : mapping of name to Costs
        Cost models by name.

    Returns
    -------
    Dataset (portfolio, cost, date)
        `nav`, `cash`, `costs`, `turnover`, each as in the Result that `run_vectorized` would give.

    Raises
    ------
    ValueError, TypeError
        As `run_vectorized`, and for an empty mapping.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numba
    import xarray as xr

    check_account(sizing, capital)
    if not weights or not costs:
        raise ValueError(f"weights={len(weights)}, costs={len(costs)} variants: give at least one of each")
    market = open_market(panel, entry=entry, delisting_return=delisting_return)
    aligned = [align_weights(one, market) for one in weights.values()]
    overnight, growth, _ = market.steps
    frictions = [market.friction(model) for model in costs.values()]
    given = [
        (market.fill, overnight + 0.0 * friction if len(friction) > 1 else overnight, growth, friction, model.terms)
        for friction, model in zip(frictions, costs.values(), strict=True)
    ]
    shared = (market.gone, float(capital), sizing == "fixed", market.delisting_return)
    kept = np.empty((4, len(aligned), len(given), len(market.dates)))

    def run(place: tuple[int, int]) -> None:
        from dlcore.backtest.value_kernels import run_values

        out = kept[:, place[0], place[1]]
        check_ruin(run_values(*aligned[place[0]], *given[place[1]], *shared, *out), market, out[0])

    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        list(pool.map(run, np.ndindex(len(aligned), len(given))))
    dims = ("portfolio", "cost", "date")
    names = ("nav", "cash", "costs", "turnover")
    axes = {"portfolio": list(weights), "cost": list(costs), "date": market.dates}
    return xr.Dataset({name: (dims, values) for name, values in zip(names, kept, strict=True)}, axes)


def check_account(sizing: str, capital: float) -> None:
    """Refuse another rule of sizing, and capital that is none."""
    if sizing not in SIZINGS:
        raise ValueError(f"sizing={sizing!r} is not allowed: give 'compounding' or 'fixed'")
    if not (np.isfinite(capital) and capital > 0):
        raise ValueError(f"capital={capital} is not allowed: give a finite amount > 0")


def check_ruin(session: int, market: Market, nav: np.ndarray) -> None:
    """A portfolio that has lost everything has no weights any more."""
    if session >= 0:
        worth, date = nav[session], market.dates[session]
        raise ValueError(f"net asset value fell to {worth:.2f} on {date:%F}: give smaller weights, or stops")


def universe_of(weights: Any) -> dict[str, str]:
    """What weights say of their universe, if they say anything."""
    attrs = getattr(weights, "attrs", {})
    return {"universe": str(attrs["universe"])} if "universe" in attrs else {}


def _ledger(market: Market, model: Costs, positions: np.ndarray, trades: np.ndarray) -> np.ndarray:
    """The fills that were recorded as matrices."""
    from dlcore.backtest.result import FILL
    from dlcore.backtest.value_kernels import write_ledger

    ledger = np.empty(np.count_nonzero(trades) + len(market.assets), FILL)
    given = (market.fill, market.marks, market.friction(model), model.terms, market.gone, market.delisting_return)
    return ledger[: write_ledger(trades, positions, *given, ledger)]
