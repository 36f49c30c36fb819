"""How good the probabilities were, on the days that were tested, beside what costs nothing to say.

In come probabilities, labels and prices, out comes one dictionary that JSON can hold: rank IC with errors that know
about overlap, by year and by horizon, direction beside its base rate, Brier score and calibration, baselines.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.production.inputs import survivorship

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.evaluation.summary import ICSummary
    from dlcore.production.config import Config

HORIZONS = (1, 5, 10, 21)


def judge(
    config: "Config", panel: "xr.Dataset", universe: "xr.DataArray", labels: "xr.Dataset", probability: "xr.DataArray"
) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    config : Config
        Its label says what was forecast.
    panel, universe, labels : (date, asset)
        On the same axes.
    probability : DataArray (date, asset)
        On the test dates, all of which the panel has.

    Returns
    -------
    dict
        Plain values; None where there is no number. `rank_ic` has the error of Hansen and Hodrick and their t,
        `t_newey_west` beside it; `baselines` are judged where the model has spoken, with the paired difference.

    Raises
    ------
    ValueError
        Where no label of a test date is known.
    """
    from dlcore.evaluation import brier_score, by_year, calibration_curve, direction_accuracy, summarize

    came = labels["value"].sel(date=probability["date"])
    if not (came.notnull() & probability.notnull()).any():
        raise ValueError("no label of the tested dates is known: give more sessions after walk_forward.train")
    horizon, ic = config.label.horizon, _rank_ic(probability, came)
    if np.isfinite(ic).sum() < 2:
        raise ValueError("fewer than two tested dates have ten names: give a longer walk or a larger universe")
    outcome = (came > config.label.above).astype(np.float64).where(came.notnull())
    curve = calibration_curve(probability, outcome)
    found = {
        "label": {"kind": config.label.kind, "horizon": horizon, "entry": config.label.entry},
        "tested": {"from": _day(ic, 0), "to": _day(ic, -1), "sessions": ic.sizes["date"], "names": int(_names(came))},
        "rank_ic": _summary(summarize(ic, horizon=horizon)),
        "by_year": _records(by_year(ic, horizon=horizon)[["mean", "t_hansen_hodrick", "hit_rate", "dates"]]),
        "decay": _decay(config, panel, universe, probability),
        "direction": asdict(direction_accuracy(probability - 0.5, came - config.label.above, horizon=horizon)),
        "brier": asdict(brier_score(probability, outcome)),
        "calibration": _records(curve),
        "baselines": _baselines(panel, probability, came, ic, horizon),
        "universe": survivorship(panel, config),
    }
    return plain(found)


def plain(value: Any) -> Any:
    """The same with Python's own numbers; None for what is not finite."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _rank_ic(scores: "xr.DataArray", came: "xr.DataArray") -> "xr.DataArray":
    from dlcore.evaluation import information_coefficient

    return information_coefficient(scores, came, method="spearman")


def _summary(found: "ICSummary") -> dict[str, Any]:
    """With the standard error that belongs to the quoted t."""
    error = abs(found.mean / found.t_hansen_hodrick) if found.t_hansen_hodrick else np.nan
    return {"mean": found.mean, "error": error, **{k: v for k, v in asdict(found).items() if k != "mean"}}


def _decay(
    config: "Config", panel: "xr.Dataset", universe: "xr.DataArray", probability: "xr.DataArray"
) -> list[dict[str, Any]]:
    from dlcore.evaluation import decay
    from dlcore.targets import forward_return

    terms = {"universe": universe, "delisting_return": config.label.delisting_return}
    wanted = sorted({*HORIZONS, config.label.horizon})
    returns = {h: forward_return(panel, h, config.label.entry, **terms)["value"] for h in wanted}
    judged = {h: value for h, value in returns.items() if np.isfinite(_rank_ic(probability, value)).sum() >= 2}
    return _records(decay(probability, judged, method="spearman")[["mean", "t_hansen_hodrick", "dates"]])


def _baselines(
    panel: "xr.Dataset", probability: "xr.DataArray", came: "xr.DataArray", ic: "xr.DataArray", horizon: int
) -> dict[str, Any]:
    """Yesterday's winners, and yesterday's losers, where the model has spoken and on the same days."""
    from dlcore.evaluation import mean_test, summarize

    close = panel["close"].transpose("date", "asset")
    past = (close / close.shift(date=horizon) - 1).sel(date=probability["date"]).where(probability.notnull())
    found = {}
    for name, scores in ((f"persistence_{horizon}", past), (f"reversal_{horizon}", -past)):
        theirs = _rank_ic(scores, came)
        edge = mean_test(ic - theirs, horizon=horizon)
        difference = {"difference": edge.mean, "difference_t_hansen_hodrick": edge.t_hansen_hodrick}
        found[name] = {"rank_ic": _summary(summarize(theirs, horizon=horizon)), **difference}
    return found


def _records(table: Any) -> list[dict[str, Any]]:
    return table.reset_index().to_dict("records")


def _names(came: "xr.DataArray") -> float:
    return came.notnull().any("date").sum().item()


def _day(ic: "xr.DataArray", place: int) -> str:
    return str(ic["date"].to_numpy()[place])[:10]
