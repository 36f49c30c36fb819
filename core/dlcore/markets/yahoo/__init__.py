"""Prices of today from Yahoo Finance, and who is in the S&P 500, asked politely and read by yfinance's own parser.

In come names such as ``yahoo:AAPL,BTC-USD`` or ``yahoo:sp500``; out come rows as Yahoo has them, batch by batch, or a
checked Panel. What did not come is listed with its reason; a mirror or a test server can stand in for Yahoo.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.markets.yahoo.constituents import Constituents as Constituents
    from dlcore.markets.yahoo.constituents import sp500 as sp500
    from dlcore.markets.yahoo.live import live_provider as live_provider
    from dlcore.markets.yahoo.manners import Manners as Manners
    from dlcore.markets.yahoo.names import Wanted as Wanted
    from dlcore.markets.yahoo.names import calendar_of as calendar_of
    from dlcore.markets.yahoo.names import read_name as read_name
    from dlcore.markets.yahoo.source import YahooProvider as YahooProvider

_HOMES = {
    "Constituents": "constituents",
    "Manners": "manners",
    "Wanted": "names",
    "YahooProvider": "source",
    "calendar_of": "names",
    "live_provider": "live",
    "read_name": "names",
    "sp500": "constituents",
}

__all__ = [
    "Constituents",
    "Manners",
    "Wanted",
    "YahooProvider",
    "calendar_of",
    "live_provider",
    "read_name",
    "sp500",
]

__getattr__ = on_demand(__name__, _HOMES)
