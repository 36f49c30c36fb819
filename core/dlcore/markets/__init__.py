"""What happened: prices, real and simulated, as one labelled Panel, and the facts that all of them share.

In come names (`"us-large-20"`, `"simulated-sp500?ic=0"`), out come Panels: `xarray.Dataset`s with dims
`(date, asset)` whose dates are sessions of an exchange and whose attrs say where the numbers are from. Nothing here
looks for patterns; `stylized` only measures what any market shows.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlcore.markets.panel import check_panel as check_panel
    from dlcore.markets.sources import load_panel as load_panel

_HOMES = {"check_panel": "panel", "load_panel": "sources"}

__all__ = ["check_panel", "load_panel"]


def __getattr__(name: str) -> Any:
    """Import the public names, and the files of this room, at first use (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
