"""From what yfinance has read to rows of finished sessions.

In come its frame and its metadata; out come `ROW_COLUMNS` with the exchange's own dates. The session that is still
running, or has only just closed, is left out: its row is not yet what will stand there tomorrow.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.markets.provider import ROW_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

#: Minutes after the close until a row is taken for final: Yahoo's prices come up to 20 minutes late.
SETTLED = 30
COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Volume": "volume",
    "Adj Close": "adj_close",
    "Dividends": "dividend",
    "Stock Splits": "split",
}


def finished_rows(symbol: str, history: "pd.DataFrame", meta: Mapping[str, Any], now: "pd.Timestamp") -> "pd.DataFrame":
    """Rows of a symbol as a provider gives them.

    Parameters
    ----------
    symbol : str
        As it was asked for.
    history : DataFrame
        Of ``Ticker.history(auto_adjust=False, actions=True, keepna=True)``, its index in the exchange's time zone.
    meta : mapping
        `exchangeTimezoneName`, and `currentTradingPeriod` where Yahoo gives it.
    now : Timestamp
        The present moment, with a time zone.

    Returns
    -------
    DataFrame
        Columns `ROW_COLUMNS`, dates ascending. Volume is NaN where there is no close: yfinance puts 0 there.
    """
    import pandas as pd

    rows = history.rename(columns=COLUMNS)
    dates = pd.DatetimeIndex(rows.index).tz_localize(None).normalize()
    rows = rows.reset_index(drop=True).assign(date=dates.as_unit("ns"), symbol=symbol)
    for name in COLUMNS.values():
        rows[name] = rows[name].astype(np.float64)
    rows["volume"] = rows["volume"].where(rows["close"].notna())
    rows["split"] = rows["split"].where(rows["split"] != 0, 1.0)
    return rows.loc[rows["date"] < first_unfinished(meta, now), list(ROW_COLUMNS)].reset_index(drop=True)


def first_unfinished(meta: Mapping[str, Any], now: "pd.Timestamp") -> "pd.Timestamp":
    """The first date whose session is not over.

    Parameters
    ----------
    meta : mapping
        With `currentTradingPeriod`, the session that is on or comes next: its date, until it has been over for
        `SETTLED` minutes, then the day after. Without it: today at the exchange.
    now : Timestamp
        With a time zone.

    Returns
    -------
    Timestamp
        Naive, midnight.
    """
    import pandas as pd

    local = now.tz_convert(str(meta["exchangeTimezoneName"]))
    period = (meta.get("currentTradingPeriod") or {}).get("regular")
    if not period:
        return local.tz_localize(None).normalize()
    day = period["start"].tz_localize(None).normalize()
    return day if now < period["end"] + pd.Timedelta(minutes=SETTLED) else day + pd.Timedelta(days=1)
