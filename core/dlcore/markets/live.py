"""A market from the network as a Panel, by way of its store: only what is missing is asked for.

In comes a name such as ``yahoo:AAPL``, out comes what the store holds once it is up to date. What did not come is
listed with its reason; where an older state stands in for it, its age is said too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcore.markets.downloads import Order, read_order

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from dlcore.markets.store.manifest import Manifest

SHOWN = 3  # reasons in one line


@dataclass(frozen=True)
class LiveSettings:
    """How to read a download, behind a question mark: ``"yahoo:^N225?calendar=XTKS"``.

    Attributes
    ----------
    calendar : str
        Code of an exchange as `sessions` knows it. ``auto`` takes the store's; a new one has it from the symbols, as
        `calendar_of` in `dlcore.markets.yahoo` says, or from the first dates, where these do not tell.
    """

    calendar: str = "auto"


def load_live(
    source: str, settings: LiveSettings, start: "pd.Timestamp | None" = None, end: "pd.Timestamp | None" = None
) -> "xr.Dataset":
    """Bring the store of a download up to date, and read it.

    Parameters
    ----------
    source : str
        Such as ``yahoo:AAPL,BTC-USD`` or ``yahoo:sp500``.
    settings : LiveSettings
        The calendar.
    start, end : Timestamp, optional
        First and last date to be had; the whole history without them. There may be more in the Panel.

    Returns
    -------
    Dataset (date, asset)
        A checked Panel of what was asked for, in that order; with a coordinate `sector` for an index. The source is
        asked for symbols on which it has not spoken since the last session, and for those wanted from an earlier date
        on. ``attrs["failures"]`` lists what did not come, with the reasons; ``attrs["stale"]`` of what an older state
        is given instead, and its age. Both are "none" otherwise.

    Raises
    ------
    ValueError
        As `download`; and where nothing is stored of any symbol, with the first reasons.
    TimeoutError, ModuleNotFoundError
        As `download`.
    """
    from dlcore.markets.store.reading import read_store
    from dlcore.markets.store.refreshing import refresh

    order = read_order(source, calendar=settings.calendar)
    first = "" if start is None else f"{start:%F}"
    manifest, failed = _manifest(order), {}
    if due := _due(order, manifest, first, end):
        said = refresh(order.store, order.provider, due, start=first, calendar=order.calendar, weakness=order.weakness)
        manifest, failed = _manifest(order), said.failed
    if manifest is None or not set(order.symbols) & set(manifest.symbols):
        failed = failed or {symbol: _reason(manifest, symbol) for symbol in order.symbols}
        raise ValueError(f"{source}: no prices for any of {len(order.symbols)} symbols: {_first(failed)}")
    panel = read_store(order.store)
    held = [symbol for symbol in order.symbols if symbol in panel.indexes["asset"]]
    panel = panel.sel(asset=held).assign_attrs(weakness=order.weakness, **_told(manifest, order.symbols, held))
    if order.sectors is None:
        return panel
    return panel.assign_coords(sector=("asset", np.array([order.sectors[symbol] for symbol in held])))


def _manifest(order: Order) -> "Manifest | None":
    from dlcore.markets.store.manifest import read_manifest
    from dlcore.markets.store.places import is_store, store_folder

    return read_manifest(store_folder(order.store)) if is_store(order.store) else None


def _due(order: Order, manifest: "Manifest | None", first: str, end: "pd.Timestamp | None") -> list[str]:
    """Symbols on which the source has not spoken, as far back as wanted and up to the last session."""
    import pandas as pd

    from dlcore.markets.calendar import last_session

    if manifest is None:
        return list(order.symbols)
    over = last_session(pd.Timestamp.now("UTC"), manifest.attrs["calendar"])
    last = f"{over if end is None else min(over, end):%F}"
    known = {symbol for symbol, said in manifest.answers.items() if said.first <= first and said.last >= last}
    return [symbol for symbol in order.symbols if symbol not in known and symbol not in manifest.renamed]


def _told(manifest: "Manifest", wanted: tuple[str, ...], held: list[str]) -> dict[str, str]:
    """What did not come, and how old it is where something stands in for it."""
    failed = {
        symbol: _reason(manifest, symbol) for symbol in wanted if symbol not in held or symbol in manifest.failures
    }
    old = {symbol: why for symbol, why in failed.items() if symbol in held}
    told = {"failures": "; ".join(f"{symbol}: {why}" for symbol, why in failed.items()) or "none", "stale": "none"}
    if old:
        ends = [manifest.symbols[symbol].last for symbol in old]
        to = min(ends) if len(set(ends)) == 1 else f"{min(ends)} to {max(ends)}"
        told["stale"] = f"{len(old)} of {len(held)} symbols as stored before, their last session {to}: {_first(old)}"
    return told


def _reason(manifest: "Manifest | None", symbol: str) -> str:
    if manifest and symbol in manifest.renamed:
        return f"is called {manifest.renamed[symbol]} now"
    return manifest.failures.get(symbol, "its rows are all in quarantine") if manifest else "nothing came"


def _first(failed: Mapping[str, str]) -> str:
    """The first reasons in one line."""
    more = "; …" if len(failed) > SHOWN else ""
    return "; ".join(f"{symbol}: {why}" for symbol, why in list(failed.items())[:SHOWN]) + more
