"""Lists of columns that models are given, and the one function that computes them.

In comes a Panel, out comes a Dataset `(date, asset)` with one float64 variable for each column, NaN through warm-up and
gaps (see `indicators`). Prices are adjusted backwards, so their *level* knows the dividends and splits that were still
to come: the columns of `PRICE_ONLY`, `LSTM_ALPHA` and `DEEPALPHA` are therefore free of the price's scale (but for
`amihud_21`), while `ENGINEERED_24` holds prices as its reference system does.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "BASE_7",
    "DEEPALPHA",
    "ENGINEERED_24",
    "INDICATORS_17",
    "LSTM_ALPHA",
    "PRICE_ONLY",
    "build_features",
]

RANK = "rank_"


def _with_ranks(*names: str) -> tuple[str, ...]:
    return names + tuple(RANK + name for name in names)


PRICE_ONLY = _with_ranks(
    *("log_return_1", "log_return_5", "log_return_10", "log_return_21", "log_return_63", "momentum_12_1"),
    *("volatility_20", "volatility_60", "sma_gap_20", "sma_gap_100"),
    *("rsi_14", "macd_histogram_to_close", "drawdown_252", "beta_252"),
)
BASE_7 = ("open", "high", "low", "close", "volume", "log_return", "range")
INDICATORS_17 = (
    *("sma_5", "sma_10", "sma_20", "rsi_14", "momentum_10", "volatility_20", "macd", "macd_signal"),
    *("percent_b", "bandwidth", "atr_14", "stochastic_k", "obv"),
    *("close_to_sma_20", "high_to_low", "close_to_open", "volume_to_sma_20"),
)
ENGINEERED_24 = BASE_7 + INDICATORS_17
LSTM_ALPHA = (
    *("rsi_14", "macd_to_close", "kdj_k", "kdj_d", "kdj_j", "percent_b", "bandwidth", "obv_slope_10", "volatility_20"),
    *("sma_gap_20", "sma_gap_50", "sma_gap_100", "strength_5", "strength_21", "strength_63", "volume_to_sma_20"),
)
DEEPALPHA = _with_ranks(
    *("log_return_5", "log_return_10", "log_return_21", "log_return_63", "log_return_126", "log_return_252"),
    *("volatility_10", "volatility_21", "volatility_63", "volatility_ratio_10_63"),
    *("amihud_21", "volume_zscore_21", "distance_to_high_252", "rsi_14"),
)


def build_features(panel: "xr.Dataset", recipe: Sequence[str], universe: "xr.DataArray | None" = None) -> "xr.Dataset":
    """Compute the columns of a recipe.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel; it is not changed.
    recipe : sequence of str
        One of this module's lists, or any names of `columns.COLUMNS`, each also with ``rank_`` before it.
    universe : DataArray of bool (date, asset), optional
        Who is ranked on a date, all assets by default: others have no rank. The market of beta and strength is that of
        `market_return`: the equal-weight mean of these, or without a universe the panel's `benchmark` where it has one.
        Columns that are no ranks are computed for all.

    Returns
    -------
    Dataset (date, asset)
        float64 variables in the order of the recipe, each with `meaning`, `unit` and `warm_up` in its attrs; the attrs
        of the panel, and `market` where the recipe knows one. Ranks are (rank − ½) / n − ½ in (−½, ½), NaN
        for a value alone on its date.

    Raises
    ------
    ValueError, TypeError
        For an empty recipe, an unknown or repeated column, a field that the panel lacks, a universe on other labels,
        and where `check_panel` refuses the panel.

    Examples
    --------
    >>> from dlcore.features import build_features
    >>> from dlcore.markets import load_panel
    >>> panel = load_panel("simulated-sp500?assets=30&sessions=60")
    >>> features = build_features(panel, ["rsi_14", "rank_log_return_5"])
    >>> features["rsi_14"].attrs["warm_up"], features["rank_log_return_5"].attrs["unit"]
    (14, 'rank in (−½, ½)')
    >>> bool(abs(features["rank_log_return_5"]).max() < 0.5)
    True
    """
    from concurrent.futures import ThreadPoolExecutor

    import xarray as xr
    from numba import get_num_threads

    from dlcore.features.columns import COLUMNS, Ingredients
    from dlcore.features.kernels.ranks import centred_rank_rows
    from dlcore.features.labelled import AXES, member
    from dlcore.markets.panel import check_panel

    _check(check_panel(panel), recipe)
    ingredients = Ingredients(panel, universe)
    inside = None if universe is None else member(universe, panel["close"])
    block = np.empty((len(recipe), panel.sizes["date"], panel.sizes["asset"]))  # one piece of memory, not many: faster
    bases = tuple(dict.fromkeys(name.removeprefix(RANK) for name in recipe))
    variables: dict[str, tuple] = {}

    def compute(base: str) -> tuple[np.ndarray, dict]:
        column, attrs = COLUMNS[base].compute(ingredients), {"meaning": COLUMNS[base].meaning}
        values = column.to_numpy()
        if base in recipe:
            block[recipe.index(base)] = values  # the column's own memory is free for the next
            values = block[recipe.index(base)]
        return values, column.attrs | attrs

    with ThreadPoolExecutor(get_num_threads()) as pool:  # kernels let go of the interpreter's lock
        computed = dict(zip(bases, pool.map(compute, bases), strict=True))
    for values, name in zip(block, recipe, strict=True):
        numbers, attrs = computed[name.removeprefix(RANK)]
        if name not in computed:
            values[:] = centred_rank_rows(_counted(numbers, inside))
            attrs = attrs | {"meaning": f"rank on its date of: {attrs['meaning']}", "unit": "rank in (−½, ½)"}
        variables[name] = (AXES, values, attrs)
    market = {"market": ingredients.market.attrs["market"]} if "market" in vars(ingredients) else {}
    return xr.Dataset(variables, panel.coords, panel.attrs | market)


def _counted(values: np.ndarray, inside: np.ndarray | None) -> np.ndarray:
    """Values with NaN for who does not count."""
    return values if inside is None else np.where(inside, values, np.nan)


def _check(panel: "xr.Dataset", recipe: Sequence[str]) -> None:
    """Refuse what cannot be computed, before anything is."""
    from dlcore.features.columns import COLUMNS

    if isinstance(recipe, str) or not len(recipe):
        raise ValueError(f"recipe={recipe!r} is not allowed: give a list of columns, such as recipes.PRICE_ONLY")
    for i, name in enumerate(recipe):
        base = name.removeprefix(RANK)
        if base not in COLUMNS:
            raise ValueError(f"column {name!r} is not known: give names from columns.COLUMNS, with or without {RANK}")
        if name in recipe[:i]:
            raise ValueError(f"column {name!r} appears twice: keep one")
        if missing := [field for field in COLUMNS[base].fields if field not in panel.data_vars]:
            raise ValueError(
                f"the panel has no {missing[0]}, which {name} needs: "
                "use recipes.PRICE_ONLY, which needs closes alone, or a panel with whole bars"
            )
