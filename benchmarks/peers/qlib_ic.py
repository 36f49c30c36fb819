"""Rank IC by qlib's calc_ic, which gives the plain one along with it."""

import pandas as pd
from qlib.contrib.eva.alpha import calc_ic
from turns import take_turns


def prepare(given):
    dates = pd.DatetimeIndex(given["dates"].astype("datetime64[ns]"), name="datetime")
    names = pd.Index([f"a{i:04d}" for i in range(given["scores"].shape[1])], name="instrument")
    scores, returns = (pd.DataFrame(given[name], dates, names).stack().dropna() for name in ("scores", "returns"))  # noqa: PD013 -- the shape it wants
    return lambda: calc_ic(scores, returns), lambda kept: {"ic": kept[1].reindex(dates).to_numpy()}


take_turns(prepare, "pyqlib")
