"""How to ask somebody else's server: not too often, and again only after faults that may pass.

In comes a request as a function; it is called with pauses until it is answered, or an error says after how many tries
and why nobody goes on. Time is the caller's: tests pass a clock and a sleep of their own.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Refused(Exception):
    """The server has answered, and said why there is nothing: asking again is of no use."""


class Unanswered(Exception):
    """A fault that may pass: too many requests, a server's error, half an answer, a broken connection.

    Attributes
    ----------
    pause : float
        Seconds that the server wants to be left alone for; 0 where it said nothing.
    """

    def __init__(self, reason: str, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.pause = pause


class Unreachable(Exception):
    """There is no way to the server from here."""


@dataclass(frozen=True)
class Manners:
    """Pauses between requests, and patience with faults.

    Attributes
    ----------
    interval : float
        Least number of seconds from the start of one request to that of the next.
    attempts : int
        How often one request is made before it is given up.
    wait, longest : float
        Seconds before the second attempt and at most; doubled from one attempt to the next, plus up to `wait` at
        random. A server that asks for a longer pause (Retry-After) gets it, up to `longest`.
    sleep, clock : callable
        Wait for seconds; seconds since 1970.
    """

    interval: float = 0.5
    attempts: int = 6
    wait: float = 2.0
    longest: float = 120.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time


class Pace:
    """Holds requests back until the interval since the last one is over."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.last: float | None = None

    def keep(self) -> None:
        """Wait for one's turn."""
        interval = self.manners.interval
        if self.last is not None:
            since = max(0.0, self.manners.clock() - self.last)  # a clock may be set back
            if since < interval:
                self.manners.sleep(interval - since)
        self.last = self.manners.clock()


def persistent(ask: Callable[[], Answer], manners: Manners) -> Answer:
    """Ask until there is an answer.

    Parameters
    ----------
    ask : callable
        Makes the request once; raises `Unanswered` where another attempt may help.
    manners : Manners
        Pauses and number of attempts.

    Returns
    -------
    whatever `ask` does

    Raises
    ------
    Unanswered
        After the last attempt, with their number and the last reason.
    """
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

    backoff = wait_exponential(multiplier=manners.wait, max=manners.longest) + wait_random(0, manners.wait)

    def wait(state: Any) -> float:
        return max(backoff(state), min(state.outcome.exception().pause, manners.longest))

    tries = Retrying(
        retry=retry_if_exception_type(Unanswered),
        stop=stop_after_attempt(manners.attempts),
        wait=wait,
        sleep=manners.sleep,
        reraise=True,
    )
    try:
        return tries(ask)
    except Unanswered as last:
        raise Unanswered(f"gave up after {manners.attempts} tries: {last}") from None


def judge_status(response: Any, clock: Callable[[], float]) -> None:
    """Raise for a status that says: later.

    Parameters
    ----------
    response : Response
        Of requests or curl_cffi.
    clock : callable
        Seconds since 1970, to read a date in Retry-After.

    Raises
    ------
    Unanswered
        For 429 and for 500 and above.
    """
    if response.status_code == 429 or response.status_code >= 500:
        said = response.headers.get("Retry-After", "")
        raise Unanswered(f"status {response.status_code}", _pause(said, clock))


def _pause(said: str, clock: Callable[[], float]) -> float:
    """Seconds to wait, from a number or a date; 0 for anything else."""
    from email.utils import parsedate_to_datetime

    if said.strip().isdigit():
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - clock())
    except ValueError:
        return 0.0
