"""The site in a real browser, from disk: nothing fetched, no error, readable at two widths and in both themes."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from challenges.course.catalog import ROOT

SITE = ROOT / "build" / "site"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package chromium"),
    pytest.mark.skipif(not (SITE / "index.html").exists(), reason="there is no build/site: run `make site` first"),
]

PAGES = {
    "front": "index.html",
    "lessons": "lessons.html",
    "day": "challenges/day_11/day_11.html",
    "search": "search.html?q=causal+mask",
    "leaderboard": "leaderboard.html",
    "uses": "uses.html",
    "reference": "reference/names/dlcore.nn.attention.html",
}
LINK = re.compile(r'<a [^>]*href="(?!https?:|mailto:)([^"#?]*)(?:\?[^"#]*)?(?:#([^"]*))?"')
SCROLLS = "pre, table, mjx-container, .cell_output, .pst-scrollable-table-container"
CUT = f"""() => [...document.querySelectorAll("article p, article dt, article h1, article h2, article li")]
    .filter(e => !e.closest("{SCROLLS}") && e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.textContent.slice(0, 60))"""
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, "--disable-component-update"])


@pytest.fixture
def opened(browser):
    """Open a page of the site; what its console complained of and what it asked from elsewhere must stay empty."""
    complaints: list[str] = []

    def open_page(path: str, width: str = "desktop", theme: str = "light") -> Page:
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        page = browser.new_context(viewport=size, color_scheme=theme).new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else complaints.append(r.url))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.goto(f"file://{SITE}/{path}")
        return page

    yield open_page
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_every_kind_of_page(opened, name, width, theme):
    page = opened(PAGES[name], width, theme)
    page.evaluate("window.MathJax?.startup?.promise")
    assert page.locator("h1").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width][0], "the page scrolls sideways"
    assert page.evaluate(CUT) == [], "text runs out of the window"
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    shots = ROOT / "build" / "screenshots"
    shots.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=shots / f"{name}_{width}_{theme}.png")


def test_search_finds_the_causal_mask_on_day_11(opened):
    page = opened("index.html")
    page.locator("button.search-button-field:visible, button.search-button__button:visible").first.click()
    page.locator("input[type=search]:visible").first.fill("causal mask")
    page.keyboard.press("Enter")
    first = page.locator("ul.search li a").first
    first.wait_for()
    first.click()
    page.wait_for_url(re.compile("day_11"))
    assert "Day 11" in page.locator("h1").inner_text()


def test_a_days_page_has_its_mathematics_exercises_and_graduates(opened):
    page = opened("challenges/day_11/day_11.html")
    page.locator("mjx-container").first.wait_for()
    assert page.locator("mjx-container").count() > 5
    assert page.locator("text=make check DAY=11").count() >= 1
    assert page.locator("#its-code").is_visible()
    assert page.locator("a.left-prev").get_attribute("href").endswith("day_10.html")
    assert page.locator("a.right-next").get_attribute("href").endswith("day_12.html")


def test_graduates_and_names_that_are_used_lead_to_their_page_in_the_reference():
    named = re.compile(r'(<a [^>]*>)?<code class="xref[^>]*><span class="pre">([^<]+)')
    for page in ("uses.html", "challenges/day_11/day_11.html"):
        names = named.findall((SITE / page).read_text("utf-8"))
        assert any("reference/names/dlcore.nn.attention.html" in link for link, name in names if "attention" in name)
        assert [name for link, name in names if "reference/names/" not in link] == []


def test_links_lead_somewhere():
    """Every link inside the site names a file that is there, and an anchor that the file has."""
    pages = {path: path.read_text(encoding="utf-8") for path in SITE.rglob("*.html") if "_modules" not in path.parts}
    anchors = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in pages.items()}
    dead = []
    for path, text in pages.items():
        for target, anchor in LINK.findall(text):
            place = (path.parent / target).resolve() if target else path
            there = place.exists() and (not anchor or place not in anchors or anchor in anchors[place])
            if not there:
                dead.append(f"{path.relative_to(SITE)} → {target}#{anchor}")
    assert dead == []


def test_the_map_shows_thirty_days():
    from challenges.course.catalog import read

    text = (SITE / "index.html").read_text(encoding="utf-8")
    assert text.count("map-day") >= 30
    assert all(day.title in text for day in read() if "'" not in day.title)


def test_nothing_of_this_machine_is_in_the_pages():
    told = [p for p in SITE.rglob("*.html") if str(Path.home()) in (text := p.read_text("utf-8")) or str(ROOT) in text]
    assert told == []
