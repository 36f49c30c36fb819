"""Do two backtests agree, and if not, do they disagree about money or about decisions?

In come two Results on one market; the fills of each are replayed in the accounting of the other's engine, where nothing
is decided again: whole shares, stops and limits of volume flip on the last digit. Out comes a Reconciliation. Replayed
net asset values must be equal whatever was traded; where fills differ, they are listed.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from dlcore.backtest.result import Result

TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Reconciliation:
    """What a comparison of two Results found.

    Attributes
    ----------
    nav : DataFrame
        `a`, `b`, `a_in_b` (fills of a in the accounting of b) and `b_in_a`, over dates, in currency.
    accounting_gap : float
        Largest relative difference between a Result and its replay; beyond 1e-9 one engine's books are wrong.
    result_gap : float
        Largest relative difference between the net asset values of the two Results.
    differing_fills : DataFrame
        `date, asset, quantity_a, quantity_b`: shares traded by one and not by the other, beyond 1e-9 of the larger.
    """

    nav: "pd.DataFrame"
    accounting_gap: float
    result_gap: float
    differing_fills: "pd.DataFrame"

    @property
    def agrees(self) -> bool:
        """Whether both the books and the results are equal to 1e-9."""
        return max(self.accounting_gap, self.result_gap) <= TOLERANCE


def reconcile(a: "Result", b: "Result") -> Reconciliation:
    """Replay the fills of each Result in the accounting of the other.

    Parameters
    ----------
    a, b : Result
        Of the same market, cost model and capital, from any engine.

    Returns
    -------
    Reconciliation

    Raises
    ------
    ValueError
        Where dates, assets, prices, delisting return, cost model or capital differ: equal fills would then differ.
    """
    import pandas as pd

    _check_same(a, b)
    nav = pd.DataFrame({"a": a.nav, "b": b.nav, "a_in_b": replay(a, b), "b_in_a": replay(b, a)})
    gaps = [
        float(np.abs(nav[one].to_numpy() / nav[other].to_numpy() - 1).max())
        for one, other in (("a_in_b", "a"), ("b_in_a", "b"), ("a", "b"))
    ]
    return Reconciliation(nav, max(gaps[:2]), gaps[2], _differing(a, b))


def replay(fills_of: "Result", accounting_of: "Result") -> np.ndarray:
    """Net asset value (dates,) of one Result's fills in the accounting of the other's engine, fees computed anew."""
    from dlcore.backtest.share_kernels import replay_shares
    from dlcore.backtest.value_kernels import replay_values

    market, model = accounting_of.market, accounting_of.model
    nav = np.empty(len(market.dates))
    given = (market.marks, market.friction(model), model.terms, accounting_of.capital, nav)
    if accounting_of.attrs["engine"] == "events":
        replay_shares(fills_of.ledger, *given)
    else:
        replay_values(fills_of.ledger, market.steps[1], *given)
    return nav


def _check_same(a: "Result", b: "Result") -> None:
    for what, one, other in (
        ("costs", a.model, b.model),
        ("capital", a.capital, b.capital),
        ("delisting_return", a.market.delisting_return, b.market.delisting_return),
    ):
        if one != other:
            raise ValueError(f"{what} {one} and {other} differ: run both with the same")
    if not (a.market.dates.equals(b.market.dates) and a.market.assets.equals(b.market.assets)):
        raise ValueError("the results have other dates or assets: run both on the same panel")
    if not np.array_equal(a.market.close, b.market.close, equal_nan=True):
        raise ValueError("the results have other closes: run both on the same panel")


def _differing(a: "Result", b: "Result") -> "pd.DataFrame":
    """Shares traded per session and asset, where the two differ."""
    import pandas as pd

    shape = a.market.close.shape
    quantities = np.zeros((2, *shape))
    for k, result in enumerate((a, b)):
        np.add.at(quantities[k], (result.ledger["row"], result.ledger["column"]), result.ledger["quantity"])
    largest = np.maximum(np.abs(a.positions.to_numpy()), np.abs(quantities).max(axis=0))
    rows, columns = np.nonzero(np.abs(quantities[0] - quantities[1]) > TOLERANCE * largest)
    return pd.DataFrame(
        {
            "date": a.market.dates[rows],
            "asset": a.market.assets[columns],
            "quantity_a": quantities[0, rows, columns],
            "quantity_b": quantities[1, rows, columns],
        }
    )
