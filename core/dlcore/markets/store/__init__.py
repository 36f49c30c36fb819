"""What has been imported or downloaded, kept: Parquet by year, a manifest, and never half of anything.

In come files of your own (`import_panel`) and sources on the network (`refresh`); out come Panels
(`load_panel("sp500")`) and answers to SQL (`query`). Rows that the schema refuses lie beside the others in a quarantine
on disk, each with its reason: nothing is dropped or filled in silence.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.markets.store.filling import RefreshReport as RefreshReport
    from dlcore.markets.store.importing import Imported as Imported
    from dlcore.markets.store.importing import import_panel as import_panel
    from dlcore.markets.store.reading import read_quarantine as read_quarantine
    from dlcore.markets.store.reading import read_store as read_store
    from dlcore.markets.store.reading import verify_store as verify_store
    from dlcore.markets.store.refreshing import refresh as refresh
    from dlcore.markets.store.sql import query as query

_HOMES = {
    "Imported": "importing",
    "RefreshReport": "filling",
    "import_panel": "importing",
    "query": "sql",
    "read_quarantine": "reading",
    "read_store": "reading",
    "refresh": "refreshing",
    "verify_store": "reading",
}

__all__ = [
    "Imported",
    "RefreshReport",
    "import_panel",
    "query",
    "read_quarantine",
    "read_store",
    "refresh",
    "verify_store",
]

__getattr__ = on_demand(__name__, _HOMES)
