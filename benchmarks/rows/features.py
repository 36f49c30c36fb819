"""Features: four indicators against TA-Lib, a whole recipe against pandas."""

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.market import arrays, unbroken
from benchmarks.race import Peer, Row

if TYPE_CHECKING:
    import xarray as xr

BARS = ("open", "high", "low", "close", "volume")
SETTLED = 500  # sessions after which an exponential average has forgotten how it was begun


def four_indicators(panel: "xr.Dataset") -> Row:
    """RSI, MACD, Bollinger's bands and ATR, labels and checks included."""
    from dlcore.features import indicators

    close, whole = panel["close"], unbroken(panel)

    def ours() -> dict[str, np.ndarray]:
        lines = {"rsi": indicators.rsi(close), "atr": indicators.atr(panel)}
        lines |= dict(indicators.macd(close).data_vars) | dict(indicators.bollinger_bands(close).data_vars)
        return {name: line.to_numpy() for name, line in lines.items()}

    def check(answer: dict, theirs: dict) -> str:
        for name, line in theirs.items():
            shown = np.isfinite(line) & whole
            np.testing.assert_allclose(answer[name][shown], line[shown], rtol=1e-9, atol=1e-9, err_msg=name)
        return f"8 lines, {whole.sum()} stocks without a gap, to 1e-9"

    peer = Peer("TA-Lib, column by column", "talib_four", check, ratio=0.5)
    return Row("RSI, MACD, Bollinger, ATR", ours, (peer,), arrays(panel, "high", "low", "close"))


def engineered(panel: "xr.Dataset") -> Row:
    """The 24 columns of ENGINEERED_24, from a Panel to a Dataset."""
    from dlcore.features import build_features, recipes

    whole = unbroken(panel)

    def check(answer: "xr.Dataset", theirs: dict) -> str:
        for name in recipes.ENGINEERED_24:
            ours, other = (values[SETTLED:, whole] for values in (answer[name].to_numpy(), theirs[name]))
            np.testing.assert_allclose(ours, other, rtol=1e-6, atol=1e-8, err_msg=name)
        return f"24 columns, {whole.sum()} stocks without a gap, from session {SETTLED}, to 1e-6 (pandas' rounding)"

    peer = Peer("pandas, wide frames", "pandas_engineered", check, ratio=1 / 12)
    work = lambda: build_features(panel, recipes.ENGINEERED_24)  # noqa: E731 -- a name for one line
    return Row("ENGINEERED_24", work, (peer,), arrays(panel, *BARS))
