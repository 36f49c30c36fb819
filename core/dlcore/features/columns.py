"""The columns that recipes are made of: for each a name, the fields it needs, one line of meaning, its function.

In come the `Ingredients` of a Panel, out comes one DataArray `(date, asset)`. Names that begin with `rank_` are no
entries here: they are the rank of the column after the prefix among the assets of the date.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dlcore.features import factors, market_model
from dlcore.features import indicators as ind
from dlcore.features.labelled import AXES, label

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["COLUMNS", "FIELDS", "Column", "Ingredients"]

FIELDS = ("open", "high", "low", "close", "volume")


class Ingredients:
    """What columns are computed from: a Panel with its fields in C order, and lines that several columns share.

    Parameters
    ----------
    panel : Dataset (date, asset)
        Checked before.
    universe : DataArray of bool (date, asset), optional
        Whose mean is the market; the benchmark or, where there is none, the mean of all assets without it.
    """

    def __init__(self, panel: "xr.Dataset", universe: "xr.DataArray | None") -> None:
        import xarray as xr

        fields = {name: panel[name].transpose(*AXES).to_numpy() for name in FIELDS if name in panel}
        labels = {axis: panel[axis].to_numpy() for axis in AXES}  # other coordinates only cost time here
        variables = {name: (AXES, np.ascontiguousarray(values)) for name, values in fields.items()}
        benchmark = {"benchmark": ("date", panel["benchmark"].to_numpy())} if "benchmark" in panel else {}
        self.panel, self.universe = xr.Dataset(variables | benchmark, labels), universe
        self._fields = {name: self.panel[name] for name in fields}

    def __getitem__(self, field: str) -> "xr.DataArray":
        """One field of the panel."""
        return self._fields[field]

    @cached_property
    def market(self) -> "xr.DataArray":
        """Simple daily return of the market (date,)."""
        return market_model.market_return(self.panel, self.universe)

    @cached_property
    def macd(self) -> "xr.Dataset":
        """MACD 12, 26, 9."""
        return ind.macd(self["close"])

    @cached_property
    def bollinger(self) -> "xr.Dataset":
        """Bollinger position, 20 sessions, 2 deviations."""
        return ind.bollinger_position(self["close"])

    @cached_property
    def kdj(self) -> "xr.Dataset":
        """KDJ, 9 sessions."""
        return ind.kdj(self.panel)


class Column(NamedTuple):
    """One column: fields that the panel must have, meaning in one line, and how it is computed."""

    fields: tuple[str, ...]
    meaning: str
    compute: "Callable[[Ingredients], xr.DataArray]"


def _field(name: str) -> Column:
    return Column((name,), f"the {name} itself", lambda panel: panel[name])


def _of_close(meaning: str, compute: "Callable[[xr.DataArray], xr.DataArray]") -> Column:
    return Column(("close",), meaning, lambda panel: compute(panel["close"]))


def _log_return(n: int) -> Column:
    return _of_close(f"log return of {n} sessions (time-series momentum)", lambda close: ind.log_return(close, n))


def _volatility(n: int) -> Column:
    return Column(
        ("close",),
        f"standard deviation of {n} daily log returns, per year",
        lambda panel: factors.volatility(panel.panel, n),
    )


def _sma(n: int) -> Column:
    return _of_close(f"mean of {n} closes", lambda close: ind.sma(close, n))


def _sma_gap(n: int) -> Column:
    return _of_close(f"close / mean of {n} closes − 1", lambda close: ind.sma_gap(close, n))


def _strength(n: int) -> Column:
    return Column(
        ("close",),
        f"log return of {n} sessions less the market's",
        lambda panel: ind.strength(panel["close"], panel.market, n),
    )


def _kdj(line: str) -> Column:
    return Column(("high", "low", "close"), f"{line.upper()} of the KDJ, 9 sessions", lambda panel: panel.kdj[line])


CLOSES: dict[str, Column] = {
    "log_return": _log_return(1),
    **{f"log_return_{n}": _log_return(n) for n in (1, 5, 10, 21, 63, 126, 252)},
    "momentum_10": _of_close("close − close 10 sessions ago", lambda close: ind.momentum(close, 10)),
    "momentum_12_1": Column(
        ("close",), "return of twelve months without the last", lambda panel: factors.momentum(panel.panel)
    ),
    **{f"volatility_{n}": _volatility(n) for n in (10, 20, 21, 60, 63)},
    "volatility_ratio_10_63": Column(
        ("close",),
        "volatility of 10 sessions / of 63",
        lambda p: _over(factors.volatility(p.panel, 10), factors.volatility(p.panel, 63)),
    ),
    **{f"sma_{n}": _sma(n) for n in (5, 10, 20)},
    **{f"sma_gap_{n}": _sma_gap(n) for n in (20, 50, 100)},
    "close_to_sma_20": _of_close("close / mean of 20 closes", lambda close: ind.ratio_to_sma(close, 20)),
    "rsi_14": _of_close("Wilder's relative strength index, 0 to 100", ind.rsi),
    "macd": Column(("close",), "EMA 12 − EMA 26 of the close", lambda panel: panel.macd["line"]),
    "macd_signal": Column(("close",), "EMA 9 of the MACD", lambda panel: panel.macd["signal"]),
    "macd_to_close": Column(("close",), "MACD / close", lambda panel: _over(panel.macd["line"], panel["close"])),
    "macd_histogram_to_close": Column(
        ("close",), "(MACD − signal) / close", lambda panel: _over(panel.macd["histogram"], panel["close"])
    ),
    "percent_b": Column(("close",), "place between Bollinger's bands, 0 to 1", lambda p: p.bollinger["percent_b"]),
    "bandwidth": Column(("close",), "width of Bollinger's bands / middle", lambda p: p.bollinger["bandwidth"]),
    "drawdown_252": _of_close("close / highest close of 252 − 1", lambda close: ind.distance_to_high(close, close)),
    "beta_252": Column(
        ("close",),
        "slope of 252 daily simple returns on the market's",
        lambda panel: market_model.beta(panel.panel, panel.market),
    ),
    **{f"strength_{n}": _strength(n) for n in (5, 21, 63)},
}

BARS: dict[str, Column] = {
    **{name: _field(name) for name in FIELDS},
    "range": Column(("high", "low"), "high − low", lambda panel: _less(panel["high"], panel["low"])),
    "atr_14": Column(("high", "low", "close"), "Wilder's average true range", lambda p: ind.atr(p.panel)),
    "stochastic_k": Column(
        ("high", "low", "close"),
        "place of the close in the range of 14 sessions, 0 to 100",
        lambda p: ind.stochastic(p.panel)["k"],
    ),
    **{f"kdj_{line}": _kdj(line) for line in "kdj"},
    "obv": Column(("close", "volume"), "on-balance volume", lambda p: ind.obv(p.panel)),
    "obv_slope_10": Column(
        ("close", "volume"), "slope of ten sessions' on-balance volume / mean volume", lambda p: ind.obv_slope(p.panel)
    ),
    "high_to_low": Column(("high", "low"), "high / low", lambda p: ind.price_ratio(p.panel, "high", "low")),
    "close_to_open": Column(("open", "close"), "close / open", lambda p: ind.price_ratio(p.panel, "close", "open")),
    "volume_to_sma_20": Column(
        ("volume",), "volume / mean of 20 volumes", lambda panel: ind.ratio_to_sma(panel["volume"], 20)
    ),
    "volume_zscore_21": Column(
        ("volume",), "volume in standard deviations from the mean of 21", lambda p: ind.rolling_zscore(p["volume"], 21)
    ),
    "amihud_21": Column(
        ("close", "volume"), "mean of |return| per million traded, 21", lambda p: factors.amihud(p.panel)
    ),
    "distance_to_high_252": Column(
        ("high", "close"), "close / highest high of 252 − 1", lambda p: ind.distance_to_high(p["close"], p["high"])
    ),
}

COLUMNS = CLOSES | BARS


def _over(above: "xr.DataArray", below: "xr.DataArray") -> "xr.DataArray":
    """A ratio with the attrs of a ratio; NaN where the denominator is 0."""
    from dlcore.features.kernels.elements import quotient

    warm_up = above.attrs.get("warm_up", 0)
    return label(
        quotient(above.to_numpy(), below.to_numpy()),
        above,
        "ratio",
        "ratio",
        max(warm_up, below.attrs.get("warm_up", 0)),
    )


def _less(left: "xr.DataArray", right: "xr.DataArray") -> "xr.DataArray":
    """A difference of prices."""
    return label(left.to_numpy() - right.to_numpy(), left, "difference", "price", 0)
