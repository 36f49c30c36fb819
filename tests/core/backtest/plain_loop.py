"""A backtest in plain Python: slow, one asset after the other, no array arithmetic; and small markets to run it on."""

import math
import statistics
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from dlcore.backtest import Costs, Stops
from dlcore.markets.calendar import sessions
from dlcore.markets.panel import check_panel

ATTRS = {
    "source": "drawn",
    "adjustment": "none",
    "licence": "MIT",
    "retrieved_at": "now",
    "calendar": "XNYS",
    "weakness": "survivorship-biased: drawn",
}
DATES = sessions("2015-01-02", "2016-12-30")


def make_panel(**fields: Any) -> xr.Dataset:
    """A panel of lists (dates, assets); assets are called A0, A1, …"""
    dates, assets = np.asarray(fields["close"]).shape
    axes = {"date": DATES[:dates], "asset": [f"A{i}" for i in range(assets)]}
    variables = {name: (("date", "asset"), np.asarray(values, dtype=float)) for name, values in fields.items()}
    return check_panel(xr.Dataset(variables, axes, ATTRS))


def draw_panel(rng: np.random.Generator, dates: int = 30, assets: int = 4, gaps: float = 0.1) -> xr.Dataset:
    """Random bars with missing days, late listings, delistings and missing opens."""
    overnight, intraday = np.exp(rng.normal(0, 0.03, (2, dates, assets)))
    close = 50 * rng.uniform(0.2, 3, assets) * np.cumprod(overnight * intraday, axis=0)
    opened = close / intraday
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0, 0.02, close.shape)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0, 0.02, close.shape)))
    volume = np.round(rng.uniform(0, 1e6, close.shape))
    silent = rng.uniform(size=close.shape) < gaps
    silent[-1] &= rng.uniform(size=assets) < 0.5
    for i in range(assets):
        if rng.uniform() < 0.3:
            silent[: rng.integers(1, dates // 2), i] = True
        if rng.uniform() < 0.3:
            silent[rng.integers(dates // 2, dates) :, i] = True
    silent[0, 0] = False  # never empty
    fields = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    for values in fields.values():
        values[silent] = np.nan
    opened[rng.uniform(size=close.shape) < gaps / 5] = np.nan
    return make_panel(**fields)


def draw_weights(rng: np.random.Generator, panel: xr.Dataset, gross: float = 0.5) -> xr.DataArray:
    """Long and short, some zero, some sessions without a decision."""
    values = rng.normal(size=panel["close"].shape) * (rng.uniform(size=panel["close"].shape) < 0.7)
    values *= gross / np.maximum(np.abs(values).sum(axis=1, keepdims=True), gross)
    values[rng.uniform(size=len(values)) < 0.3] = np.nan
    return panel["close"].copy(data=values).rename("weight")


@dataclass
class Plain:
    nav: list[float] = field(default_factory=list)
    cash: list[float] = field(default_factory=list)
    shares: list[list[float]] = field(default_factory=list)
    fills: list[tuple[int, int, float, float, float, str]] = field(default_factory=list)


@dataclass
class Position:
    shares: float = 0.0
    order: float = 0.0
    reason: str = "order"
    entry: float = math.nan
    best: float = math.nan
    age: int = 0
    barred: int = 0
    mark: float = math.nan


def plain_loop(
    weights: xr.DataArray,
    panel: xr.Dataset,
    costs: Costs,
    stops: Stops | None = None,
    *,
    entry: str = "next_open",
    sizing: str = "compounding",
    shares: str = "fractional",
    participation: float | None = None,
    unfilled: str = "cancel",
    delisting_return: float = 0.0,
    capital: float = 1e6,
) -> Plain:
    """What the docstrings promise, word for word."""
    rules = stops or Stops()
    bar: dict[str, list[list[float]]] = {str(name): panel[name].to_numpy().tolist() for name in panel.data_vars}
    wanted = weights.to_numpy().tolist()
    dates, assets = panel["close"].shape
    book = [Position() for _ in range(assets)]
    out, cash, nav = Plain(), capital, capital
    last = [max((t for t in range(dates) if not math.isnan(bar["close"][t][i])), default=dates) for i in range(assets)]

    def friction(t: int, i: int) -> float:
        """σ/√ADV of the latest 20-session window before t in which both are known."""
        for end in range(t - 1, -1, -1):
            window = range(max(end - 19, 0), end + 1)
            moves = [
                math.log(bar["close"][s][i] / bar["close"][s - 1][i])
                for s in window
                if s > 0 and not math.isnan(bar["close"][s][i]) and not math.isnan(bar["close"][s - 1][i])
            ]
            volumes = [bar["volume"][s][i] for s in window if not math.isnan(bar["volume"][s][i])]
            if len(moves) >= 5 and len(volumes) >= 5 and sum(volumes) > 0:
                return statistics.stdev(moves) / math.sqrt(statistics.fmean(volumes))
        return math.nan

    def trade(t: int, i: int, quantity: float, price: float, reason: str) -> None:
        nonlocal cash
        position = book[i]
        cost = 0.0
        if reason != "delisting":
            cost = abs(quantity) * price * (costs.bps + costs.half_spread_bps) / 10_000
            cost += abs(quantity) * costs.per_share
            if costs.impact:
                cost += abs(quantity) * price * costs.impact * friction(t, i) * math.sqrt(abs(quantity))
        after = position.shares + quantity
        if position.shares * after <= 0:
            position.entry, position.best, position.age = price, price, 0
        elif abs(after) > abs(position.shares):
            position.entry = (position.entry * position.shares + price * quantity) / after
        position.shares = after
        cash -= quantity * price + cost
        out.fills.append((t, i, quantity, price, cost, reason))

    def order(t: int, i: int) -> None:
        position, price = book[i], bar[entry.removeprefix("next_")][t][i]
        if position.order == 0 or math.isnan(price) or math.isnan(position.mark):
            return
        if costs.impact and math.isnan(friction(t, i)):
            return
        quantity = position.order
        if participation is not None:
            limit = participation * bar["volume"][t][i]
            limit = math.floor(limit) if shares == "whole" else limit
            quantity = math.copysign(min(abs(quantity), limit), quantity)
        if quantity != 0:
            trade(t, i, quantity, price, position.reason)
            position.order -= quantity

    def stop(t: int, i: int) -> None:
        position = book[i]
        if position.shares == 0 or not rules.within_bar:
            return
        opened, high, low = (bar[name][t][i] for name in ("open", "high", "low"))
        long = position.shares > 0
        levels = []
        if rules.loss is not None:
            levels.append((position.entry * (1 - rules.loss if long else 1 + rules.loss), "stop"))
        if rules.trailing is not None:
            levels.append((position.best * (1 - rules.trailing if long else 1 + rules.trailing), "trailing"))
        found = None
        if levels:
            level, reason = max(levels) if long else min(levels)
            if (opened <= level) if long else (opened >= level):
                found = (opened, reason)
        if rules.profit is not None and found is None:
            target = position.entry * (1 + rules.profit if long else 1 - rules.profit)
            if (opened >= target) if long else (opened <= target):
                found = (opened, "target")
        if levels and found is None and ((low <= level) if long else (high >= level)):
            found = (level, reason)
        if rules.profit is not None and found is None and ((high >= target) if long else (low <= target)):
            found = (target, "target")
        if found:
            position.barred = 1 if long else -1
            trade(t, i, -position.shares, *found)
            position.order = 0.0
        elif long:
            position.best = max(position.best, high)
        else:
            position.best = min(position.best, low)

    for t in range(dates):
        for i, position in enumerate(book):
            close = bar["close"][t][i]
            if not math.isnan(close):
                for event in (order, stop) if entry == "next_open" else (stop, order):
                    event(t, i)
                position.mark = close
            elif t == last[i] + 1 and position.shares != 0:
                trade(t, i, -position.shares, position.mark * (1 + delisting_return), "delisting")
            if unfilled == "cancel" or t > last[i]:
                position.order = 0.0
            position.age += position.shares != 0
        nav = cash + sum(position.shares * position.mark for position in book if position.shares)
        out.nav.append(nav)
        out.cash.append(cash)
        out.shares.append([position.shares for position in book])
        if not math.isnan(wanted[t][0]):
            base = capital if sizing == "fixed" else nav
            for position, weight in zip(book, wanted[t], strict=True):
                if position.barred * weight > 0:
                    weight = 0.0
                else:
                    position.barred = 0
                position.order = 0.0
                if not math.isnan(position.mark):
                    aim = weight * base / position.mark
                    position.order = (math.trunc(aim) if shares == "whole" else aim) - position.shares
                    position.reason = "order"
        for position in book:
            if rules.sessions is not None and position.shares != 0 and position.age >= rules.sessions:
                position.order, position.reason = -position.shares, "time"
                position.barred = 1 if position.shares > 0 else -1
    return out
