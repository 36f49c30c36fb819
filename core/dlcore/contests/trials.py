"""The ledger of everything that was tried: without it no Sharpe ratio can be judged.

One file for each configuration, named by its content: trying the same again is no new trial, and two processes that
write side by side cannot lose each other's rows.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.evaluation import deflated_sharpe

if TYPE_CHECKING:
    import pandas as pd

    from dlcore.evaluation.series import Series


class Trials:
    """A folder of tried configurations and their Sharpe ratios.

    Parameters
    ----------
    folder : str or Path
        Made when the first trial is recorded.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def record(self, arena: str, configuration: Mapping[str, Any], sharpe: float) -> Path:
        """Write one trial; the same configuration again replaces its number and is not counted twice.

        Parameters
        ----------
        arena : str
            Where it was tried.
        configuration : mapping
            Whatever was chosen, as JSON can hold it.
        sharpe : float
            Annual, net of costs. NaN where there was no portfolio: it counts as tried, not for the variance.

        Returns
        -------
        Path
            The file.
        """
        chosen = json.dumps({"arena": arena, "configuration": dict(configuration)}, sort_keys=True, allow_nan=False)
        name = hashlib.sha256(chosen.encode()).hexdigest()[:16]
        sharpe_text = None if np.isnan(sharpe) else float(sharpe)
        return write_row(self.folder / arena / f"{name}.json", json.loads(chosen) | {"sharpe": sharpe_text})

    def table(self, arena: str) -> "pd.DataFrame":
        """All trials of an arena: `configuration` (JSON) and `sharpe`."""
        import pandas as pd

        rows = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((self.folder / arena).glob("*.json"))]
        return pd.DataFrame(
            {
                "configuration": pd.Series([json.dumps(row["configuration"]) for row in rows], dtype="str"),
                "sharpe": np.array([np.nan if row["sharpe"] is None else row["sharpe"] for row in rows], dtype=float),
            }
        )

    def deflated(self, arena: str, returns: "Series") -> float:
        """Probability that a strategy's Sharpe ratio is more than the best of this arena's trials shows by luck.

        Parameters
        ----------
        arena : str
        returns : Series, DataArray or array (n,)
            Net daily returns of the strategy that was chosen.

        Returns
        -------
        float
            As `dlcore.evaluation.deflated_sharpe`; NaN with fewer than two trials, which have no spread.
        """
        ratios = self.table(arena)["sharpe"].dropna().to_numpy()
        if len(ratios) < 2:
            return float("nan")
        return deflated_sharpe(returns, trials=len(ratios), variance=float(np.var(ratios, ddof=1)))


def write_row(path: Path, row: Mapping[str, Any]) -> Path:
    """Write one JSON file aside and rename it: a reader finds the old row or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps(row, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    aside.replace(path)
    return path
