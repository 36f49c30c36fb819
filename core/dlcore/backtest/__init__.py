"""What it would earn: wanted weights become orders, orders become fills, fills become money, with costs on.

In come weights `(date, asset)`, decided at the close of their date, and a Panel; out comes a Result: net asset value,
cash, positions, fills, costs, turnover, attribution. Two engines with different accounting give the same Result, and
`reconcile` shows that they do.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.backtest.costs import Costs as Costs
    from dlcore.backtest.events import run_events as run_events
    from dlcore.backtest.page import Tearsheet as Tearsheet
    from dlcore.backtest.page import tearsheet as tearsheet
    from dlcore.backtest.portfolio import overlapping_weights as overlapping_weights
    from dlcore.backtest.reconciliation import Reconciliation as Reconciliation
    from dlcore.backtest.reconciliation import reconcile as reconcile
    from dlcore.backtest.result import Result as Result
    from dlcore.backtest.sizing import equal_weights as equal_weights
    from dlcore.backtest.sizing import fractional_kelly as fractional_kelly
    from dlcore.backtest.sizing import risk_parity as risk_parity
    from dlcore.backtest.sizing import score_weights as score_weights
    from dlcore.backtest.sizing import volatility_target as volatility_target
    from dlcore.backtest.stops import Stops as Stops
    from dlcore.backtest.vectorized import run_variants as run_variants
    from dlcore.backtest.vectorized import run_vectorized as run_vectorized
    from dlcore.backtest.view import View as View

_HOMES = {
    "Costs": "costs",
    "Reconciliation": "reconciliation",
    "Result": "result",
    "Stops": "stops",
    "Tearsheet": "page",
    "View": "view",
    "equal_weights": "sizing",
    "fractional_kelly": "sizing",
    "overlapping_weights": "portfolio",
    "reconcile": "reconciliation",
    "risk_parity": "sizing",
    "run_events": "events",
    "run_variants": "vectorized",
    "run_vectorized": "vectorized",
    "score_weights": "sizing",
    "tearsheet": "page",
    "volatility_target": "sizing",
}

__all__ = [  # pyright: ignore[reportUnsupportedDunderAll] -- resolved by __getattr__
    "Costs",
    "Reconciliation",
    "Result",
    "Stops",
    "Tearsheet",
    "View",
    "equal_weights",
    "fractional_kelly",
    "overlapping_weights",
    "reconcile",
    "risk_parity",
    "run_events",
    "run_variants",
    "run_vectorized",
    "score_weights",
    "tearsheet",
    "volatility_target",
]

__getattr__ = on_demand(__name__, _HOMES)
