"""The front page and the map of thirty days, from curriculum.toml and the seconds of the last run."""

import json

from challenges.course.catalog import PHASES, Day

FRONT = """# Pattern Pursuit

**Thirty days of deep learning for quantitative trading, as a course that runs.** One question goes through all of it:
what will an S&P 500 stock return over the next five days, and what may we honestly do with the answer?

![The same years of daily returns, five times; one of them is the market](docs/which_one_is_the_market.png)

*From Day 1: one of these is the S&P 500, four are imitations. It takes one number to tell which, and no
autocorrelation will do.*

```
make all-days     # sets itself up, then runs every lesson on real prices, offline
make test         # sets itself up, then runs every test
```

Begin with [Day 0](notebooks/00_start_here.ipynb) and then [Day 1](challenges/day_01/day_01.ipynb); or see
[what builds on what](uses.md), [the leaderboard](leaderboard.md) and [the library](library.md).

"""

CONTENTS = """
```{toctree}
:hidden:

lessons
leaderboard
library
documentation
```
"""


def seconds(day: Day) -> float | None:
    """Measured seconds of a day's last passing run on this machine."""
    record = day.root / "build" / "days" / f"{day.name}.json"
    found = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {"ok": False}
    return found["seconds"] if found["ok"] else None


def card(day: Day) -> str:
    """A day on the map: its question, how long it takes, or that it is planned."""
    if day.status == "planned":
        return f":::{{grid-item-card}} {day.number} · {day.title}\n:class-card: map-day planned\n\nplanned\n:::"
    ran = seconds(day)
    took = f"{ran:.0f} s to run" if ran else f"under {day.seconds} s to run"
    return (
        f":::{{grid-item-card}} {day.number} · {day.title}\n:class-card: map-day\n"
        f":link: /challenges/{day.name}/{day.name}\n:link-type: doc\n\n{day.question}\n\n"
        f"{{.time}}\n{day.minutes} min to read · {took}\n:::"
    )


def the_map(days: list[Day], level: str) -> str:
    """All thirty days by phase."""
    parts = []
    for phase in PHASES:
        cards = "\n".join(card(day) for day in days if day.phase == phase)
        parts.append(f"{level} {phase}\n\n::::{{grid}} 1 2 3 3\n:gutter: 2\n\n{cards}\n::::\n")
    return "\n".join(parts)


def contents(caption: str, pages: list[str]) -> str:
    """A toctree with a caption."""
    return f"```{{toctree}}\n:caption: {caption}\n:maxdepth: 1\n\n" + "\n".join(pages) + "\n```\n"


def index(days: list[Day]) -> str:
    """The front page."""
    return FRONT + the_map(days, "##") + CONTENTS


def lessons(days: list[Day], studies: list[str]) -> str:
    """The page over all lessons, whose contents the side bar shows by phase."""
    parts = ["# The lessons\n\nA day is an evening: a market puzzle, the idea, arithmetic by hand, what went wrong.\n"]
    parts.append(contents("Before and across", [*studies, "uses"]))
    for phase in PHASES:
        whole = [d for d in days if d.phase == phase and d.status == "whole"]
        if whole:
            pages = [f"Day {d.number} · {d.title} </challenges/{d.name}/{d.name}>" for d in whole]
            parts.append(contents(phase, pages))
    planned = [f"{d.number} {d.title}" for d in days if d.status == "planned"]
    if planned:
        parts.append("Planned, without a page until they are whole: " + "; ".join(planned) + ".\n")
    return "\n".join(parts)
