"""A store of its own for every test, and a source that plays what a test writes down."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pytest

from dlcore.markets.calendar import sessions
from dlcore.markets.provider import ROW_COLUMNS, Fetched


@pytest.fixture(autouse=True)
def root(tmp_path, monkeypatch):
    """No test sees the stores of this machine."""
    monkeypatch.setenv("DLCORE_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


class Scripted:
    """A provider over histories that a test may change between two calls."""

    name, licence, adjustment, source = "scripted", "none: invented", "nothing", "scripted, first edition"

    def __init__(self, histories: Mapping[str, pd.DataFrame], size: int = 2) -> None:
        self.histories, self.size = dict(histories), size
        self.asked: list[tuple[tuple[str, ...], str | None, str | None]] = []
        self.breaks_after: int | None = None

    def fetch(self, symbols, start, end) -> Iterator[Fetched]:
        self.asked.append((tuple(symbols), *(None if day is None else f"{day:%F}" for day in (start, end))))
        for i in range(0, len(symbols), self.size):
            if self.breaks_after == i // self.size:
                raise KeyboardInterrupt
            batch = symbols[i : i + self.size]
            frames = [self.histories[symbol] for symbol in batch if symbol in self.histories]
            rows = pd.concat(frames) if frames else pd.DataFrame(columns=list(ROW_COLUMNS))
            kept = pd.Series(True, rows.index)
            kept &= True if start is None else rows["date"] >= start
            kept &= True if end is None else rows["date"] <= end
            missing = {symbol: "404: no such symbol" for symbol in batch if symbol not in self.histories}
            yield Fetched(rows[kept], missing)


def invent(symbol: str, first: str = "2020-12-14", last: str = "2021-01-15", seed: int = 0) -> pd.DataFrame:
    """A history without splits and dividends."""
    days = sessions(first, last)
    level = 100 * np.exp(np.random.default_rng([seed, *symbol.encode()]).normal(0, 0.02, len(days)).cumsum())
    prices = {"open": level * 0.99, "high": level * 1.02, "low": level * 0.98, "close": level, "volume": 1e6}
    more = {"adj_close": level, "dividend": 0.0, "split": 1.0}
    return pd.DataFrame({"date": days, "symbol": symbol, **prices, **more})[list(ROW_COLUMNS)]


@pytest.fixture
def invented():
    return invent


@pytest.fixture
def scripted():
    return Scripted
