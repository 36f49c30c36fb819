"""How far the course is: docs/progress/*.md, from curriculum.toml and the numbers that the notebooks publish.

`python -m docs.site.progress` writes them again; a test compares. A finding is two sentences in curriculum.toml with
names of results in braces, so that no number in it is typed.
"""

from challenges.course.catalog import PHASES, ROOT, CourseError, Day, read
from challenges.course.grading import grader_of
from challenges.course.results import stored

MADE = "<!-- made by `make progress-pages` from challenges/curriculum.toml and the notebooks' results -->\n\n"


def values(day: Day) -> dict[str, float]:
    """What a day published, by name."""
    return {name: row["value"] for name, row in stored(day.lesson.notebook)["results"].items()}


def finding(day: Day) -> str:
    """The day's two sentences with their numbers."""
    if not day.found:
        raise CourseError(f"day {day.number}: found is missing in curriculum.toml: give two sentences")
    try:
        return day.found.format(**values(day))
    except KeyError as missing:
        raise CourseError(f"day {day.number}: found names {missing}, which {day.name} does not publish") from None


def link(day: Day) -> str:
    """A day's title, with a link where it is whole."""
    return f"[{day.title}](../../challenges/{day.name}/README.md)" if day.status == "whole" else day.title


def calendar(days: list[Day]) -> str:
    """All thirty days: what stands and what is planned."""
    whole = sum(day.status == "whole" for day in days)
    parts = [f"# The calendar\n\n{whole} of {len(days)} days are whole: written, run, graded, checked.\n"]
    for phase in PHASES:
        parts.append(
            f"## {phase}\n\n| day | | minutes to read | exercises | graduates | status |\n|---|---|---|---|---|---|"
        )
        for day in (day for day in days if day.phase == phase):
            cells = (f"{day.minutes}", f"{len(day.exercises)}", f"{len(day.graduates)}")
            counts = " | ".join(cells if day.status == "whole" else ("", "", ""))
            parts.append(f"| {day.number} | {link(day)} | {counts} | {day.status} |")
        parts.append("")
    return MADE + "\n".join(parts)


def summaries(days: list[Day]) -> str:
    """What each whole day found, in two sentences."""
    parts = ["# What each day found\n\nTwo sentences a day. The numbers are those of the committed run.\n"]
    for day in (day for day in days if day.status == "whole"):
        parts.append(f"**Day {day.number} · {link(day)}** *{day.question}*\n\n{finding(day)}\n")
    return MADE + "\n".join(parts)


def reports(days: list[Day]) -> str:
    """What each whole day measured, with its tolerance, and what it left behind."""
    parts = [
        "# What each day measured\n",
        "A fresh run must agree with each number within its tolerance (`make verify`).\n",
    ]
    for day in (day for day in days if day.status == "whole"):
        mutants = sum(len(wrong) for _, wrong in grader_of(day).EXERCISES.values())
        graduates = ", ".join(f"`{pair.graduate}`" for pair in day.graduates) or "none"
        written = ", ".join(f"`{exercise}`" for exercise in day.exercises)
        rows = stored(day.lesson.notebook)["results"].items()
        table = [f"| `{name}` | {row['value']:g} | {row['tolerance']:g} |" for name, row in rows]
        parts += [
            f"## Day {day.number} · {day.title}\n",
            f"Graduates: {graduates}. Exercises: {written}; {mutants} wrong answers are known by name.\n",
            "| result | value | tolerance |\n|---|---|---|",
            *table,
            "",
        ]
    return MADE + "\n".join(parts)


def pages() -> dict[str, str]:
    """The three pages by file name."""
    days = read()
    return {
        "calendar.md": calendar(days),
        "executive_summaries.md": summaries(days),
        "technical_reports.md": reports(days),
    }


if __name__ == "__main__":
    folder = ROOT / "docs" / "progress"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
