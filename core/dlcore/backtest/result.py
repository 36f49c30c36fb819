"""What both engines give back: one frozen Result, whose tables are made when they are first asked for.

In come net asset value, cash, positions and the ledger of fills, as an engine kept them; out come the tables that
follow from these: fills, costs, turnover, returns, weights and attribution.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from dlcore.backtest.costs import Costs
    from dlcore.backtest.market import Market

REASONS = ("order", "stop", "target", "trailing", "time", "delisting")
DELISTING = REASONS.index("delisting")


#: One fill; a ledger is an array of these, ascending in `row`.
FILL = np.dtype(
    [
        ("row", "i4"),  # session
        ("column", "i4"),  # asset
        ("quantity", "f8"),  # shares, negative for a sale
        ("price", "f8"),
        ("cost", "f8"),  # currency, ≥ 0
        ("reason", "i8"),  # place in REASONS
    ]
)


@dataclass(frozen=True, eq=False)
class Result:
    """One backtest.

    Attributes
    ----------
    nav, cash : Series over dates
        Net asset value and cash after each close, in currency. ``cash + (positions * marks).sum()`` is `nav`.
    positions : DataArray (date, asset)
        Shares held after each close, 0 where none.
    write : callable
        Writes the ledger, once, when it is asked for.
    model : Costs
        What trades were charged.
    capital : float
        Net asset value before the first session.
    market : Market
        Where it happened. It shares the prices of the panel: change those in place, and tables made later are wrong.
    attrs : dict
        engine, entry, costs, sizing, delisting, financing, universe: what the numbers rest on, in words.
    """

    nav: "pd.Series"
    cash: "pd.Series"
    positions: "xr.DataArray"
    write: Callable[[], np.ndarray]
    model: "Costs"
    capital: float
    market: "Market"
    attrs: dict[str, Any]

    @cached_property
    def ledger(self) -> np.ndarray:
        """Every fill as a FILL, by date; `fills` is the table of it."""
        return self.write()

    @cached_property
    def marks(self) -> "xr.DataArray":
        """The last close seen (date, asset), at which positions are valued; NaN before the first."""
        return self.positions.copy(data=self.market.marks).rename("mark")

    @cached_property
    def fills(self) -> "pd.DataFrame":
        """One row for each fill, by date: `date, asset, quantity, price, cost, reason`; a sale has quantity < 0."""
        import pandas as pd

        ledger = self.ledger
        return pd.DataFrame(
            {
                "date": self.market.dates[ledger["row"]],
                "asset": pd.Categorical.from_codes(ledger["column"], self.market.assets.astype(str)),  # pyright: ignore[reportArgumentType] -- codes may be an array
                "quantity": ledger["quantity"],
                "price": ledger["price"],
                "cost": ledger["cost"],
                "reason": pd.Categorical.from_codes(ledger["reason"], list(REASONS)),  # pyright: ignore[reportArgumentType] -- codes may be an array
            }
        )

    @cached_property
    def costs(self) -> "pd.Series":
        """Costs of each session, in currency."""
        return self._per_session(self.ledger["cost"], "costs")

    @cached_property
    def turnover(self) -> "pd.Series":
        """Traded value of each session over the net asset value at the close before, both sides counted.

        Fills are measured against the drifted position, so this is Σ|wanted − drifted weight| at the fill's price.
        A delisting is no trade.
        """
        traded = np.where(self.ledger["reason"] == DELISTING, 0, np.abs(self.ledger["quantity"]) * self.ledger["price"])
        return (self._per_session(traded, "turnover") / self._before()).rename("turnover")

    @cached_property
    def returns(self) -> "pd.Series":
        """Simple returns of net asset value, session by session, the first against the capital."""
        return (self.nav / self._before() - 1).rename("returns")

    @cached_property
    def weights(self) -> "xr.DataArray":
        """What was held after each close, as fractions of net asset value (date, asset)."""
        held = np.where(self.positions.to_numpy() == 0, 0, self.positions.to_numpy() * self.market.marks)
        return self.positions.copy(data=held / self.nav.to_numpy()[:, None]).rename("weight")

    @cached_property
    def attribution(self) -> "xr.DataArray":
        """Profit of each asset on each session after its costs, in currency (date, asset); a row sums to ΔNAV."""
        marks, ledger = self.market.marks, self.ledger
        before = np.vstack([np.zeros(marks.shape[1]), self.positions.to_numpy()[:-1]])  # (T, N)
        moves = np.diff(marks, axis=0, prepend=np.nan)
        profit = np.where(before == 0, 0, before * moves)
        gained = ledger["quantity"] * (marks[ledger["row"], ledger["column"]] - ledger["price"]) - ledger["cost"]
        np.add.at(profit, (ledger["row"], ledger["column"]), gained)
        return self.positions.copy(data=profit).rename("profit")

    def _before(self) -> "pd.Series":
        """Net asset value at the close before."""
        return self.nav.shift(1, fill_value=self.capital)  # pyright: ignore[reportReturnType] -- a Series stays one

    def _per_session(self, amounts: np.ndarray, name: str) -> "pd.Series":
        import pandas as pd

        sums = np.bincount(self.ledger["row"], weights=amounts, minlength=len(self.nav))
        return pd.Series(sums, index=self.nav.index, name=name)


def make_result(
    market: "Market",
    model: "Costs",
    capital: float,
    kept: tuple[np.ndarray, np.ndarray, np.ndarray],
    write: Callable[[], np.ndarray],
    said: dict[str, Any],
) -> Result:
    """Put labels on what an engine kept.

    Parameters
    ----------
    market, model, capital
        As in `Result`.
    kept : nav, cash (dates,) and positions (dates, assets)
        After each close.
    write : callable
        Gives the ledger of all fills.
    said : dict
        Attributes of this engine; what both share is added here.

    Returns
    -------
    Result
    """
    import pandas as pd
    import xarray as xr

    nav, cash, positions = kept
    attrs = said | {
        "entry": market.entry,
        "costs": str(model),
        "delisting": f"closed the session after its last trade at the last close × {1 + market.delisting_return:g}",
        "financing": "cash earns and short positions cost nothing",
    }
    attrs.setdefault(
        "universe",
        f"membership by date not given; the panel says: {market.panel.attrs.get('weakness', 'nothing against itself')}",
    )
    return Result(
        pd.Series(nav, index=market.dates, name="nav"),
        pd.Series(cash, index=market.dates, name="cash"),
        xr.DataArray(positions, {"date": market.dates, "asset": market.assets}, ("date", "asset"), "shares"),
        write,
        model,
        float(capital),
        market,
        attrs,
    )
