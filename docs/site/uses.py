"""Which day uses what an earlier day graduated, read from the imports of notebooks and modules, and drawn as arcs."""

import ast
import json
from collections.abc import Iterator

from challenges.course.catalog import Day
from docs.site.reference import link, named

STEP, LEFT, BASE = 62, 40, 330  # pixels: between days, to the first, from the top to the line of days


def imported(day: Day) -> set[str]:
    """Full names of what a day's notebook and modules import from dlcore."""
    cells = json.loads(day.lesson.notebook.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    texts += [module.read_text(encoding="utf-8") for module in day.lesson.modules()]
    return {name for text in texts for name in _imports(text)}


def _imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dlcore"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def uses(days: list[Day]) -> dict[tuple[int, int], list[str]]:
    """For each (earlier day, later day) the graduates of the one that the other imports, by name.

    A room that a day makes possible ("grows") counts for every name that is imported from it.
    """
    found: dict[tuple[int, int], list[str]] = {}
    for later in days:
        for name in sorted(imported(later)):
            for earlier in days:
                if earlier.number < later.number and _came_from(name, earlier):
                    found.setdefault((earlier.number, later.number), []).append(name)
    return found


def _came_from(name: str, day: Day) -> bool:
    wanted = named(name)
    home = getattr(wanted, "__module__", name)
    if any(f"{home}.".startswith(f"{room}.") or wanted is named(room) for room in day.grows):
        return True
    return any(named(pair.graduate) is wanted for pair in day.graduates)


def arcs(days: list[Day], found: dict[tuple[int, int], list[str]]) -> str:
    """An inline SVG: the days on a line, an arc from each to the later ones that use it, as thick as it is used."""
    width = 2 * LEFT + STEP * (len(days) - 1)
    at = {day.number: LEFT + STEP * i for i, day in enumerate(days)}
    lines = [f'<svg class="arcs" viewBox="0 0 {width} {BASE + 40}" role="img" aria-label="Which day uses which">']
    for (earlier, later), names in sorted(found.items()):
        a, b = at[earlier], at[later]
        height = min((b - a) / 2, BASE - 12)
        arc, thick = f"M{a},{BASE} A{(b - a) / 2},{height} 0 0 1 {b},{BASE}", 1 + len(names) ** 0.5
        lines.append(
            f'<path d="{arc}" stroke-width="{thick:.1f}">'
            f"<title>Day {later} uses {len(names)} from Day {earlier}: {', '.join(names)}</title></path>"
        )
    for day in days:
        x = at[day.number]
        lines.append(f'<circle cx="{x}" cy="{BASE}" r="5"><title>Day {day.number}: {day.title}</title></circle>')
        lines.append(f'<text x="{x}" y="{BASE + 26}" text-anchor="middle">{day.number}</text>')
    return "\n".join([*lines, "</svg>"])


def page(days: list[Day]) -> str:
    """The page that shows what builds on what."""
    found = uses(days)
    rows = [
        f"| {later} | {earlier} | {', '.join(map(link, names))} |"
        for (earlier, later), names in sorted(found.items(), key=lambda item: item[0][::-1])
    ]
    return (
        "# What builds on what\n\n"
        "Each arc goes from the day that built something to a later day that imports it from `dlcore`; the thicker, "
        "the more names. It is drawn from the import lines of notebooks and modules.\n\n"
        f"```{{raw}} html\n{arcs(days, found)}\n```\n\n"
        "| day | uses from day | names |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )
