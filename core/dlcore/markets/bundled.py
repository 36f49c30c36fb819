"""Three real data sets that come inside other packages, read as files: importing those packages takes seconds.

In come no arguments, out come Panels. Each reader says in attrs what its file is and what is wrong with it.
"""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcore.markets.panel import build_panel

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FIELDS = ["open", "high", "low", "close", "volume"]


def us_large_20() -> "xr.Dataset":
    """Twenty large US stocks, adjusted close, 1990-01-02 to 2022-12-28, and the S&P 500 index as `benchmark`.

    Returns
    -------
    Dataset (date, asset)
        8,313 × 20, `close` in US dollars of the last day, `benchmark` (date,) in index points; nothing is missing.

    Raises
    ------
    ModuleNotFoundError
        Where skfolio is not installed.
    """
    prices = _read("skfolio", "datasets/data/sp500_dataset.csv.gz", date="Date")
    index = _read("skfolio", "datasets/data/sp500_index.csv.gz", date="Date")
    attrs = {
        "source": "skfolio, datasets/data/sp500_dataset.csv.gz and sp500_index.csv.gz",
        "adjustment": "close for splits and dividends; benchmark is the price index, without dividends",
        "licence": "BSD-3-Clause (skfolio); for testing and examples, not authoritative",
        "retrieved_at": f"skfolio {version('skfolio')}",
        "calendar": "XNYS",
        "weakness": "survivorship-biased: 20 companies picked because they were large at the end; three decimals, "
        "so that one tick of AAPL is 0.4 % of its price in 1990",
    }
    return build_panel({"close": prices}, attrs, per_date={"benchmark": index["SP500"].astype(np.float64)})


def us_tech_5() -> "xr.Dataset":
    """AAPL, FB, GOOG, IBM and MSFT with open, high, low, close and volume, 2000-03-01 to 2013-03-01.

    Prices are the traded ones times `adjustment` = adjusted close / close. Volume is as reported, in shares of its day:
    traded value is ``close / adjustment · volume``.

    Returns
    -------
    Dataset (date, asset)
        3,270 × 5; NaN before a stock was listed (GOOG 2004-08-19, FB 2012-05-18).

    Raises
    ------
    ModuleNotFoundError
        Where bokeh_sampledata is not installed.
    """
    long = _read("bokeh_sampledata", "_data/stocks.csv.gz", date="Date").reset_index()
    wide = long.pivot(index="Date", columns="Ticker")  # noqa: PD010 -- a duplicate must raise, not be averaged
    factor = wide["Adj Close"] / wide["Close"]
    frames = {name: wide[name.capitalize()] * factor for name in FIELDS[:4]}
    attrs = {
        "source": "bokeh_sampledata, _data/stocks.csv.gz (Quandl WIKI prices)",
        "adjustment": "prices for splits and dividends, also those after 2013; volume as reported",
        "licence": "public domain (Quandl WIKI), as recorded in bokeh_sampledata",
        "retrieved_at": f"bokeh_sampledata {version('bokeh_sampledata')}",
        "calendar": "XNYS",
        "weakness": "survivorship-biased: five companies picked because they had won; volume jumps at splits",
    }
    return build_panel({**frames, "volume": wide["Volume"], "adjustment": factor}, attrs)


def indices() -> "xr.Dataset":
    """S&P 500 and NASDAQ Composite with open to volume, 1999–2018, and the VIX's close, 2014 to 2019-01-03.

    Returns
    -------
    Dataset (date, asset)
        5,033 × 3 in index points, VIX in percent a year; NaN outside each one's period, VIX has `close` only.

    Raises
    ------
    ModuleNotFoundError
        Where arch is not installed.
    ValueError
        If a VIX row outside the calendar held a value: it would have nowhere to go.
    """
    import pandas as pd

    sp500, nasdaq = (
        _read("arch", f"data/{name}/{name}.csv.gz", date="Date").rename(columns=str.lower)
        for name in ("sp500", "nasdaq")
    )
    vix, skipped = _vix()
    halted = nasdaq.index[nasdaq["volume"] == 0]  # the index was quoted, so a volume of zero is a missing one
    nasdaq.loc[halted, "volume"] = np.nan
    each = {"SP500": sp500, "NASDAQ": nasdaq, "VIX": vix}
    frames = {
        field: pd.DataFrame({name: file[field] for name, file in each.items() if field in file}) for field in FIELDS
    }
    attrs = {
        "source": "arch, data/sp500, data/nasdaq (Yahoo Finance) and data/vix (FRED)",
        "adjustment": "none needed: price indices, without dividends",
        "licence": "NCSA (arch)",
        "retrieved_at": f"arch {version('arch')}",
        "calendar": "XNYS",
        "weakness": "not tradable; the S&P 500's open is a stale copy of the last close on 96 % of days to 2005 and 40 "
        "% of all; NASDAQ volume 0 in the file, NaN here: " + ", ".join(f"{day:%Y-%m-%d}" for day in halted),
        "skipped_rows": f"{len(skipped)} VIX rows without a value on days when the exchange was closed: "
        + ", ".join(f"{day:%Y-%m-%d}" for day in skipped),
    }
    return build_panel(frames, attrs)


def not_installed(package: str) -> str:
    """What to say, and to do, where a package is missing."""
    return f"{package} is not installed: pip install dlcore[data]"


def _vix() -> "tuple[pd.DataFrame, pd.DatetimeIndex]":
    """The VIX, and the dates of its rows on closed days, which must be empty."""
    import pandas as pd

    from dlcore.markets.calendar import sessions

    vix = _read("arch", "data/vix/vix.csv.gz", date="Date").rename(columns={"vix": "close"})  # FRED writes "." for none
    vix["close"] = pd.to_numeric(vix["close"].replace(".", None))
    skipped = vix.index.difference(sessions(vix.index[0], vix.index[-1]))
    if vix.loc[skipped, "close"].notna().any():
        raise ValueError(f"VIX has values on {list(skipped[vix.loc[skipped, 'close'].notna()])}, which are no sessions")
    return vix.drop(skipped), pd.DatetimeIndex(skipped)


def _read(package: str, path: str, *, date: str) -> Any:
    """A DataFrame of a CSV inside an installed package, by date, without importing the package.

    Annotated Any because pandas types every column as Series or DataFrame.
    """
    import pandas as pd

    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(not_installed(package), name=package)
    file = Path(found.submodule_search_locations[0]) / path
    if not file.is_file():
        raise FileNotFoundError(f"{package} {version(package)} has no {path}: pip install --upgrade dlcore[data]")
    frame = pd.read_csv(file)
    frame[date] = pd.to_datetime(frame[date])
    return frame.set_index(date).sort_index()
