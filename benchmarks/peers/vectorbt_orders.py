"""vectorbt, given the very orders in shares: it only has to simulate them."""

import pandas as pd
import vectorbt as vbt
from turns import take_turns

CASH = 1e8  # so much that no order is cut; what is compared is the profit


def prepare(given):
    frames = {name: pd.DataFrame(given[name]) for name in ("close", "size", "price", "fees")}

    def work():
        portfolio = vbt.Portfolio.from_orders(
            frames["close"],
            size=frames["size"],
            size_type="amount",
            price=frames["price"],
            fees=frames["fees"],
            init_cash=CASH,
            cash_sharing=True,
            group_by=True,
            freq="D",
        )
        return portfolio.value()

    return work, lambda kept: {"profit": kept.to_numpy().reshape(-1) - CASH}


take_turns(prepare, "vectorbt")
