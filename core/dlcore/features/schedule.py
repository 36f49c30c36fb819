"""What an exchange had announced: its sessions, holidays and half days by rule, past and future alike.

In come years and a calendar's code, out comes a Schedule. Closings that nobody saw coming (September 2001, hurricane
Sandy) are sessions here: a count of days to a closing that was not yet decided would know the future.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np


class Schedule(NamedTuple):
    """Days (datetime64[D]), ascending.

    `sessions` are the week days on which the exchange opens, less `holidays`; `half_days` are sessions that end early.
    """

    sessions: np.ndarray
    holidays: np.ndarray
    half_days: np.ndarray


@lru_cache(maxsize=32)
def schedule(first_year: int, last_year: int, calendar: str) -> Schedule:
    """The rules of an exchange applied to whole years.

    Parameters
    ----------
    first_year, last_year : int
        Both included.
    calendar : str
        Code of the exchange as exchange_calendars knows it.

    Returns
    -------
    Schedule
        From the rules only. Days that a calendar lists one by one are left out, since nothing says when they were
        announced; for New York those are the unforeseen closings and three early closes, for exchanges with lunar
        holidays also these.

    Raises
    ------
    ValueError
        For an unknown calendar.
    """
    rules = _rules(calendar)
    days = np.arange(f"{first_year}-01-01", f"{last_year + 1}-01-01", dtype="datetime64[D]")
    weekdays = days[np.is_busday(days, weekmask=rules.weekmask)]
    closed = [] if rules.regular_holidays is None else [rules.regular_holidays.holidays(days[0], days[-1])]
    early = [rule.holidays(days[0], days[-1]) for _, rule in rules.special_closes if not isinstance(rule, int)]
    holidays, half_days = (np.intersect1d(_days(found), weekdays) for found in (closed, early))
    sessions = np.setdiff1d(weekdays, holidays)
    return Schedule(sessions, holidays, np.intersect1d(half_days, sessions))


def _days(found: list) -> np.ndarray:
    return np.concatenate([np.empty(0, "datetime64[D]"), *(days.to_numpy("datetime64[D]") for days in found)])


def _rules(calendar: str):
    import warnings

    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName

    try:
        with warnings.catch_warnings():
            # exchange_calendars 4.13 under pandas 3.1; the rules do not depend on it
            warnings.filterwarnings("ignore", message="Series.values returning an ndarray that drops timezone")
            return exchange_calendars.get_calendar(calendar)
    except InvalidCalendarName:
        raise ValueError(f"calendar={calendar!r} is not known: give the code of an exchange, such as XNYS") from None
