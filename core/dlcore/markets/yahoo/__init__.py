"""Prices of today from Yahoo Finance, and who is in the S&P 500, asked politely and read by yfinance's own parser.

In come names such as ``yahoo:AAPL,BTC-USD`` or ``yahoo:sp500``; out come rows as Yahoo has them, batch by batch, or a
checked Panel. What did not come is listed with its reason; a mirror or a test server can stand in for Yahoo.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.markets.yahoo.manners import Manners as Manners
    from dlcore.markets.yahoo.source import YahooProvider as YahooProvider

_HOMES = {
    "Manners": "manners",
    "YahooProvider": "source",
}

__all__ = [
    "Manners",
    "YahooProvider",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
