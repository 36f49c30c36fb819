"""A server on this machine that speaks as Yahoo does, with invented prices and the faults it is told to play."""

import json
import socket
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

PARTS = ["open", "high", "low", "close", "volume"]


def business_days(first: str, last: str, without: tuple[str, ...] = ()) -> list[date]:
    """Weekdays, without the holidays given."""
    closed = {date.fromisoformat(day) for day in without}
    return [day.date() for day in pd.bdate_range(first, last) if day.date() not in closed]


@dataclass
class Listing:
    """What the server knows of a symbol; prices come from the seed and are what was traded, before any split."""

    symbol: str
    days: list[date]
    kind: str = "EQUITY"
    zone: str = "America/New_York"
    opens: time = time(9, 30)
    closes: time = time(16, 0)
    seed: int = 0
    dividends: dict[str, float] = field(default_factory=dict)
    splits: dict[str, tuple[int, int]] = field(default_factory=dict)
    null_days: tuple[str, ...] = ()
    renamed: str | None = None
    period: str | None = None  # day of the current trading period; the last of `days` without it
    granularity: str = "1d"

    def moment(self, day: date, clock: time) -> int:
        return int(datetime.combine(day, clock, ZoneInfo(self.zone)).timestamp())

    def traded(self) -> pd.DataFrame:
        """Prices as they were paid, by day."""
        rng = np.random.default_rng(self.seed)
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, len(self.days))))
        span = close * rng.uniform(0.001, 0.01, len(self.days))
        bars = {"open": close + span / 2, "high": close + span, "low": close - span, "close": close}
        volume = rng.integers(1000, 9000, len(self.days)).astype(float)
        frame = pd.DataFrame({**bars, "volume": volume}, index=[f"{day}" for day in self.days])
        for day, (new, old) in self.splits.items():
            frame.loc[day:, PARTS[:4]] *= old / new
        return frame

    def published(self) -> pd.DataFrame:
        """As Yahoo gives them today: all columns adjusted for splits, `adjclose` for dividends too."""
        frame = self.traded()
        for day, (new, old) in self.splits.items():
            before = frame.index < day
            frame.loc[before, PARTS[:4]] *= old / new
            frame.loc[before, "volume"] *= new / old
        frame["adjclose"] = frame["close"]
        for day, amount in self.dividends.items():
            before = frame.index < day
            last = frame.loc[before, "close"].iloc[-1]
            frame.loc[before, "adjclose"] *= 1 - amount / last
        frame.loc[list(self.null_days)] = np.nan
        return frame

    def meta(self) -> dict:
        day = date.fromisoformat(self.period) if self.period else self.days[-1]
        period = {"timezone": "X", "gmtoffset": 0}
        regular = period | {"start": self.moment(day, self.opens), "end": self.moment(day, self.closes)}
        around = {name: period | {"start": regular["start"], "end": regular["end"]} for name in ("pre", "post")}
        return {
            "currency": "USD", "symbol": self.renamed or self.symbol, "instrumentType": self.kind,
            "exchangeTimezoneName": self.zone, "timezone": "X", "gmtoffset": 0, "priceHint": 2,
            "firstTradeDate": self.moment(self.days[0], self.opens), "regularMarketTime": regular["end"],
            "currentTradingPeriod": {**around, "regular": regular}, "dataGranularity": self.granularity,
            "range": "", "validRanges": ["1d", "5d", "1mo", "max"],
        }  # fmt: skip

    def chart(self, first: float, last: float) -> dict:
        """The result for rows that began in [first, last)."""
        frame = self.published()
        stamps = [self.moment(day, self.opens) for day in self.days]
        inside = [i for i, stamp in enumerate(stamps) if first <= stamp < last]
        if not inside:
            return {"meta": self.meta(), "indicators": {"quote": [{}], "adjclose": [{}]}}
        rows = frame.iloc[inside]
        values = {name: [None if np.isnan(x) else x for x in rows[name]] for name in rows}
        events: dict[str, dict] = {"dividends": {}, "splits": {}}
        for day, amount in self.dividends.items():
            stamp = self.moment(date.fromisoformat(day), self.opens)
            if first <= stamp < last:
                events["dividends"][str(stamp)] = {"amount": amount, "date": stamp}
        for day, (new, old) in self.splits.items():
            stamp = self.moment(date.fromisoformat(day), self.opens)
            if first <= stamp < last:
                ratio = {"numerator": new, "denominator": old, "splitRatio": f"{new}:{old}"}
                events["splits"][str(stamp)] = {"date": stamp, **ratio}
        quote, adjusted = {name: values[name] for name in PARTS}, {"adjclose": values["adjclose"]}
        return {
            "meta": self.meta(), "timestamp": [stamps[i] for i in inside],
            "events": {name: found for name, found in events.items() if found},
            "indicators": {"quote": [quote], "adjclose": [adjusted]},
        }  # fmt: skip


