"""Networks that say a price and a direction: tomorrow's price by way of its return, or as a level, side by side.

In come windows, and for prices the closes of the decision dates; out come prices. A level lies outside what was
trained on as soon as the price does; a return stays where it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import torch

from dlcore.models.neural import NeuralForecaster

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.windows import Windows

PRICE = "close"  # the feature that a level is a multiple of


@dataclass
class PricedForecaster(NeuralForecaster):
    """A price head and a direction head; the score is the return in either case.

    Parameters
    ----------
    target : {"return", "level"}
        What the price head learns: the label, or ``close · (1 + label)``, for which the close of the decision date must
        be among the features.
    """

    target: Literal["return", "level"] = "return"

    _heads: ClassVar[tuple[str, ...]] = ("return", "direction")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.target not in ("return", "level"):
            raise ValueError(f"target={self.target!r} is not allowed: give 'return' or 'level'")

    def predict_price(self, windows: "Windows", close: "xr.DataArray") -> "xr.DataArray":
        """Where the price will be at the end of the label: ``close · (1 + score)``.

        Parameters
        ----------
        windows : Windows
            As `predict`. Their labels are simple returns from the close of the decision date; from a later fill, the
            price is one that starts from this close instead.
        close : DataArray (date, asset)
            On the axes of the windows.

        Returns
        -------
        DataArray of float64 (date, asset)
            Named `price`, in units of `close`; NaN where there is no sample.

        Raises
        ------
        ValueError
            For closes on other axes, and as `predict`.
        """
        from dlcore.targets.masks import check_axes

        check_axes(close, windows.dates, windows.assets, "close")
        return (close.transpose("date", "asset") * (1 + self.predict(windows))).rename("price").drop_attrs()

    def _score(self, windows: "Windows", state: Mapping[str, np.ndarray]) -> np.ndarray:
        said = super()._score(windows, state)
        return said if self.target == "return" else said / _closes(windows).double().cpu().numpy() - 1

    def _wanted(self, windows: "Windows", head: str) -> torch.Tensor:
        wanted = super()._wanted(windows, head)
        return wanted if head != "return" or self.target == "return" else _closes(windows) * (1 + wanted)


def _closes(windows: "Windows") -> torch.Tensor:
    """The close of each sample's decision date, (samples,)."""
    if PRICE not in windows.feature_names:
        raise ValueError(f"target='level' needs the feature {PRICE!r}: add it, or learn the return")
    return torch.as_tensor(windows.last_rows())[:, windows.feature_names.index(PRICE)]
