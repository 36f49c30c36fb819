"""bt, rebalanced each week to the same weights, at the close of their date."""

import bt
import pandas as pd
from turns import take_turns


def prepare(given):
    dates = pd.DatetimeIndex(given["dates"].astype("datetime64[ns]"))
    names = [f"a{i:04d}" for i in range(given["close"].shape[1])]
    close = pd.DataFrame(given["close"], dates, names)
    weights = pd.DataFrame(given["weights"], dates[given["rows"]], names)

    def work():
        strategy = bt.Strategy("weekly", [bt.algos.WeighTarget(weights), bt.algos.Rebalance()])
        test = bt.Backtest(
            strategy,
            close,
            initial_capital=1e6,
            integer_positions=False,
            commissions=lambda quantity, price: abs(quantity) * price * 5e-4,
            progress_bar=False,
        )
        test.run()
        return test.strategy.values  # noqa: PD011 -- bt's own name for its net asset value

    return work, lambda kept: {"nav": kept.to_numpy()[-len(dates) :]}


take_turns(prepare, "bt")
