"""What a run stands on: the market, who may be held in it, what is known of them, and what came.

In comes a Config, out come the Panel, the universe by date, features and labels, all on the same axes.
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from dlcore.production.config import Config

LIQUIDITY_SESSIONS = 20


def open_panel(config: "Config") -> "xr.Dataset":
    """Load the market of a config, to its newest close where no end is given."""
    from dlcore.markets import load_panel

    return load_panel(config.data.market, config.data.start, config.data.end)


def panel_fingerprint(panel: "xr.Dataset") -> str:
    """SHA-256 of the axes and of every number of a Panel."""
    digest = hashlib.sha256()
    for axis in ("date", "asset"):
        digest.update("\n".join(map(str, panel[axis].to_numpy())).encode())
    for name in sorted(map(str, panel.data_vars)):
        digest.update(name.encode())
        digest.update(panel[name].to_numpy().tobytes())
    return digest.hexdigest()


def traded_value(panel: "xr.Dataset") -> "xr.DataArray":
    """Mean of close × volume over the last 20 sessions with a trade among them, in currency.

    Parameters
    ----------
    panel : Dataset (date, asset)
        With `volume`.

    Returns
    -------
    DataArray (date, asset)
        NaN where fewer than half of the sessions had a trade.

    Raises
    ------
    ValueError
        For a panel without volume.
    """
    if "volume" not in panel:
        raise ValueError("the panel has no volume: leave universe.traded_value and portfolio.participation out")
    worth = (panel["close"] * panel["volume"]).transpose("date", "asset")
    return worth.rolling(date=LIQUIDITY_SESSIONS, min_periods=LIQUIDITY_SESSIONS // 2).mean()


def members(panel: "xr.Dataset", config: "Config") -> "xr.DataArray | None":
    """Who was a member by date, or None where the config has no table of members."""
    from dlcore.markets.universe import member_mask, read_membership

    table = config.universe.membership
    return None if table is None else member_mask(panel, read_membership(table))


def make_universe(panel: "xr.Dataset", config: "Config") -> "xr.DataArray":
    """Who may be counted on a date: members by date where a table says so, and liquid enough.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel.
    config : Config
        Its `universe`.

    Returns
    -------
    DataArray of bool (date, asset)

    Raises
    ------
    ValueError
        Where nobody is left on any date, and as `read_membership`, `member_mask` and `traded_value`.
    """
    import xarray as xr

    close = panel["close"].transpose("date", "asset")
    member = members(panel, config)
    mask = xr.ones_like(close, dtype=bool).drop_attrs() if member is None else member
    if config.universe.traded_value > 0:
        mask = mask & (traded_value(panel) >= config.universe.traded_value)
    if not (mask & close.notnull()).any():
        raise ValueError(
            f"the universe is empty: universe.traded_value={config.universe.traded_value:g}, "
            f"universe.membership={config.universe.membership or 'none'} leave no name on any date"
        )
    return mask.rename("universe")


def survivorship(panel: "xr.Dataset", config: "Config") -> str:
    """What is to be said of the universe beside every number."""
    if config.universe.membership is not None:
        return f"members by date from {config.universe.membership}"
    if str(panel.attrs["source"]).startswith("simulated by dlcore"):
        return "simulated: nobody was left out"
    weakness = str(panel.attrs.get("weakness", ""))
    return weakness if "survivorship" in weakness else "survivorship-biased: membership by date is not known"


def feature_names(config: "Config") -> tuple[str, ...]:
    """Columns of all recipes and further ones, each once, in this order."""
    from dlcore.features import recipes

    names = (name for recipe in config.features.recipes for name in getattr(recipes, recipe))
    return tuple(dict.fromkeys((*names, *config.features.columns)))


def make_features(panel: "xr.Dataset", config: "Config", universe: "xr.DataArray") -> "xr.Dataset":
    """Compute the features of a config; as `build_features`, which refuses columns that it does not know."""
    from dlcore.features.recipes import build_features

    return build_features(panel, feature_names(config), universe)


def make_labels(panel: "xr.Dataset", config: "Config", universe: "xr.DataArray") -> "xr.Dataset":
    """What is forecast, with its intervals: `value`, `start`, `end` (date, asset)."""
    from dlcore import targets

    terms = config.label
    make = getattr(targets, terms.kind)
    return make(panel, terms.horizon, terms.entry, universe=universe, delisting_return=terms.delisting_return)
