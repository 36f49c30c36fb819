"""Lay out the site's sources under build/: pages that are written, pages that are rendered, and what they link to.

A written page keeps its place in the tree, so that its links keep their meaning; a link to a day's folder or README
becomes a link to the day's page, and any other file that is linked is offered for download.
"""

import json
import os
import re
import shutil
from pathlib import Path

from challenges.course import catalog
from docs.site import days, front, reference, standings, uses
from docs.site.front import contents

LINK = re.compile(r"(!?\[[^\]]*\])\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")
SECTIONS = {
    "overview": ("problem_statement", "structure"),
    "setup": ("prerequisites", "installation", "infrastructure", "tech_stack"),
    "development": ("guidelines", "testing", "contributing"),
    "phases": ("foundation", "enhancement", "risk", "strategy", "production"),
    "progress": ("calendar", "executive_summaries", "technical_reports"),
    "deployment": ("production",),
}
LIBRARY = ("core/README", "data/README", "docs/metrics", "docs/performance")


def written(root: Path) -> list[Path]:
    """Pages that people wrote, relative to the root: the docs and the two READMEs that document rooms."""
    docs = sorted(path.relative_to(root) for path in (root / "docs").rglob("*.md"))
    return [*docs, Path("core/README.md"), Path("data/README.md")]


def relinked(text: str, page: Path, root: Path, staged: set[str]) -> tuple[str, set[str]]:
    """A page's text with links that hold inside the site, and the files it links to that are no pages."""
    files = set()

    def link(match: re.Match) -> str:
        label, target, anchor = match[1], match[2], match[3] or ""
        place = os.path.normpath(page.parent / target)
        day = re.fullmatch(r"challenges/(day_\d\d)(/README\.md)?", place)
        if day:
            place = f"challenges/{day[1]}/{day[1]}.ipynb"
        if place == "README.md":
            place = "index.md"
        if place in staged:
            return f"{label}({os.path.relpath(place, page.parent)}{anchor})"
        if (root / place).is_file():
            files.add(place)
            return f"{label}({os.path.relpath(place, page.parent)}{anchor})"
        if (root / place).is_dir():
            return label.strip("[]")
        raise catalog.CourseError(f"{page} links to {target}, which is not there: mend the link")

    return LINK.sub(link, text), files


def lay_out(target: Path, root: Path = catalog.ROOT) -> None:
    """Write every source of the site into an empty `target`."""
    whole = {day.number: day for day in catalog.whole(root)}
    studies = [study.name for study in catalog.studies(root)]
    pages = {str(path) for path in written(root)} | {"index.md", "leaderboard.md", "uses.md", "library.md"}
    pages |= {f"challenges/{day.name}/{day.name}.ipynb" for day in whole.values()}
    pages |= {f"notebooks/{study}.ipynb" for study in studies}
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    everyone = catalog.read(root)
    texts = {
        "index.md": front.index(everyone),
        "lessons.md": front.lessons(everyone, [f"notebooks/{study}" for study in studies]),
        "leaderboard.md": standings.page(),
        "uses.md": uses.page(list(whole.values())),
        "library.md": library(reference.write(target)),
        "documentation.md": documentation(),
    } | {str(path): (root / path).read_text(encoding="utf-8") for path in written(root)}
    files = set()
    for name, text in texts.items():
        files |= _write(target, Path(name), text, root, pages)
    for day in whole.values():
        files |= _notebook(target, Path(f"challenges/{day.name}/{day.name}.ipynb"), days.page(day, whole), root, pages)
    for study in studies:
        ran = root / "build" / "studies" / f"{study}.ipynb"
        source = ran if ran.exists() else root / "notebooks" / f"{study}.ipynb"
        notebook = days.for_readers(json.loads(source.read_text(encoding="utf-8")))
        files |= _notebook(target, Path(f"notebooks/{study}.ipynb"), notebook, root, pages)
    for name in files - pages:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, target / name)


def _write(target: Path, page: Path, text: str, root: Path, pages: set[str]) -> set[str]:
    text, files = relinked(text, page, root, pages)
    (target / page).parent.mkdir(parents=True, exist_ok=True)
    (target / page).write_text(text, encoding="utf-8")
    return files


def _notebook(target: Path, page: Path, notebook: dict, root: Path, pages: set[str]) -> set[str]:
    files = set()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"], found = relinked("".join(cell["source"]), page, root, pages)
            files |= found
    (target / page).parent.mkdir(parents=True, exist_ok=True)
    (target / page).write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")
    return files


def library(rooms: list[str]) -> str:
    """The page over the library: what it is, what its numbers mean, how fast, and every name."""
    head = "# The library\n\nWhat the days leave standing, to use without the course.\n\n"
    return head + contents("In words", list(LIBRARY)) + "\n" + contents("Reference", rooms)


def documentation() -> str:
    """The page over the written documentation, section by section; the glossary last."""
    parts = ["# Documentation\n\nHow to set it up, how it is built, how to change it, and how far it is.\n"]
    for section, pages in SECTIONS.items():
        parts.append(contents(section.capitalize(), [f"docs/{section}/{page}" for page in pages]))
    parts.append(contents("Words", ["docs/glossary"]))
    return "\n".join(parts)
