"""The public benchmark of long forecasts: one file, one split, one scale, the whole test set, and every entrant on it.

In comes a file such as ETTh1.csv, which is not ours to ship; out come squared and absolute errors with their error
bars, for networks as means over seeds. Nothing that is chosen here has seen the test rows.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.contests.ett.competing import ENTRANTS as ENTRANTS
    from dlcore.contests.ett.competing import Result as Result
    from dlcore.contests.ett.competing import compete as compete
    from dlcore.contests.ett.judging import Losses as Losses
    from dlcore.contests.ett.judging import judge as judge
    from dlcore.contests.ett.series import Series as Series
    from dlcore.contests.ett.series import read_series as read_series
    from dlcore.contests.ett.task import Task as Task
    from dlcore.contests.ett.task import make_task as make_task

_HOMES = {
    "ENTRANTS": "competing",
    "Losses": "judging",
    "Result": "competing",
    "Series": "series",
    "Task": "task",
    "compete": "competing",
    "judge": "judging",
    "make_task": "task",
    "read_series": "series",
}

__all__ = ["ENTRANTS", "Losses", "Result", "Series", "Task", "compete", "judge", "make_task", "read_series"]

__getattr__ = on_demand(__name__, _HOMES)
