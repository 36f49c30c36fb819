"""The line to Yahoo that yfinance is given: paced, patient, and open to a mirror.

In come yfinance's own requests; a chart that comes out has status and JSON in order, or an error has said why not.
yfinance would swallow both, and ask twice.
"""

import socket
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from dlcore.markets.yahoo.manners import Manners, Pace, Refused, Unanswered, Unreachable, judge_status, persistent

HOST = "query2.finance.yahoo.com"
CHART = "/v8/finance/chart/"


def open_session(mirror: str | None, manners: Manners) -> Any:
    """Open a session for `yfinance.Ticker`.

    Parameters
    ----------
    mirror : str or None
        Scheme and host of a mirror or a test server, asked instead of every host of Yahoo; None: Yahoo itself.
    manners : Manners
        Pauses and patience.

    Returns
    -------
    Session
        Of curl_cffi, which Yahoo takes for a browser; of requests where there is a mirror. Its `request` raises
        `Refused`, `Unanswered` or `Unreachable` for charts, and repeats what `persistent` repeats.
    """
    if mirror is None:
        from curl_cffi.requests import Session
    else:
        from requests import Session
    session: Any = Session() if mirror else Session(impersonate="chrome")  # pyright: ignore[reportCallIssue] -- curl_cffi's
    session.request = _Line(session.request, mirror, manners).request
    return session


class _Line:
    """What happens around each request; it remembers when the last one was, and whether it was denied."""

    def __init__(self, send: Callable[..., Any], mirror: str | None, manners: Manners) -> None:
        self.send, self.mirror, self.manners = send, mirror, manners
        self.pace, self.denied = Pace(manners), False

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        """Both libraries' session method, whose parameters yfinance and they themselves give by keyword."""
        address = _moved(url, self.mirror)
        if CHART not in address:
            return self._once(method, address, *arguments, **options)
        return persistent(lambda: self._chart(method, address, *arguments, **options), self.manners)

    def _once(self, *arguments: Any, **options: Any) -> Any:
        if self.mirror is None:
            _check_way()
        self.pace.keep()
        return self.send(*arguments, **options)

    def _chart(self, *arguments: Any, **options: Any) -> Any:
        try:
            response = self._once(*arguments, **options)
        except OSError as error:  # the root of both libraries' errors
            raise Unanswered(f"{type(error).__name__} instead of an answer") from None
        if response.status_code == 401 and not self.denied:
            self.denied = True  # yfinance now fetches a new crumb and asks once more
            return response
        self.denied = False
        _judge(response, self.manners)
        return response


def _moved(address: str, mirror: str | None) -> str:
    """The same path and query at the mirror."""
    parts = urlsplit(address)
    return address if mirror is None else f"{mirror.rstrip('/')}{parts.path}{'?' if parts.query else ''}{parts.query}"


def _check_way() -> None:
    """Say at once that there is no network.

    libcurl goes past Python's sockets: this question does not, so that whoever has cut them is heard.
    """
    try:
        socket.getaddrinfo(HOST, 443)
    except socket.gaierror:
        if not urllib.request.getproxies():  # a proxy knows names that this machine does not
            raise Unreachable(f"{HOST} cannot be found: connect to the network") from None
    except OSError as error:
        raise Unreachable(str(error)) from None


def _judge(response: Any, manners: Manners) -> None:
    """Raise unless a chart is in the answer."""
    judge_status(response, manners.clock)
    status = response.status_code
    try:
        chart = response.json()["chart"]
    except (ValueError, TypeError, KeyError):
        if status >= 400:
            raise Refused(f"status {status}") from None
        raise Unanswered("an answer that cannot be read, perhaps half of one") from None
    if chart.get("error"):
        raise Refused(f"Yahoo says: {chart['error'].get('description') or chart['error'].get('code')}")
    if not chart.get("result"):
        raise Refused("Yahoo's answer is empty")
