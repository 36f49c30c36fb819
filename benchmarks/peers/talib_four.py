"""TA-Lib, column by column over memory in which each column is contiguous."""

import numpy as np
import talib
from turns import take_turns


def prepare(given):
    high, low, close = (np.ascontiguousarray(given[name].T) for name in ("high", "low", "close"))  # (assets, dates)

    def work():
        return [
            (
                talib.RSI(close[i], 14),
                *talib.MACD(close[i]),
                *talib.BBANDS(close[i], 20),
                talib.ATR(high[i], low[i], close[i], 14),
            )
            for i in range(len(close))
        ]

    names = ("rsi", "line", "signal", "histogram", "upper", "middle", "lower", "atr")
    return work, lambda kept: {name: np.stack([asset[k] for asset in kept], axis=1) for k, name in enumerate(names)}


take_turns(prepare, "ta-lib")
