"""Walk-forward: learn on the past, test on what came after it, with no label in both.

In come Labels with their intervals; out come folds as masks over (date, asset), or positions for scikit-learn. A label
is purged by the interval it uses, one sample at a time: halts and delistings give neighbours on one date different
ends, so neither a count of rows nor one end per date can say which of them reach into the test period.
"""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlcore.targets.intervals import check_labels, known_before, reaching

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Fold:
    """Who learns, who stops the learning, who judges: masks of bool (date, asset).

    Attributes
    ----------
    train : DataArray
        Labels known before the validation period, or before the test period where there is none.
    validation : DataArray or None
        The last sessions of the training period, labels known before the test period.
    test : DataArray
        Every asset on every date of the test period, also where the label is NaN: whether an order will be filled, or
        a label ever known, is not known when the score is due.
    """

    train: "xr.DataArray"
    validation: "xr.DataArray | None"
    test: "xr.DataArray"


@dataclass(frozen=True)
class WalkForward:
    """A plan of training and test periods; all arguments count sessions, that is rows of the labels.

    Test periods follow one another without a gap from the first date on that leaves room for training; the last one may
    be shorter. Before each test period lie `embargo` sessions that no training or validation label may touch; the
    labels that would are purged. Between training and validation it is the same.

    Parameters
    ----------
    train : int
        Sessions of the first training period, ≥ 1; of every one where `window` is "rolling".
    test : int
        Sessions of a test period, ≥ 1.
    window : {"expanding", "rolling"}
        Whether training always begins with the first date, or moves along.
    embargo : int
        Sessions between the last training label's end and the test period, ≥ 0. Purging alone is 0.
    validation : int
        Sessions at the end of each training period that are kept for early stopping, ≥ 0 and < train.
    final : int
        Sessions at the end that no fold ever sees, ≥ 0: labels whose interval reaches them are not tested either.
        `final_fold` opens them; do it once, and write it into the ledger of trials.

    Raises
    ------
    ValueError
        For a number or window that is not allowed.

    Examples
    --------
    Labels reach six sessions ahead, and five more are kept free before the first date that is judged:

    >>> from dlcore.markets import load_panel
    >>> from dlcore.targets import WalkForward, forward_return
    >>> labels = forward_return(load_panel("simulated-sp500?assets=10&sessions=200"), horizon=5)
    >>> folds = WalkForward(train=100, test=40, embargo=5).folds(labels)
    >>> train, test = (mask.any("asset").values.nonzero()[0] for mask in (folds[0].train, folds[0].test))
    >>> len(folds), int(train[-1]), int(test[0])
    (3, 93, 105)
    """

    train: int
    test: int
    _: KW_ONLY
    window: Literal["expanding", "rolling"] = "expanding"
    embargo: int = 0
    validation: int = 0
    final: int = 0

    def __post_init__(self) -> None:
        """Refuse plans that no labels could follow."""
        for name, least in (("train", 1), ("test", 1), ("embargo", 0), ("validation", 0), ("final", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise ValueError(f"{name}={value!r} is not allowed: give a number of sessions, an integer ≥ {least}")
        if self.validation + self.embargo >= self.train and self.validation:
            raise ValueError(
                f"validation={self.validation} is not allowed: with embargo={self.embargo} give less than "
                f"train - embargo = {self.train - self.embargo} sessions"
            )
        if self.window not in ("expanding", "rolling"):
            raise ValueError(f"window={self.window!r} is not allowed: give 'expanding' or 'rolling'")

    def folds(self, labels: "xr.Dataset") -> list[Fold]:
        """Cut the dates into folds, oldest first; the final period is in none.

        Parameters
        ----------
        labels : Dataset (date, asset)
            `value`, `start`, `end`, as every function of this room returns them; ends may be in any order.

        Returns
        -------
        list of Fold
            At least one; a test period all of whose labels reach into the final one makes no fold.

        Raises
        ------
        ValueError
            If the dates are too few for one fold, a training or validation set is empty after the purge, or the
            labels are no labels.
        """
        check_labels(labels)
        stop = labels.sizes["date"] - self.final
        first = self.train + self.embargo
        if first + self.test > stop:
            raise ValueError(
                f"{labels.sizes['date']} sessions are too few for one fold: train={self.train}, test={self.test}, "
                f"embargo={self.embargo} and final={self.final} need {first + self.test + self.final}"
            )
        cuts = [self._fold(labels, row, min(row + self.test, stop), stop) for row in range(first, stop, self.test)]
        kept = [fold for fold in cuts if fold.test.any()]
        if not kept:
            raise ValueError(
                f"every test label reaches into the final period: give less than train={self.train} or "
                f"final={self.final} sessions, or labels with a shorter horizon"
            )
        return kept

    def final_fold(self, labels: "xr.Dataset") -> Fold:
        """Open the final period: what lies before it, or the last `train` sessions of that if rolling, is for training.

        Nothing here can know whether it was opened before. A result on it that led to any change is a result on test
        data: record the call in the ledger of trials, beside the configuration that was settled by `folds` alone.

        Parameters
        ----------
        labels : Dataset (date, asset)
            The same that `folds` saw.

        Returns
        -------
        Fold
            `test` is the final period.

        Raises
        ------
        ValueError
            If the plan has no final period, and as `folds`.
        """
        check_labels(labels)
        if not self.final:
            raise ValueError("final=0 leaves no final period: give WalkForward(final=…) a number of sessions")
        row = labels.sizes["date"] - self.final
        if row < self.train + self.embargo:
            raise ValueError(f"final={self.final} leaves {max(row, 0)} sessions before it: give fewer, or more dates")
        return self._fold(labels, row, row + self.final, row + self.final)

    def split(self, labels: "xr.Dataset") -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Positions for scikit-learn: ``cross_val_score(model, X, y, cv=list(plan.split(labels)))``.

        Parameters
        ----------
        labels : Dataset (date, asset)
            As in `folds`. Samples are the finite labels in C order, dates first: ``y = value[np.isfinite(value)]``, and
            likewise the rows of X.

        Yields
        ------
        train, test : array of int
            Positions among the samples; validation samples are in neither. Folds without a finite test label, at the
            newest dates, are left out.

        Raises
        ------
        ValueError
            As `folds`.
        """
        known = np.isfinite(labels["value"].transpose("date", "asset").to_numpy())
        for fold in self.folds(labels):
            train, test = (np.flatnonzero(mask.to_numpy()[known]) for mask in (fold.train, fold.test))
            if len(test):
                yield train, test

    def plot(self, labels: "xr.Dataset", axes: "Axes") -> None:
        """Draw the folds as bars over the dates, and the final period where there is one.

        Parameters
        ----------
        labels : Dataset (date, asset)
            As in `folds`.
        axes : Axes
            About 0.3 inches high for each fold.

        Raises
        ------
        ValueError
            As `folds`.
        """
        from dlcore.targets.diagram import draw_folds

        dates = labels.indexes["date"].to_numpy()
        draw_folds(axes, self.folds(labels), dates, dates[-self.final :] if self.final else dates[:0])

    def _fold(self, labels: "xr.Dataset", row: int, stop: int, closed: int) -> Fold:
        """The fold that tests rows `row` to `stop` (exclusive); what lies from row `closed` on is not seen."""
        import xarray as xr

        dates = labels.indexes["date"].to_numpy("datetime64[ns]")
        ends = labels["end"].transpose("date", "asset").to_numpy()  # (T, N)
        rows = np.arange(len(dates))[:, None]
        learn_from = row - self.embargo - self.train if self.window == "rolling" else 0
        judge_from = row - self.embargo - self.validation
        learn_to = judge_from - self.embargo if self.validation else judge_from
        masks = {
            "train": (rows >= learn_from) & known_before(ends, dates, learn_to),
            "validation": (rows >= judge_from) & known_before(ends, dates, row - self.embargo),
            "test": (rows >= row) & (rows < stop) & ~reaching(ends, dates, closed),
        }
        for name in ("train", "validation")[: 2 if self.validation else 1]:
            if not masks[name].any():
                raise ValueError(
                    f"no {name} label is left before the test period from {str(dates[row])[:10]}: give more than "
                    f"{name}={getattr(self, name)} sessions, or labels that are known earlier"
                )
        coordinates = {"date": labels["date"], "asset": labels["asset"]}
        train, validation, test = (xr.DataArray(m, coordinates, ("date", "asset"), n) for n, m in masks.items())
        return Fold(train, validation if self.validation else None, test)
