"""The axes of a simulated Panel: real sessions, so that calendars and holidays behave as they do on real prices."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def session_dates(start: str, count: int) -> "pd.DatetimeIndex":
    """The first `count` XNYS sessions from `start` on.

    Raises
    ------
    ValueError
        For a start that is no date.
    """
    import pandas as pd

    from dlcore.markets.calendar import sessions

    try:
        first: Any = pd.Timestamp(start)
        last = first + pd.Timedelta(days=count * 366 // 250 + 15)
    except (ValueError, OverflowError):
        raise ValueError(f"start={start} is not allowed: give a date such as 2014-01-02") from None
    return sessions(first, last)[:count]


def made_by() -> str:
    """What stands in attrs["retrieved_at"] of numbers that were never retrieved."""
    from importlib.metadata import version

    return f"dlcore {version('dlcore')}"
