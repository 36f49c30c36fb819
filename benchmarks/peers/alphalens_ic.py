"""Rank IC by alphalens, on factor data that are ready made."""

import pandas as pd
from alphalens.performance import factor_information_coefficient
from turns import take_turns


def prepare(given):
    dates = pd.DatetimeIndex(given["dates"].astype("datetime64[ns]"), name="date")
    names = pd.Index([f"a{i:04d}" for i in range(given["scores"].shape[1])], name="asset")
    columns = {"5D": given["returns"], "factor": given["scores"]}
    table = pd.DataFrame({k: pd.DataFrame(v, dates, names).stack() for k, v in columns.items()}).dropna()  # noqa: PD013 -- the shape it wants
    return lambda: factor_information_coefficient(table), lambda kept: {"ic": kept["5D"].reindex(dates).to_numpy()}


take_turns(prepare, "alphalens-reloaded")
