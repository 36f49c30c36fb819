"""Windows: samples over (date, asset), their batches, and the way back from predictions to scores.

In come positions in the cube; out come batches, selections of the same samples, and DataArrays of scores. No method
looks at what the features mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.targets.masks import mask_values
from dlcore.windows.gather import gather

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, eq=False)
class Windows:
    """Samples (date, asset), dates first, each with the `length` sessions up to its date.

    Attributes
    ----------
    cube : array or tensor of float32 (assets, dates, features)
        Shared by all Windows that were selected from one another; NaN where a feature is.
    samples : array or tensor of int64 (samples,)
        Row of each sample in the cube laid flat, ``asset · dates + date``; on the cube's device.
    targets : array or tensor of float32 (samples,)
        Values of the labels, NaN where not known, or where there are no labels; on the cube's device.
    length : int
        Sessions in a window.
    dates, assets : Index
        All of the features' dates and assets, not only those with a sample.
    feature_names : tuple of str
        In the order of the cube.
    further : mapping of str to array or tensor of float32 (samples,)
        Values of further labels by name, as `targets`; empty where there are none.
    """

    cube: Any
    samples: Any
    targets: Any
    length: int
    dates: "pd.Index"
    assets: "pd.Index"
    feature_names: tuple[str, ...]
    further: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.samples)

    @property
    def asset_names(self) -> tuple[str, ...]:
        """The assets' names, in the order of the cube."""
        return tuple(map(str, self.assets))

    def batch(self, index: Any) -> Any:
        """Copy out some windows.

        Parameters
        ----------
        index : array of int (batch,) or slice
            Positions among the samples; negative ones count from the end.

        Returns
        -------
        array of float32 (batch, length, features)
            Oldest session first; never NaN.

        Raises
        ------
        IndexError
            For a position beyond the samples.
        """
        first = self.samples[index] - (self.length - 1)  # (B,)
        return gather(self.cube, first, self.length).reshape(-1, self.length, len(self.feature_names))

    def last(self, index: Any) -> Any:
        """Copy out the features of the decision date alone, for models of tables.

        Parameters
        ----------
        index : array of int (batch,) or slice
            As in `batch`.

        Returns
        -------
        array of float32 (batch, features)
            ``batch(index)[:, -1]``.
        """
        return self.cube.reshape(-1, len(self.feature_names))[self.samples[index]]  # (N·T, F) to (B, F)

    def last_rows(self) -> Any:
        """Features of the decision date of every sample, (samples, features)."""
        return self.last(slice(None))

    def select(self, mask: "xr.DataArray") -> "Windows":
        """Keep the samples of a mask, such as a fold's.

        Parameters
        ----------
        mask : DataArray of bool (date, asset)
            On the axes of the features.

        Returns
        -------
        Windows
            On the same cube. A window may reach back before the mask's first date: features of the past are known.

        Raises
        ------
        ValueError, TypeError
            For other axes or dtype.
        """
        return self._keep(mask_values(mask, self.dates, self.assets, "mask")[self._places()])

    def labelled(self) -> "Windows":
        """Keep the samples whose target is known: those that one can learn from."""
        return self._keep(np.isfinite(_to_numpy(self.targets)))

    def batches(self, size: int, *, rng: np.random.Generator | None = None) -> Iterator[np.ndarray]:
        """Cut the samples into batches: ``for index in windows.batches(256): windows.batch(index)``.

        Parameters
        ----------
        size : int
            Samples in a batch, ≥ 1; the last batch has what is left.
        rng : Generator, optional
            Shuffles; each pass draws a new order from it. Without it the order is that of the samples.

        Yields
        ------
        array of int64 (batch,)
            Each sample once.

        Raises
        ------
        ValueError
            For a size below 1.
        """
        if size < 1:
            raise ValueError(f"size={size} is not allowed: give an integer ≥ 1")
        order = np.arange(len(self)) if rng is None else rng.permutation(len(self))
        return (order[start : start + size] for start in range(0, len(self), size))

    def by_date(self) -> Iterator[np.ndarray]:
        """Cut the samples into cross-sections, for losses and models that compare the assets of one date.

        Yields
        ------
        array of int64 (assets with a sample on that date,)
            Oldest date first; dates without a sample are left out.
        """
        rows, _ = self._places()
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        return (np.arange(start, end) for start, end in pairwise([*starts, len(self)]))

    def to_scores(self, values: Any) -> "xr.DataArray":
        """Put one number per sample back on the axes.

        Parameters
        ----------
        values : array or tensor (samples,) or (samples, 1)
            In the order of the samples; higher is better.

        Returns
        -------
        DataArray of float64 (date, asset)
            Named `score`; all dates and assets, NaN where there is no sample.

        Raises
        ------
        ValueError
            For another number of values than samples.
        """
        import xarray as xr

        values = _to_numpy(values)
        if values.shape not in ((len(self),), (len(self), 1)):
            raise ValueError(
                f"values of shape {values.shape} are not allowed: give one for each of {len(self)} samples"
            )
        scores = np.full((len(self.dates), len(self.assets)), np.nan)
        scores[self._places()] = values.reshape(-1)
        return xr.DataArray(scores, {"date": self.dates, "asset": self.assets}, ("date", "asset"), "score")

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Row of the date and column of the asset of each sample, (samples,) each."""
        columns, rows = np.divmod(_to_numpy(self.samples), len(self.dates))
        return rows, columns

    def _keep(self, kept: np.ndarray) -> "Windows":
        """The samples where `kept` (samples,) is True."""
        further = {name: values[kept] for name, values in self.further.items()}
        return replace(self, samples=self.samples[kept], targets=self.targets[kept], further=further)


def _to_numpy(values: Any) -> np.ndarray:
    """An array, or a tensor from whatever device, as an array."""
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
