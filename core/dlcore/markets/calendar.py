"""The days on which an exchange was open, as naive dates.

In come two dates and the exchange's code, out comes the index that every Panel is held against.
"""

import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

SETTLED = "20min"  # after the close, until sources give the day's last numbers


def sessions(start: "str | pd.Timestamp", end: "str | pd.Timestamp", calendar: str = "XNYS") -> "pd.DatetimeIndex":
    """Sessions of an exchange from `start` to `end`, both included.

    Parameters
    ----------
    start, end : str or Timestamp
        Dates; a time of day is ignored.
    calendar : str
        Code of the exchange as exchange_calendars knows it: XNYS is New York, 24/7 never closes.

    Returns
    -------
    DatetimeIndex
        Naive, ascending, unique, at midnight; empty when the exchange was closed throughout.

    Raises
    ------
    ValueError
        For a start after the end, a missing date, or an unknown calendar.
    """
    import pandas as pd

    first, last = (pd.Timestamp(day).to_datetime64().astype("datetime64[D]") for day in (start, end))
    if np.isnat(first) or np.isnat(last) or first > last:
        raise ValueError(f"start={start} with end={end} is not allowed: give two dates in order")
    days = _whole_years(int(str(first)[:4]), int(str(last)[:4]), calendar)
    return days[days.searchsorted(first) : days.searchsorted(last, side="right")]


def last_session(now: "pd.Timestamp", calendar: str = "XNYS") -> "pd.Timestamp":
    """The newest session whose bar is final.

    Parameters
    ----------
    now : Timestamp
        A moment, with its time zone.
    calendar : str
        Code of the exchange.

    Returns
    -------
    Timestamp
        Naive, at midnight: the last session that closed `SETTLED` before that moment.

    Raises
    ------
    ValueError
        For a moment without a time zone, or an unknown calendar.
    """
    import pandas as pd

    if now.tzinfo is None:
        raise ValueError(f"now={now} is not allowed: give a moment with its time zone")
    closes = _closes(now.year - 1, now.year, calendar)
    done = closes[closes <= now.tz_convert("UTC") - pd.Timedelta(SETTLED)]
    return done.index[-1].tz_localize(None)


@lru_cache(maxsize=32)
def _whole_years(first: int, last: int, calendar: str) -> "pd.DatetimeIndex":
    return _built(first, last, calendar).sessions.tz_localize(None).as_unit("ns")


@lru_cache(maxsize=32)
def _closes(first: int, last: int, calendar: str) -> Any:
    return _built(first, last, calendar).closes


def _built(first: int, last: int, calendar: str) -> Any:
    """The calendar of whole years; building one costs a tenth of a second."""
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName

    try:
        with warnings.catch_warnings():
            # exchange_calendars 4.13 under pandas 3.1; the values it gets are the right ones
            warnings.filterwarnings("ignore", message="Series.values returning an ndarray that drops timezone")
            warnings.filterwarnings("ignore", message="DatetimeIndex.weekday is deprecated")  # Hong Kong's
            return exchange_calendars.get_calendar(calendar, start=f"{first}-01-01", end=f"{last}-12-31")
    except InvalidCalendarName:
        raise ValueError(f"calendar={calendar!r} is not known: give the code of an exchange, such as XNYS") from None
    except ValueError as error:  # nobody has written down its holidays
        said = " ".join(str(error).split())
        raise ValueError(
            f"calendar={calendar} from {first} to {last} is not allowed: {said}: give later dates"
        ) from None
