"""Batches and files: windows for a net, and a stored panel on its way into a Dataset."""

import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.race import HERE, Peer, Row

if TYPE_CHECKING:
    import xarray as xr

BATCH, LENGTH, WIDTH = 4096, 60, 16
FIELDS = ("open", "high", "low", "close", "volume")


def windows(panel: "xr.Dataset") -> Row:
    """A shuffled batch of windows of 60 sessions and 16 features."""
    from dlcore.features import build_features, recipes
    from dlcore.windows import make_windows

    every = make_windows(build_features(panel, recipes.ENGINEERED_24[:WIDTH]), length=LENGTH)
    index = np.random.default_rng(0).permutation(len(every))[:BATCH]
    first = every.samples[index] - (LENGTH - 1)

    def check(answer: np.ndarray, theirs: Any) -> str:
        batch = theirs["batch"] if isinstance(theirs, dict) else theirs.numpy()
        np.testing.assert_array_equal(answer, batch)
        return "every number"

    peers = (
        Peer("qlib TSDataSampler", "qlib_windows", check, ratio=1 / 5),
        Peer("one window at a time, torch DataLoader", _loader(every.cube, first), check, ratio=1 / 15),
    )
    given = {"cube": every.cube, "first": first, "length": np.array(LENGTH)}
    return Row(f"batch of {len(index):,} windows, {LENGTH} × {WIDTH}", lambda: every.batch(index), peers, given, 0.004)


def _loader(cube: np.ndarray, first: np.ndarray) -> Any:
    """The way of the forecasting repositories: a Dataset that cuts one window, a DataLoader that stacks them."""

    def work() -> Any:
        import torch
        from torch.utils.data import DataLoader, Dataset

        rows = cube.reshape(-1, cube.shape[2])

        class OneByOne(Dataset):
            def __len__(self) -> int:
                return len(first)

            def __getitem__(self, sample: int) -> Any:
                return torch.from_numpy(rows[first[sample] : first[sample] + LENGTH])

        return next(iter(DataLoader(OneByOne(), batch_size=len(first))))

    return work


def stored(panel: "xr.Dataset") -> Row:
    """Parquet of the store to a checked Panel."""
    from dlcore.markets import load_panel
    from dlcore.markets.store import import_panel

    folder = HERE.parent / "build" / "benchmarks"
    shutil.rmtree(folder, ignore_errors=True)  # a store keeps what it held before for late readers, SQL would read both
    folder.mkdir(parents=True)
    os.environ["DLCORE_STORE"] = str(folder)
    rows = folder / "rows.parquet"
    panel[list(FIELDS)].to_dataframe().dropna().reset_index().rename(columns={"asset": "symbol"}).to_parquet(rows)
    import_panel(rows, "benchmark")
    files = str(folder / "benchmark" / "*.parquet")

    def check(answer: "xr.Dataset", theirs: dict) -> str:
        ordered = answer.sortby("asset")
        for name in FIELDS:
            np.testing.assert_array_equal(ordered[name].to_numpy(), theirs[name])
        return "every number"

    peers = (Peer("DuckDB pivot", "duckdb_pivot", check), Peer("pandas pivot", "pandas_pivot", check))
    return Row("stored panel to a Dataset", lambda: load_panel("benchmark"), peers, {"files": np.array(files)}, 0.2)
