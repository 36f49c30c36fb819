"""What is known in advance: the place of a session in its week, month and quarter, and between holidays.

In come sessions, those to come included, and an exchange's code; out comes a Dataset over `(date,)`, the same for all
assets, which broadcasts against features `(date, asset)`. Everything follows from the exchange's rules, so an
unforeseen closing is not felt before it happens.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.features.schedule import schedule

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def calendar_features(dates: "pd.DatetimeIndex | np.ndarray", calendar: str = "XNYS") -> "xr.Dataset":
    """Where sessions stand in the calendar.

    Parameters
    ----------
    dates : DatetimeIndex or array of datetime64
        Sessions, ascending, past or future: ``panel.indexes["date"]``, or `dlcore.markets.calendar.sessions`.
    calendar : str
        Code of the exchange: ``panel.attrs["calendar"]``.

    Returns
    -------
    Dataset (date,)
        All float64. Counts are of scheduled sessions, 0 on the day itself.

        - `day_of_week` (Monday 0), `month` (1 to 12), and the sines and cosines of both (`cyclic`);
        - `sessions_from_month_start`, `sessions_to_month_end`, `sessions_to_quarter_end`;
        - `turn_of_month`: 1 on the last session of a month and the first three;
        - `sessions_to_holiday`, `sessions_from_holiday`: to the last session before the next holiday and from the
          first after the last one; a holiday is a week day on which the exchange is closed by rule. NaN for exchanges
          that never close;
        - `half_day`: 1 where the exchange closes early by rule;
        - `sessions_to_options_expiry`: to the third Friday of a month, or the session before where that is a holiday.

    Raises
    ------
    ValueError
        For no dates, dates out of order or twice, times of day, an unknown calendar, or a date that is no scheduled
        session of it.

    References
    ----------
    Lakonishok and Smidt (1988), *Review of Financial Studies* 1, for the four days around the turn of the month and
    the days before holidays.
    """
    import xarray as xr

    days = _checked(dates)  # (T,)
    first, last = (int(str(day)[:4]) for day in (days[0], days[-1]))
    sessions, holidays, half_days = schedule(first - 2, last + 2, calendar)
    row = sessions.searchsorted(days)
    stray = days[sessions[np.minimum(row, len(sessions) - 1)] != days]
    if len(stray):
        raise ValueError(f"date {stray[0]} is no scheduled session of {calendar} ({len(stray)} such): remove it")
    months = sessions.astype("datetime64[M]").astype(np.int64)
    expiry = sessions.searchsorted(_third_fridays(sessions), side="right") - 1
    to_month_end = _to_next(row, _ends(months))
    from_month_start = _from_last(row, np.append(0, _ends(months)[:-1] + 1))
    values = {
        "day_of_week": (days.astype(np.int64) + 3) % 7,  # day 0 of numpy, 1970-01-01, was a Thursday
        "month": months[row] % 12 + 1,
        "sessions_from_month_start": from_month_start,
        "sessions_to_month_end": to_month_end,
        "sessions_to_quarter_end": _to_next(row, _ends(months // 3)),
        "turn_of_month": (to_month_end == 0) | (from_month_start <= 2),
        "sessions_to_holiday": _to_next(row, sessions.searchsorted(holidays) - 1),
        "sessions_from_holiday": _from_last(row, sessions.searchsorted(holidays)),
        "half_day": np.isin(days, half_days),
        "sessions_to_options_expiry": _to_next(row, expiry),
    }
    variables = {name: ("date", one.astype(np.float64)) for name, one in values.items()}
    features = xr.Dataset(variables, coords={"date": days.astype("datetime64[ns]")}, attrs={"calendar": calendar})
    return features.merge(cyclic(features["day_of_week"], 7)).merge(cyclic(features["month"], 12))


def cyclic(values: "xr.DataArray", period: float) -> "xr.Dataset":
    """A clock's hand for each value, so that the end of a cycle lies beside its beginning.

    Parameters
    ----------
    values : DataArray
        With a name; NaN stays NaN.
    period : float
        Length of the cycle in the unit of the values, above 0: 7 for days of the week, so that a weekend is as long
        as it is.

    Returns
    -------
    Dataset
        `<name>_sin` and `<name>_cos` of ``2π · value / period``.

    Raises
    ------
    ValueError
        For values without a name or a period that is not above 0.
    """
    import xarray as xr

    if values.name is None:
        raise ValueError("values have no name: give them one, the results are called after it")
    if not 0 < period < np.inf:
        raise ValueError(f"period={period} is not allowed: give a number above 0")
    angle = 2 * np.pi * values / period
    return xr.Dataset({f"{values.name}_sin": np.sin(angle), f"{values.name}_cos": np.cos(angle)})


def _checked(dates: "pd.DatetimeIndex | np.ndarray") -> np.ndarray:
    given = np.asarray(dates)
    if given.ndim != 1 or given.size == 0 or given.dtype.kind != "M" or np.isnat(given).any():
        raise ValueError(f"dates of {given.dtype} and shape {given.shape}: give at least one naive datetime64, no NaT")
    days = given.astype("datetime64[D]")
    if (days != given).any():
        raise ValueError(f"date {given[days != given][0]} is not allowed: give sessions, without a time of day")
    if (np.diff(days).astype(np.int64) <= 0).any():
        raise ValueError("dates are not in ascending order, or one appears twice: sort them and keep one of each")
    return days


def _ends(label: np.ndarray) -> np.ndarray:
    """Rows at which an ascending label is about to change, the very last row included."""
    return np.append(np.flatnonzero(np.diff(label)), len(label) - 1)


def _to_next(row: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Rows to the next event, 0 on it; NaN where none comes."""
    place = events.searchsorted(row)
    return np.append(events, np.nan)[place] - row


def _from_last(row: np.ndarray, events: np.ndarray) -> np.ndarray:
    """Rows since the last event, 0 on it; NaN where there was none."""
    place = events.searchsorted(row, side="right")
    return row - np.append(np.nan, events)[place]


def _third_fridays(sessions: np.ndarray) -> np.ndarray:
    months = np.unique(sessions.astype("datetime64[M]"))
    return np.busday_offset(months.astype("datetime64[D]"), 2, roll="forward", weekmask="Fri")
