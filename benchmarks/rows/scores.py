"""Scores: the rank IC of each date."""

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.race import Peer, Row

if TYPE_CHECKING:
    import xarray as xr


def rank_ic(panel: "xr.Dataset") -> Row:
    """Rank IC with ties and NaN, one horizon."""
    from dlcore.evaluation import information_coefficient
    from dlcore.targets import forward_return

    scores = panel["true_signal"].round(1)  # ties on every date
    returns = forward_return(panel, horizon=5)["value"]

    def check(answer: "xr.DataArray", theirs: dict) -> str:
        known = np.isfinite(answer.to_numpy())
        np.testing.assert_allclose(answer.to_numpy()[known], theirs["ic"][known], atol=1e-10)
        return f"{known.sum()} dates, to 1e-10"

    reaches = {"pandas_ic": np.inf, "alphalens_ic": np.inf, "qlib_ic": 1 / 40}
    names = {"pandas_ic": "pandas, ranks and corrwith", "alphalens_ic": "alphalens", "qlib_ic": "qlib calc_ic"}
    peers = tuple(Peer(names[script], script, check, ratio) for script, ratio in reaches.items())
    days = panel["date"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    given = {"scores": scores.to_numpy(), "returns": returns.to_numpy(), "dates": days}
    return Row(
        "rank IC, ties and NaN",
        lambda: information_coefficient(scores, returns, method="spearman"),
        peers,
        given,
        seconds=0.012,
    )
