"""ENGINEERED_24 in pandas, on wide frames: one column for each asset, every line one expression."""

import numpy as np
import pandas as pd
from turns import take_turns


def prepare(given):
    opened, high, low, close, volume = (
        pd.DataFrame(given[name]) for name in ("open", "high", "low", "close", "volume")
    )

    def wilder(values):
        return values.ewm(alpha=1 / 14, adjust=False, min_periods=14).mean()

    def ema(values, span):
        return values.ewm(span=span, adjust=False).mean()

    def work():
        table = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
        move, before = close.diff(), close.shift(1)
        table["log_return"] = daily = np.log(close).diff()
        table["range"] = high - low
        for n in (5, 10, 20):
            table[f"sma_{n}"] = close.rolling(n).mean()
        gain, loss = wilder(move.clip(lower=0)), wilder(-move.clip(upper=0))
        table["rsi_14"] = 100 * gain / (gain + loss)
        table["momentum_10"] = close.diff(10)
        table["volatility_20"] = daily.rolling(20).std() * 252**0.5
        table["macd"] = line = ema(close, 12) - ema(close, 26)
        table["macd_signal"] = ema(line, 9)
        middle, deviation = table["sma_20"], close.rolling(20).std(ddof=0)
        table["percent_b"] = (close - middle + 2 * deviation) / (4 * deviation)
        table["bandwidth"] = 4 * deviation / middle
        table["atr_14"] = wilder(np.maximum(high, before) - np.minimum(low, before))
        lowest = low.rolling(14).min()
        table["stochastic_k"] = 100 * (close - lowest) / (high.rolling(14).max() - lowest)
        flow = np.sign(move) * volume
        flow.iloc[0] = volume.iloc[0]
        table["obv"] = flow.cumsum()
        table["close_to_sma_20"] = close / middle
        table["high_to_low"] = high / low
        table["close_to_open"] = close / opened
        table["volume_to_sma_20"] = volume / volume.rolling(20).mean()
        return table

    return work, lambda kept: {name: frame.to_numpy() for name, frame in kept.items()}


take_turns(prepare, "pandas")
