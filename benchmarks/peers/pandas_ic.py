"""Rank IC in pandas: ranks along each date, then their correlation."""

import pandas as pd
from turns import take_turns


def prepare(given):
    scores, returns = pd.DataFrame(given["scores"]), pd.DataFrame(given["returns"])

    def work():
        both = scores.notna() & returns.notna()
        return scores.where(both).rank(axis=1).corrwith(returns.where(both).rank(axis=1), axis=1)

    return work, lambda kept: {"ic": kept.to_numpy()}


take_turns(prepare, "pandas")
