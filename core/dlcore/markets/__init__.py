"""What happened: prices, real and simulated, as one labelled Panel, and the facts that all of them share.

In come names (`"us-large-20"`, `"simulated-sp500?ic=0"`), out come Panels: `xarray.Dataset`s with dims
`(date, asset)` whose dates are sessions of an exchange and whose attrs say where the numbers are from. Nothing here
looks for patterns; `stylized` only measures what any market shows.
"""

from typing import TYPE_CHECKING

from dlcore.doors import on_demand

if TYPE_CHECKING:
    from dlcore.markets.panel import check_panel as check_panel
    from dlcore.markets.sources import load_panel as load_panel

_HOMES = {"check_panel": "panel", "load_panel": "sources"}

__all__ = ["check_panel", "load_panel"]

__getattr__ = on_demand(__name__, _HOMES)
