"""What a strategy may see: everything up to today and nothing after, by construction.

In comes the panel, out comes one View per session. Its arrays are read-only windows of buffers into which each session
is copied only when it has closed: the future is not in them, neither through `.base` nor in any other way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False)
class View:
    """The close of one session.

    Attributes
    ----------
    fields : dict of name to array (sessions so far, assets) or (sessions so far,)
        Every variable of the panel, today in the last row; ``view["close"]`` is short for ``view.fields["close"]``.
    dates : array of datetime64 (sessions so far,)
        Today last.
    assets : array of str (assets,)
        Names, in the order of the columns.
    positions, weights : array (assets,)
        Shares held, and their value at the last close as fractions of net asset value.
    nav, cash : float
        After the close, in currency.
    """

    fields: dict[str, np.ndarray]
    dates: np.ndarray
    assets: np.ndarray
    positions: np.ndarray
    weights: np.ndarray
    nav: float
    cash: float

    def __getitem__(self, name: str) -> np.ndarray:
        """A field by its name."""
        if name not in self.fields:
            raise ValueError(f"the panel has no {name!r}: give one of {', '.join(sorted(self.fields))}")
        return self.fields[name]


class Past:
    """Buffers that grow by one session at a time."""

    def __init__(self, panel: "xr.Dataset") -> None:
        """Take note of the variables of a panel; nothing is copied yet."""
        axes = {name: [axis for axis in ("date", "asset") if axis in panel[name].dims] for name in panel.data_vars}
        self._source = {str(name): np.ascontiguousarray(panel[name].transpose(*axes[name]).to_numpy()) for name in axes}
        self._source["date"] = panel["date"].to_numpy()
        self._seen = {name: np.zeros_like(values) for name, values in self._source.items()}
        for buffer in self._seen.values():
            buffer.flags.writeable = False

    def sessions(self) -> Iterator[dict[str, np.ndarray]]:
        """Every variable up to each session in turn, `date` among them."""
        for t in range(len(self._source["date"])):
            for name, buffer in self._seen.items():
                buffer.flags.writeable = True
                buffer[t] = self._source[name][t]
                buffer.flags.writeable = False
            yield {name: buffer[: t + 1] for name, buffer in self._seen.items()}