class YahooServer:
    """The server's state: its listings, the faults still to play for a symbol, and what it was asked.

    A fault is a status (with Retry-After in `retry_after`), or truncated, cut, short, empty, nonsense or shapeless.
    """

    def __init__(self) -> None:
        self.listings: dict[str, Listing] = {}
        self.faults: dict[str, list[int | str]] = defaultdict(list)
        self.retry_after: str | None = None
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        self.queries: list[dict[str, str]] = []
        state = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with suppress(ConnectionError):  # the asker may have gone
                    state.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def list(self, *listings: Listing) -> None:
        self.listings |= {listing.symbol: listing for listing in listings}

    def charts(self, symbol: str) -> int:
        """How often the chart of a symbol was asked for."""
        return self.asked.count(f"/v8/finance/chart/{symbol}")

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        path = unquote(parts.path)
        self.asked.append(path)
        if path in self.pages:
            self.send(handler, 200, self.pages[path].encode())
        elif path == "/v1/test/getcrumb":
            self.send(handler, 200, b"crumb")
        elif path.startswith("/v8/finance/chart/"):
            self.queries.append({name: found[0] for name, found in parse_qs(parts.query).items()})
            self.chart(handler, path.rpartition("/")[2], self.queries[-1])
        else:
            self.send(handler, 200 if path == "/" else 404, b"")

    def chart(self, handler: BaseHTTPRequestHandler, symbol: str, query: dict[str, str]) -> None:
        fault = self.faults[symbol].pop(0) if self.faults[symbol] else None
        listing = self.listings.get(symbol)
        if isinstance(fault, int):
            self.send(handler, fault, b"Too Many Requests" if fault == 429 else b"<html>sorry</html>")
        elif fault == "cut":
            handler.connection.shutdown(socket.SHUT_RDWR)
        elif listing is None:
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            self.send(handler, 404, json.dumps({"chart": {"result": None, "error": error}}).encode())
        else:
            recent = listing.moment(listing.days[-{"1d": 1}.get(query.get("range", ""), 21) :][0], listing.opens)
            asked = (float(query.get("period1", recent)), float(query.get("period2", 1e12)))
            result = listing.chart(*asked)
            if fault == "shapeless":
                result = {"meta": result["meta"], "indicators": {"quote": [{"close": [1.0]}]}}
            body = json.dumps({"chart": {"result": [] if fault == "empty" else [result], "error": None}}).encode()
            body = {"truncated": body[: len(body) // 2], "nonsense": b"[1]"}.get(str(fault), body)
            self.send(handler, 200, body, length=2 * len(body) if fault == "short" else len(body))

    def send(self, handler: BaseHTTPRequestHandler, status: int, body: bytes, length: int | None = None) -> None:
        handler.send_response(status)
        if self.retry_after is not None and status >= 400:
            handler.send_header("Retry-After", self.retry_after)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)


def sp500_page(members: "list[tuple[str, str, str]]", changes: "list[tuple[str, str, str]]") -> str:
    """A page with the two tables as Wikipedia lays them out: (ticker, sector, date added), (date, added, removed)."""
    heads = ["Symbol", "Security", "GICS Sector", "GICS Sub-Industry", "Headquarters Location", "Date added", "CIK"]
    rows = "".join(
        f'<tr><td><a href="#">{ticker}</a></td><td>{ticker} Inc.</td><td>{sector}</td><td>x</td><td>y</td>'
        f"<td>{added}</td><td>0000000001</td></tr>"
        for ticker, sector, added in members
    )
    moved = "".join(
        f"<tr><td>{day}</td><td>{a}</td><td>{a and 'A'}</td><td>{r}</td><td>{r and 'R'}</td><td>because.[7]</td></tr>"
        for day, a, r in changes
    )
    top = '<tr><th rowspan="2">Effective Date</th><th colspan="2">Added</th><th colspan="2">Removed</th>'
    top += '<th rowspan="2">Reason</th></tr>'
    top += "<tr><th>Ticker</th><th>Security</th><th>Ticker</th><th>Security</th></tr>"
    head = "".join(f"<th>{name}</th>" for name in heads)
    return (
        "<html><body><table><tr><td>a box</td></tr></table>"
        f'<table class="wikitable" id="constituents"><tbody><tr>{head}</tr>{rows}</tbody></table>'
        f'<table class="wikitable" id="changes"><tbody>{top}{moved}</tbody></table></body></html>'
    )


def at(text: str) -> float:
    """Seconds since 1970 of a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.fixture
def yahoo(monkeypatch, tmp_path):
    """A running server, to which the environment points for the time of the test."""
    server = YahooServer()
    thread = Thread(target=lambda: server.http.serve_forever(poll_interval=0.01))
    thread.start()
    monkeypatch.setenv("DLCORE_YAHOO_URL", server.url)
    monkeypatch.setenv("DLCORE_SP500_URL", f"{server.url}/sp500")
    monkeypatch.setenv("DLCORE_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()
