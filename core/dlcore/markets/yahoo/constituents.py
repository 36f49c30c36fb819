"""Who is in the S&P 500, and who was: read from the published page once a day, and kept with the date of reading.

In comes a folder, out come today's members and intervals of membership. Where the page cannot be read, the last
reading is used and says so.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dlcore.markets.store.places import store_root
from dlcore.markets.yahoo.manners import Manners, Refused, Unanswered, judge_status, persistent

if TYPE_CHECKING:
    import pandas as pd

PAGE = "https://en.wikipedia.org/wiki/List_of_S%26P_500_companies"
VARIABLE = "DLCORE_SP500_URL"
AGENT = "dlcore (reads this page once a day; python-requests)"


@dataclass(frozen=True)
class Constituents:
    """A reading of the page.

    Attributes
    ----------
    sectors : dict
        GICS sector of each of today's members, by its symbol at Yahoo (BRK-B), in the order of the page.
    membership : DataFrame
        `ticker` (BRK.B), `start_date`, `end_date`, as `membership_intervals` makes them.
    unexplained : list of str
        Changes on the page that do not fit together.
    read_at : str
        Date of the reading.
    weakness : str
        In one line: what a panel of today's members is not.
    """

    sectors: dict[str, str]
    membership: "pd.DataFrame"
    unexplained: list[str]
    read_at: str
    weakness: str


def sp500(folder: Path | None = None, manners: Manners | None = None) -> Constituents:
    """Today's members of the S&P 500 and intervals of membership.

    Parameters
    ----------
    folder : Path, optional
        Readings are kept in its folder `sp500`: two CSV files and a JSON file for each date. Without it, where
        ``load_panel("yahoo:sp500")`` keeps them: the folder ``.yahoo`` of `store_root`.
    manners : Manners, optional
        Patience with the page's server.

    Returns
    -------
    Constituents
        Of today's reading; or of the last one where the page cannot be had, which `weakness` then says.

    Raises
    ------
    ValueError
        Where the page cannot be had, or has changed, and nothing was read before.
    """
    manners = manners or Manners()
    place = (folder or store_root() / ".yahoo") / "sp500"
    today = f"{datetime.fromtimestamp(manners.clock(), UTC):%Y-%m-%d}"
    source = os.environ.get(VARIABLE) or PAGE
    if (place / f"{today}.json").is_file():
        return _kept(place, today, "")
    try:
        _keep(place, today, source, _page(source, manners))
    except (OSError, ValueError, Refused, Unanswered) as error:
        dates = sorted(file.stem for file in place.glob("*.json"))
        if not dates:
            raise ValueError(f"{source}: {error}: give {VARIABLE} a saved page, or name the symbols") from None
        return _kept(place, dates[-1], f"; the page could not be read on {today}: {error}")
    return _kept(place, today, "")


def _page(source: str, manners: Manners) -> str:
    """The page's HTML, from the network or a file."""
    import requests

    if "://" not in source:
        return Path(os.path.expanduser(source)).read_text(encoding="utf-8")

    def ask() -> requests.Response:
        try:
            response = requests.get(source, timeout=30, headers={"User-Agent": AGENT})
        except OSError as error:
            raise Unanswered(f"{type(error).__name__} instead of an answer") from None
        judge_status(response, manners.clock)
        return response

    response = persistent(ask, manners)
    if response.status_code >= 400:
        raise Refused(f"status {response.status_code}")
    return response.content.decode("utf-8", errors="replace")


def _keep(place: Path, date: str, source: str, html: str) -> None:
    """Write a reading; its JSON file comes last, so that what has one is whole."""
    from dlcore.markets.yahoo.page import read_page

    members, changes = read_page(html)
    told = {"read_at": date, "source": source, "sha256": hashlib.sha256(html.encode()).hexdigest()}
    texts = {
        f"{date}.constituents.csv": members.to_csv(index=False),
        f"{date}.changes.csv": changes.to_csv(index=False),
        f"{date}.json": json.dumps({**told, "members": len(members), "changes": len(changes)}, indent=1),
    }
    place.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        temporary = place / f".{name}.{os.getpid()}"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(place / name)


def _kept(place: Path, date: str, late: str) -> Constituents:
    """A reading that was kept."""
    import pandas as pd

    from dlcore.markets.yahoo.membership import membership_intervals

    plain = {"dtype": str, "keep_default_na": False}
    members = pd.read_csv(place / f"{date}.constituents.csv", **plain)
    members["date_added"] = pd.to_datetime(members["date_added"])
    changes = pd.read_csv(place / f"{date}.changes.csv", **plain)
    changes["date"] = pd.to_datetime(changes["date"])
    intervals, unexplained = membership_intervals(members, changes)
    symbols = members["ticker"].str.replace(".", "-", regex=False)
    return Constituents(
        dict(zip(symbols, members["sector"], strict=True)),
        intervals,
        unexplained,
        date,
        f"survivorship-biased: the {len(members)} members of the S&P 500 as read on {date}, without who left{late}",
    )
