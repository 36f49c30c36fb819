"""The markets that need no file: by name, what each is, and the function that reads or simulates it.

In comes nothing; `SOURCES` imports no reader, it only knows where each one lives.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """Where a Panel comes from.

    Attributes
    ----------
    what : str
        One line for a list.
    module, function : str
        Where the reader lives; imported when it is called.
    settings : str or None
        Name of a frozen dataclass in the same module whose fields are the options of this source.
    """

    what: str
    module: str
    function: str
    settings: str | None = None


SOURCES = {
    "us-large-20": Source("20 large US stocks, adjusted close, S&P 500 as benchmark", "bundled", "us_large_20"),
    "us-tech-5": Source("AAPL, FB, GOOG, IBM, MSFT, adjusted OHLCV", "bundled", "us_tech_5"),
    "indices": Source("S&P 500 and NASDAQ OHLCV, VIX close", "bundled", "indices"),
    "simulated-sp500": Source(
        "503 simulated stocks, OHLCV, a planted IC", "simulate.equities", "simulate_equities", "EquitySettings"
    ),
    "simulated-cross-asset": Source(
        "ES, NQ, VIX, AAPL, BTC, ETH, a known lead",
        "simulate.cross_asset",
        "simulate_cross_asset",
        "CrossAssetSettings",
    ),
}
