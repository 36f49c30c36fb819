"""The provider that the environment asks for: Yahoo itself, or a mirror or test server in its place.

In come two environment variables, out comes a provider whose files lie in the folder of the stores.
"""

import os

from dlcore.markets.store.places import store_root
from dlcore.markets.yahoo.manners import Manners
from dlcore.markets.yahoo.source import YahooProvider

VARIABLE = "DLCORE_YAHOO_URL"


def live_provider() -> YahooProvider:
    """The provider that the environment asks for.

    Returns
    -------
    YahooProvider
        Asks the mirror or test server in ``DLCORE_YAHOO_URL`` where that is set, without pauses between requests; else
        Yahoo itself. It keeps its files in the folder ``.yahoo`` of `store_root`.

    Raises
    ------
    ValueError
        For a ``DLCORE_YAHOO_URL`` that does not begin with http:// or https://.
    """
    url = os.environ.get(VARIABLE) or None
    if url and not url.startswith(("http://", "https://")):
        raise ValueError(f"{VARIABLE}={url} is not allowed: give such as http://127.0.0.1:8000")
    return YahooProvider(store_root() / ".yahoo", url, Manners(interval=0.0) if url else Manners())
