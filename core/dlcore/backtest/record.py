"""What a Result amounts to: the record of it since its first fill, as series and as numbers.

In come a Result and, if wanted, the levels of a benchmark; out comes a Record: daily returns beside those of 1/N and of
the benchmark, exposure, drawdowns, months, the curve of costs, and a dictionary of numbers. Nothing here draws.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.backtest.ratios import sharpe, sharpe_interval
from dlcore.evaluation import underwater
from dlcore.evaluation.series import SESSIONS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from dlcore.backtest.result import Result

SHORTEST = 42  # sessions: below this a rolling Sharpe ratio says nothing at all
BPS = np.linspace(0, 30, 61)
REBALANCE = 21  # sessions between the rebalancings of 1/N


@dataclass(frozen=True, eq=False)
class Record:
    """A backtest since the session of its first fill.

    Attributes
    ----------
    result : Result
        The whole of it.
    returns : DataFrame over dates
        Simple daily returns: `strategy`, `1/N`, and `benchmark` where there is one.
    """

    result: "Result"
    returns: "pd.DataFrame"

    @property
    def dates(self) -> "pd.DatetimeIndex":
        """Sessions since the first fill."""
        return self.returns.index  # pyright: ignore[reportReturnType] -- the dates of a market

    @cached_property
    def exposure(self) -> "pd.DataFrame":
        """Sums of absolute (`gross`) and signed (`net`) weights after each close."""
        import pandas as pd

        weights = self.result.weights.sel(date=self.dates).to_numpy()
        return pd.DataFrame({"gross": np.abs(weights).sum(axis=1), "net": weights.sum(axis=1)}, index=self.dates)

    @cached_property
    def turnover(self) -> "pd.Series":
        """Two-way, of each session, as a fraction of net asset value."""
        return self.result.turnover.loc[self.dates]

    @cached_property
    def before_costs(self) -> np.ndarray:
        """Daily returns with costs added back."""
        start = self.result.nav.shift(1, fill_value=self.result.capital).loc[self.dates]
        return (self.returns["strategy"] + self.result.costs.loc[self.dates] / start).to_numpy()

    @cached_property
    def cost_curve(self) -> np.ndarray:
        """Sharpe ratio at each of `BPS` of traded value per side, with the trades as they were."""
        turnover = self.turnover.to_numpy()
        return np.array([sharpe(self.before_costs - bps / 1e4 * turnover) for bps in BPS])

    @property
    def break_even_bps(self) -> float:
        """Basis points of traded value at which the mean return is nil; below 0 where it is negative without costs."""
        return float(self.before_costs.sum() / self.turnover.to_numpy().sum() * 1e4)

    @property
    def paid_bps(self) -> float:
        """Costs that were charged, in basis points of traded value."""
        start = self.result.nav.shift(1, fill_value=self.result.capital).to_numpy()
        traded = self.result.turnover.to_numpy() * start
        return float(self.result.costs.to_numpy().sum() / traded.sum() * 1e4)

    @cached_property
    def months(self) -> "pd.DataFrame":
        """Compounded returns by year (rows) and month (columns 1 to 12), and `year`; NaN where there is no session."""
        import pandas as pd

        in_year, in_month = self.dates.year.to_numpy(), self.dates.month.to_numpy()
        years = np.arange(in_year[0], in_year[-1] + 1)
        place = (in_year - years[0], in_month - 1)
        grown, sessions = np.ones((len(years), 12)), np.zeros((len(years), 12))
        np.multiply.at(grown, place, 1 + self.returns["strategy"].to_numpy())
        np.add.at(sessions, place, 1)
        table = np.column_stack([np.where(sessions > 0, grown, np.nan), grown.prod(axis=1)]) - 1
        return pd.DataFrame(table, pd.Index(years, name="year"), pd.Index([*range(1, 13), "year"]))

    @cached_property
    def worst_drawdowns(self) -> "pd.DataFrame":
        """The five deepest: `start` (last high), `trough`, `end` (NaT if not yet), `depth`, `sessions` under water."""
        import pandas as pd

        depth = underwater(self.returns["strategy"].to_numpy())
        under = np.concatenate([[False], depth < 0, [False]])
        begins, ends = np.flatnonzero(np.diff(under.astype(int)) == 1), np.flatnonzero(np.diff(under.astype(int)) == -1)
        rows = []
        for begin, end in zip(begins, ends, strict=True):
            trough = begin + int(np.argmin(depth[begin:end]))
            back = self.dates[end] if end < len(depth) else pd.NaT
            rows.append((self.dates[max(begin - 1, 0)], self.dates[trough], back, depth[trough], end - begin))
        table = pd.DataFrame(rows, columns=pd.Index(["start", "trough", "end", "depth", "sessions"]))
        return table.sort_values("depth", kind="stable").head(5).reset_index(drop=True)

    @cached_property
    def numbers(self) -> dict[str, Any]:
        """Everything a table could want, None where there is no number; fractions unless the name says otherwise.

        The interval of the Sharpe ratio is a 95 % stationary bootstrap with mean block 10 and a fixed seed.
        """
        mine = self.returns["strategy"].to_numpy()
        low, high = sharpe_interval(mine, np.random.default_rng(0))
        tail = float(np.quantile(mine, 0.05))
        numbers: dict[str, Any] = {
            "first_session": f"{self.dates[0]:%F}",
            "last_session": f"{self.dates[-1]:%F}",
            "sessions": len(mine),
            "total_return": float(np.prod(1 + mine) - 1),
            "annual_return": float(mine.mean() * SESSIONS_PER_YEAR),
            "annual_volatility": float(mine.std(ddof=1) * SESSIONS_PER_YEAR**0.5),
            "sharpe": sharpe(mine),
            "sharpe_low": low,
            "sharpe_high": high,
            "sharpe_before_costs": sharpe(self.before_costs),
            "max_drawdown": float(underwater(mine).min()),
            "days_up": float((mine > 0).mean()),
            "worst_day": float(mine.min()),
            "var_95": tail,
            "expected_shortfall_95": float(mine[mine <= tail].mean()),
            "turnover_per_session": float(self.turnover.to_numpy().mean()),
            "costs_per_year": float((self.before_costs - mine).mean() * SESSIONS_PER_YEAR),
            "paid_bps": self.paid_bps,
            "break_even_bps": self.break_even_bps,
            "gross_exposure": float(self.exposure["gross"].to_numpy().mean()),
            "net_exposure": float(self.exposure["net"].to_numpy().mean()),
            "fills": len(self.result.ledger),
        }
        for name in self.returns.columns.drop("strategy"):
            other = self.returns[name].to_numpy()
            numbers |= {f"{name}_sharpe": sharpe(other), f"{name}_total_return": float(np.prod(1 + other) - 1)}
            numbers |= {f"{name}_max_drawdown": float(underwater(other).min())}
            varies = min(mine.std(), other.std()) > 0
            numbers[f"{name}_correlation"] = float(np.corrcoef(mine, other)[0, 1]) if varies else None
        numbers = {name: None if value != value else value for name, value in numbers.items()}
        return numbers | {name: str(value) for name, value in self.result.attrs.items()}


def make_record(result: "Result", benchmark: "pd.Series | xr.DataArray | None" = None) -> Record:
    """Lay a Result beside 1/N and a benchmark.

    Parameters
    ----------
    result : Result
        With at least one fill and 42 sessions from it on.
    benchmark : Series or DataArray over dates, optional
        Levels, such as an index; the panel's `benchmark` without it, if it has one. It is held without costs.

    Returns
    -------
    Record
        1/N holds every asset that trades, rebalanced each 21 sessions, with the entry and the costs of the Result.

    Raises
    ------
    ValueError
        Without fills, with too few sessions, or where the benchmark lacks a session or is not above 0.
    """
    import pandas as pd

    if len(result.ledger) == 0:
        raise ValueError("the result has no fills: there is nothing to report")
    first = int(result.ledger["row"][0])
    dates = result.market.dates[first:]
    if len(dates) < SHORTEST:
        raise ValueError(
            f"the result has {len(dates)} sessions from its first fill on: give a longer one, at least {SHORTEST}"
        )
    columns = {"strategy": result.returns.iloc[first:], "1/N": _equal(result, first)}
    panel = result.market.panel
    if benchmark is None and "benchmark" in panel:
        benchmark = panel["benchmark"]
    if benchmark is not None:
        columns["benchmark"] = _benchmark_returns(benchmark, result.market.dates).iloc[first:]
    return Record(result, pd.DataFrame(columns, index=dates))


def _equal(result: "Result", first: int) -> "pd.Series":
    """Daily returns of 1/N, decided for the first time with the strategy."""
    import xarray as xr

    from dlcore.backtest.vectorized import run_vectorized

    market = result.market
    chosen = np.arange(max(first - 1, 0), len(market.dates), REBALANCE)
    trades = np.isfinite(market.close[chosen])
    weights = trades / np.maximum(trades.sum(axis=1, keepdims=True), 1)
    axes = {"date": market.dates[chosen], "asset": market.assets}
    rules = {"entry": market.entry, "capital": result.capital, "delisting_return": market.delisting_return}
    run = run_vectorized(xr.DataArray(weights, axes, ("date", "asset")), market.panel, result.model, **rules)
    return run.returns.iloc[first:]


def _benchmark_returns(benchmark: "pd.Series | xr.DataArray", dates: "pd.DatetimeIndex") -> "pd.Series":
    """Simple returns of levels, 0 on the first date."""
    import pandas as pd

    levels = benchmark if isinstance(benchmark, pd.Series) else benchmark.to_series()
    levels = levels.reindex(dates)
    wrong = ~(levels.to_numpy(dtype=float) > 0)
    if wrong.any():
        date = dates[int(np.argmax(wrong))]
        raise ValueError(f"benchmark={levels[date]} on {date:%F} is not allowed: give a level > 0 for every session")
    return levels.pct_change().fillna(0)
