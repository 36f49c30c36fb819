"""Why a name has no opinion today: the first reason that holds, in words.

In come what a run stands on, out comes one text for each asset, empty where nothing speaks against it.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.production.inputs import members, traded_value

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.production.config import Config


def exclusion_reasons(
    config: "Config", panel: "xr.Dataset", universe: "xr.DataArray", features: "xr.Dataset"
) -> list[str]:
    """Reasons as of the newest date.

    Parameters
    ----------
    config : Config
        Its universe and the model's window.
    panel, universe, features : (date, asset)
        On the same axes.

    Returns
    -------
    list of str
        One for each asset, in their order: not a member, not traded at the last session, too little traded value,
        warm-up, a gap; "" for those that can be scored.
    """
    close: np.ndarray = panel["close"].transpose("date", "asset").to_numpy()
    member = members(panel, config)
    inside = np.ones(close.shape[1], bool) if member is None else member.to_numpy()[-1]
    counted = universe.transpose("date", "asset").to_numpy()[-1]
    worth = traded_value(panel).to_numpy()[-1] if config.universe.traded_value > 0 else np.zeros(close.shape[1])
    lacking = _lacking(features, config.model.length)
    dates = panel.indexes["date"]

    def reason(i: int) -> str:
        if not inside[i]:
            return f"not a member on {dates[-1]:%F}"
        traded = np.flatnonzero(np.isfinite(close[:, i]))
        if np.isnan(close[-1, i]):
            ever = f"last on {dates[traded[-1]]:%F}" if len(traded) else "never before"
            return f"did not trade on {dates[-1]:%F}, {ever}"
        if not counted[i]:
            known = f"{worth[i]:.3g}" if np.isfinite(worth[i]) else "unknown"
            return f"traded value {known} is below {config.universe.traded_value:g}"
        return _why_lacking(features, lacking[i], close[:, i], config.model.length) if lacking[i] else ""

    return [reason(i) for i in range(close.shape[1])]


def _lacking(features: "xr.Dataset", length: int) -> list[list[str]]:
    """Features of each asset that are not known on every session of the newest window."""
    newest = features.isel(date=slice(-length, None)).transpose("date", "asset")
    unknown = {str(name): newest[name].isnull().any("date").to_numpy() for name in newest.data_vars}
    return [[name for name, missing in unknown.items() if missing[i]] for i in range(features.sizes["asset"])]


def _why_lacking(features: "xr.Dataset", names: list[str], close: np.ndarray, length: int) -> str:
    """Warm-up where the asset is too young, a gap where it has one, by the feature that needs most."""
    warm_up = {name: int(features[name].attrs.get("warm_up", 0)) for name in names}
    longest = max(warm_up, key=warm_up.__getitem__)
    needed = warm_up[longest] + length
    traded = np.flatnonzero(np.isfinite(close))
    since = len(close) - traded[0]
    if since < needed:
        return f"warm-up: {since} sessions since its first trade, {longest} needs {needed}"
    gaps = traded[0] + np.flatnonzero(np.isnan(close[traded[0] :]))
    if len(gaps) and gaps[-1] >= len(close) - needed:
        return f"gap: no trade on {str(features['date'].to_numpy()[gaps[-1]])[:10]}, {longest} needs {needed} sessions"
    return f"{names[0]} is not known"
