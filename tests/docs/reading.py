"""The written pages as the tests of this folder read them: links, headings, blocks of code, command lines."""

import re
from dataclasses import dataclass
from pathlib import Path

from challenges.course.catalog import ROOT

#: Pages with commands that a reader types, and the days' front pages.
GUIDES = [Path("README.md"), Path("core/README.md"), Path("data/README.md")]
GUIDES += sorted(path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md"))
PAGES = [*GUIDES, *sorted(path.relative_to(ROOT) for path in (ROOT / "challenges").glob("*/README.md"))]

STARTS = ("make", "dlcore", "pip", "python", "git", "jupyter")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*(\S*)")
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)|(?:href|src)=\"([^\"]+)\"", re.M)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, where its first line stands, its lines."""

    page: Path
    language: str
    first: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def taken_apart(text: str, page: Path = Path()) -> tuple[str, list[Block]]:
    """A page's prose, with an empty line for each line of its blocks, and the blocks."""
    prose, blocks, inside, fence, language = [], [], [], "", ""
    for number, line in enumerate(text.splitlines(), 1):
        mark = FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2]:
                blocks.append(Block(page, language, number - len(inside), tuple(inside)))
                fence, inside = "", []
            else:
                inside.append(line)
            prose.append("")
        elif mark:
            fence, language = mark[1], mark[2].lower()
            prose.append("")
        else:
            prose.append(line)
    assert not fence, f"{page}: a block is not closed"
    return "\n".join(prose), blocks


def read(page: Path) -> tuple[str, list[Block]]:
    """`taken_apart` of a page of this repository."""
    return taken_apart((ROOT / page).read_text(encoding="utf-8"), page)


def links(text: str) -> list[str]:
    """Targets of a page's links and pictures, those of code left out."""
    prose, _ = taken_apart(text)
    return [next(filter(None, found)) for found in LINK.findall(re.sub(r"`[^`\n]*`", "`", prose))]


def anchors(text: str) -> set[str]:
    """What `#…` may name on a page: its headings as GitHub writes them in addresses, and ids given by hand."""
    prose, _ = taken_apart(text)
    seen: dict[str, int] = {}
    found = set(re.findall(r"(?:id|name)=\"([^\"]+)\"", prose))
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*\s*$", prose, re.M):
        plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        word = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(f"{word}-{seen[word]}" if word in seen else word)
        seen[word] = seen.get(word, 0) + 1
    return found


def bare(line: str) -> str:
    """A command line without the comment after it and with single spaces."""
    return re.sub(r"\s+#\s.*$", "", line).strip()


def commands(blocks: list[Block]) -> list[tuple[int, str]]:
    """(line number, command) of every line that a reader types."""
    found = []
    for block in blocks:
        for number, line in enumerate(block.lines, block.first):
            typed = block.language in ("bash", "sh", "shell", "console")
            typed |= block.language == "" and line.startswith(tuple(f"{word}{end}" for word in STARTS for end in " 3"))
            typed |= block.language == "" and line.strip() in STARTS
            if typed and bare(line) and not line.lstrip().startswith("#"):
                found.append((number, bare(line)))
    return found


def spoken(text: str) -> list[tuple[str, str]]:
    """(line, command) for every command of `make` and `dlcore` that the prose names between backticks."""
    prose, _ = taken_apart(text)
    found = [(line, code) for line in prose.splitlines() for code in re.findall(r"`([^`]+)`", line)]
    return [(line, code) for line, code in found if re.match(r"(make|dlcore)( |$)", code)]
