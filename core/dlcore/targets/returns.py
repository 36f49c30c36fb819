"""What a stock earns from the next session on, as a number and as a class.

In comes a Panel, out come Labels. Every label of this room takes the same terms: how long, from which fill, for whom,
and what a delisting pays.
"""

from typing import TYPE_CHECKING

import numpy as np

from dlcore.targets.trades import find_trades, label_dataset

if TYPE_CHECKING:
    import xarray as xr


def forward_return(
    panel: "xr.Dataset",
    horizon: int = 5,
    entry: str = "next_open",
    *,
    universe: "xr.DataArray | None" = None,
    delisting_return: float = 0.0,
) -> "xr.Dataset":
    """Simple return of a share bought on the session after the decision and sold `horizon` sessions later.

    Parameters
    ----------
    panel : Dataset (date, asset)
        A Panel; it is not changed.
    horizon : int
        Sessions from fill to fill, ≥ 1.
    entry : {"next_open", "next_close"}
        Decided at the close of t: open(t+1) to open(t+1+h), or close(t+1) to close(t+1+h).
    universe : DataArray of bool (date, asset), optional
        No label where it is False on the decision date; what happens to the membership later does not matter.
    delisting_return : float
        Simple return between the last close of a delisted stock and what its holder is paid, ≥ -1. Zero is an
        assumption: Shumway measured -.30 for companies that fail.

    Returns
    -------
    Dataset (date, asset)
        `value` float64; `start`, the session of the fill at t+1, and `end`, the session at whose close the label is
        known: cut the panel there and the label is the same. NaN and NaT where

        - the stock did not trade at t+1: the order is not filled;
        - the planned exit lies beyond the panel: such dates stay, they can be scored now and judged later.

        Where the stock does not trade on the planned session, it is sold at the next price it has, and `end` is that
        session. Where no price follows, and at least `delisted_after` (attrs, 20) sessions of the panel are without
        one, it is delisted: sold at its last close times 1 + `delisting_return`; `end` is then the session that made
        the silence that long, or the planned exit if that is later. A shorter silence at the end of the panel is not
        judged yet: NaN. A stock that returns after a longer one had not been delisted: then the label is a halt's.
        attrs: `label`, `horizon`, `entry`, `delisting_return`, `delisted_after`, `source`, `calendar`.

    Raises
    ------
    ValueError
        For a horizon, entry, return or universe that is not allowed, a panel without opens under next_open, and
        where `check_panel` refuses the panel.

    References
    ----------
    Shumway (1997), "The delisting bias in CRSP data", *Journal of Finance* 52.

    Examples
    --------
    Decided at the close of the first date, bought at the next open and sold five sessions later:

    >>> from dlcore.markets import load_panel
    >>> from dlcore.targets import forward_return
    >>> panel = load_panel("simulated-sp500?assets=10&sessions=30")
    >>> labels = forward_return(panel, horizon=5)
    >>> price = panel["open"].isel(asset=0)
    >>> bool(abs(labels["value"][0, 0] - (price[6] / price[1] - 1)) < 1e-12)
    True
    >>> int(labels["value"].isnull().all("asset").sum())  # the last dates have no answer yet
    6
    """
    trades = find_trades(panel, horizon, entry, universe=universe, delisting_return=delisting_return)
    attrs = {"label": "forward_return", "horizon": horizon, "entry": entry, "delisting_return": delisting_return}
    return label_dataset(panel, trades, trades.gain, attrs)


def direction(
    panel: "xr.Dataset",
    horizon: int = 5,
    entry: str = "next_open",
    *,
    universe: "xr.DataArray | None" = None,
    delisting_return: float = 0.0,
) -> "xr.Dataset":
    """Whether the forward return is above zero.

    Parameters
    ----------
    panel, horizon, entry, universe, delisting_return
        As in `forward_return`.

    Returns
    -------
    Dataset (date, asset)
        As `forward_return`; `value` is 1 above zero, 0 at zero or below, ready for a probability.

    Raises
    ------
    ValueError
        As `forward_return`.
    """
    labels = forward_return(panel, horizon, entry, universe=universe, delisting_return=delisting_return)
    value = labels["value"]
    return labels.assign(value=(value > 0).astype(np.float64).where(value.notnull())).assign_attrs(label="direction")


def three_class(
    panel: "xr.Dataset",
    horizon: int = 5,
    entry: str = "next_open",
    *,
    buy: float = 0.02,
    sell: float = -0.01,
    universe: "xr.DataArray | None" = None,
    delisting_return: float = 0.0,
) -> "xr.Dataset":
    """Buy, hold or sell, by two thresholds on the forward return.

    Parameters
    ----------
    panel, horizon, entry, universe, delisting_return
        As in `forward_return`.
    buy, sell : float
        Simple returns: above `buy` the class is +1, below `sell` -1, else 0; sell < buy.

    Returns
    -------
    Dataset (date, asset)
        As `forward_return`; `value` is +1, 0 or -1. attrs have `buy` and `sell` too.

    Raises
    ------
    ValueError
        For thresholds in the wrong order, and as `forward_return`.
    """
    if not sell < buy:
        raise ValueError(f"sell={sell} is not allowed: give a return below buy={buy}")
    labels = forward_return(panel, horizon, entry, universe=universe, delisting_return=delisting_return)
    value = labels["value"]
    classes = (value > buy).astype(np.float64) - (value < sell)
    attrs = {"label": "three_class", "buy": buy, "sell": sell}
    return labels.assign(value=classes.where(value.notnull())).assign_attrs(attrs)
