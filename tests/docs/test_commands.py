"""Every command in the written pages is accounted for, and the quick ones are typed in, page by page.

`COVERED` says of each kind of command how it is known to work: `desk` runs it here, in a folder with a small
`prices.csv`; `house` runs it here, in a copy of the repository; `ci` finds it in `.ci/run`; `by_tests` names the tests
that stand for it; `only_parsed` gives the reason why it is no more than read. A command that no row knows fails.
"""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass

import pytest
import typer
from reading import GUIDES, PAGES, Block, bare, commands, read, spoken
from typer.testing import CliRunner
from yahoo_server import Listing

from challenges.course import catalog
from challenges.course.catalog import ROOT
from dlcore.cli import app
from dlcore.markets import load_panel
from dlcore.markets.calendar import sessions

CI = (ROOT / ".ci" / "run").read_text()
EXTRAS = tomllib.loads((ROOT / "core" / "pyproject.toml").read_text())["project"]["optional-dependencies"]


@dataclass(frozen=True)
class Way:
    """How a command is covered: where it is run here, with which exit codes; by CI; by which tests; or why not."""

    place: str = ""
    codes: tuple[int, ...] = (0,)
    ci: bool = False
    tests: tuple[str, ...] = ()
    reason: str = ""


def desk(*codes: int) -> Way:
    return Way("desk", codes or (0,))


def house(*codes: int) -> Way:
    return Way("house", codes or (0,))


def by_tests(*tests: str) -> Way:
    return Way(tests=tuple(f"tests/{test}" for test in tests))


def only_parsed(reason: str) -> Way:
    return Way(reason=reason)


BY_CI = Way(ci=True)
A_RUN = by_tests(
    "system/test_make.py::test_parameters_make_a_variant_and_never_the_days_own_run",
    "system/test_yahoo_day.py::test_day_1_runs_whole_on_prices_from_yahoo",
    "challenges/test_run.py::test_a_file_on_the_command_line_is_found_from_the_lessons_folder",
)
NETWORK = "asks a package index, which tests may not; extras and files that it names are looked up"

COVERED = {
    # ------------------------------------------------------------ make
    r"make": house(),
    r"make (setup|lint|types|all-days|studies|verify|test)": BY_CI,
    r"make (all-days|studies|verify|test) JOBS=\d": BY_CI,
    r"make (setup|all-days|test) PYTHON=python3\.1[1-3]": by_tests(
        "system/test_make.py::test_a_python_that_is_too_old_or_too_new_is_one_line"
    ),
    r"make day-\d\d( \w+=\S+)*": A_RUN,
    r"make stamp (DAY=\d+|STUDY=\w+)": by_tests(
        "system/test_make.py::test_verify_names_the_stale_lesson_and_the_number_that_moved"
    ),
    r"make blank DAY=\d+( FORCE=1)?": house(),
    r"make check DAY=\d+": house(2),  # make's word for an exit code of 1: not all pass yet
    r"make solution DAY=\d+ EXERCISE=\w+": house(),
    r"make (progress|clean)": house(),
    r"make leaderboard": by_tests(
        "core/contests/test_leaderboard.py::test_the_command_enters_the_baselines_once_and_prints_every_row"
    ),
    r"make bench": by_tests("benchmarks/test_race.py::test_every_row_runs_without_the_peers"),
    r"make site": only_parsed("stands on a run of every day, which takes minutes"),
    r"make (lab|site-serve)": only_parsed("serves a browser until it is stopped"),
    r"make lock": only_parsed(NETWORK),
    # ------------------------------------------------------------ dlcore
    r"dlcore data check .*": desk(0, 1),  # 1 where the market has errors
    r"dlcore data (list|show|import|get|sql|quarantine)\b.*": desk(),
    r"dlcore (config init|features build|train|evaluate|backtest|predict|run)\b.*": desk(),
    r"dlcore( \w+)* --(help|version)": desk(),
    r"dlcore leaderboard( --arena \w+)?( --json)?": by_tests(
        "core/contests/test_leaderboard.py::test_the_command_enters_the_baselines_once_and_prints_every_row"
    ),
    r"dlcore benchmark ett .*": by_tests("core/contests/test_ett.py::test_the_command_prints_a_table_and_json"),
    # ------------------------------------------------------------ set-up and work on the repository
    r"(python -m )?pip install .*": only_parsed(NETWORK),
    r"conda (env create -f environment\.yml|activate pattern-pursuit)": by_tests(
        "system/test_environment.py::test_conda_users_get_the_same_versions"
    ),
    r"python3(\.\d+)? (-m venv \S+|--version)": only_parsed("the interpreter of the machine, which CI chooses"),
    r"source \.venv/bin/activate": only_parsed("changes the reader's shell; the file comes with every venv"),
    r"git (clone|switch|add|commit)\b.*|cd pattern-pursuit": only_parsed("concerns the reader's own copy"),
    r"(\.venv/bin/)?python -m pytest .*": BY_CI,  # the paths it names are looked up; `make test` runs them
    r"(\.venv/bin/)?python -m challenges\.course (fresh|names days)": house(),
    r"(\.venv/bin/)?pre-commit install": only_parsed("changes the reader's own copy"),
    r"(\.venv/bin/)?jupyter lab.*": only_parsed("serves a browser until it is stopped"),
    r"\.ci/run": Way(tests=(".ci/run",)),
}
LINES = [(page, number, line) for page in GUIDES for number, line in commands(read(page)[1])]


def way(line: str) -> Way | None:
    """The first row that knows a command."""
    return next((way for pattern, way in COVERED.items() if re.fullmatch(pattern, line)), None)


def run_make(place, *words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PYTEST"))}
    environment["PYTHONPATH"] = os.pathsep.join((str(place), str(place / "core")))
    done = subprocess.run(["make", *words], cwd=place, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def mistaken(words: list[str]) -> str | None:
    """What is wrong with a command as it is read: a target, a day, a command or a file that is not there."""
    name, rest = words[0].rpartition("/")[2], words[1:]
    if name == "make":
        days = [word.rpartition("=")[2] for word in rest if word.startswith("DAY=")]
        days += [word[4:] for word in rest if re.fullmatch(r"day-\d\d", word)]
        for day in days:
            catalog.day(int(day))
        # a shell that does nothing: even lines with $(MAKE), which `make -n` runs, have no effect
        status, said = run_make(ROOT, "-n", "SHELL=/bin/true", *rest)
        return f"make says {said.splitlines()[-1]!r}" if status else None
    if name == "dlcore":
        command = typer.main.get_command(app)
        while rest and not rest[0].startswith("-") and hasattr(command, "commands"):
            if rest[0] not in command.commands:
                return f"dlcore has no command {rest[0]!r}"
            command, rest = command.commands[rest[0]], rest[1:]
        options = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
        unknown = [word for word in rest if word.startswith("--") and word not in options | {"--help"}]
        return f"{command.name} has no option {unknown[0]}" if unknown else None
    if "pytest" in words:
        paths = [word for word in words if word.startswith("tests")]
        return next((f"{path} is not there" for path in paths if not is_test(path)), None)
    if "pip" in words:
        for extra in re.findall(r"\[([\w,]+)\]", " ".join(rest)):
            if unknown := set(extra.split(",")) - set(EXTRAS):
                return f"core/pyproject.toml has no extra {sorted(unknown)[0]!r}"
        files = [word.partition("[")[0] for word in rest if "/" in word or word.endswith((".lock", ".txt"))]
        return next((f"{file} is not there" for file in files if not (ROOT / file).exists()), None)
    return None


def is_test(name: str) -> bool:
    """Whether a file or folder of tests is there, and the function after `::` in it."""
    path, _, function = name.partition("::")
    if not (ROOT / path).exists():
        return False
    if not function:
        return True
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return function.partition("[")[0] in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("page", "number", "line"), LINES, ids=[f"{p}:{n}" for p, n, _ in LINES])
def test_a_command_is_accounted_for(page, number, line):
    found = way(line)
    assert found, f"{page}:{number}: `{line}` is not in COVERED of {__name__}.py: add a row that says how it is covered"
    assert not (wrong := mistaken(shlex.split(line))), f"{page}:{number}: `{line}`: {wrong}"
    if found.ci:
        target = "test" if "pytest" in line else line.split()[1]
        assert f"make {target}\n" in CI, f"{page}:{number}: .ci/run does not run `make {target}`"
    assert all(is_test(test) for test in found.tests), f"{page}:{number}: one of {found.tests} is not there"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_command_in_the_prose_is_one_that_there_is(page):
    said = [
        (line, part) for line, code in spoken((ROOT / page).read_text(encoding="utf-8")) for part in code.split("&&")
    ]
    for line, code in said:
        words = code.replace("=…", "=x").replace("…", "").replace('"', "").split()
        to_fill_in = any(re.fullmatch(r"[A-Z]+=?", word) for word in words)  # dlcore data show NAME
        wrong = None if to_fill_in or "planned" in line else mistaken(words)
        assert not wrong, f"{page}: `{code}`: {wrong}; mend it, or say in its line that it is planned"


# --------------------------------------------------------------------------- at the desk: a folder with prices

SMALL = {  # lines of `dlcore config init`, as a reader with few prices would change them
    "recipes": '["ENGINEERED_24"]', "train": "120", "test": "100", "validation": "40", "rounds": "10\nthreads = 1",
    "market": '"simulated-sp500?ic=0.2&assets=120&sessions=260"',
}  # fmt: skip
ENOUGH = {"model.trials=20": "model.trials=2"}  # the same line with a smaller number


@pytest.fixture(scope="module")
def small_prices(tmp_path_factory):
    """A file of 120 simulated stocks, two of them under names that the pages use."""
    panel = load_panel("simulated-sp500?ic=0.2&assets=120&sessions=260&start=2014-06-02")
    bars = panel[["open", "high", "low", "close", "volume"]].reset_coords(drop=True)
    rows = bars.to_dataframe().dropna(how="all").reset_index().rename(columns={"asset": "symbol"})
    names = dict(zip(rows["symbol"].unique()[[0, 1]], ("AAPL", "KO"), strict=True))
    path = tmp_path_factory.mktemp("prices") / "prices.csv"
    rows.assign(symbol=rows["symbol"].replace(names)).to_csv(path, index=False)
    return path


@pytest.fixture
def at_desk(small_prices, yahoo, tmp_path, monkeypatch):
    """An empty folder with `prices.csv`, a store of its own, and a Yahoo that answers on this machine."""
    days = [day.date() for day in sessions("2024-01-02", "2024-03-15")]
    yahoo.list(Listing("AAPL", days), Listing("BTC-USD", days, kind="CRYPTOCURRENCY"))
    place = tmp_path / "desk"
    place.mkdir()
    shutil.copy(small_prices, place)
    monkeypatch.chdir(place)
    return place


def typed(line: str) -> tuple[int, str]:
    """Exit code and words of a `dlcore` line, whose `> file` is written."""
    for large, small in ENOUGH.items():
        line = line.replace(large, small)
    words, _, target = line.partition(" > ")
    result = CliRunner().invoke(app, shlex.split(words)[1:])
    if target and result.exit_code == 0:
        with open(target.strip(), "w") as file:
            file.write(smaller(result.stdout) if "config init" in words else result.stdout)
    return result.exit_code, result.stdout + result.stderr + (
        "" if result.exception is None else repr(result.exception)
    )


def smaller(config: str) -> str:
    """A printed config with the numbers of a short history."""
    for key, value in SMALL.items():
        pattern = rf"^{key} = [^#\n]*?(?=  #|$)"
        config, count = re.subn(pattern, f"{key} = {value}", config, flags=re.M)
        assert count == 1, f"`dlcore config init` prints {key} {count} times: mend SMALL"
    return config


def here(place: str) -> list[tuple[str, Way]]:
    """What is to be typed at one place: each line once, in the order of the pages, the library's own first."""
    order = sorted(LINES, key=lambda line: line[0].parts[0] != "core")
    found = dict.fromkeys(line for _, _, line in order)
    return [(line, covered) for line in found if (covered := way(line)) and covered.place == place]


def test_what_is_typed_at_the_desk(at_desk):
    wrong = []
    for line, covered in here("desk"):
        code, said = typed(line)
        if code not in covered.codes:
            wrong.append(f"`{line}` ends with {code}: {said[-400:]}")
    assert not wrong, "\n".join(wrong)


# --------------------------------------------------------------------------- in a copy of the house


@pytest.fixture
def copied_house(tmp_path):
    """The repository again, on this test's own environment, with everything set up."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("core", "challenges", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".venv", "build", "tests"):
        (tmp_path / name).mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (tmp_path / ".venv" / name).symlink_to(os.path.join(sys.prefix, name))
    for stamp in (".venv/.made", ".venv/.torch", ".venv/.locked", ".venv/.ready", "build/.warm"):
        time.sleep(0.01)
        (tmp_path / stamp).touch()
    return tmp_path


def test_what_is_typed_in_a_copy_of_the_house(copied_house):
    wrong = []
    for line, covered in here("house"):
        words = shlex.split(line)
        if words[0] != "make":
            environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(copied_house), str(copied_house / "core")))}
            order = [sys.executable, *words[1:]]
            done = subprocess.run(order, cwd=copied_house, env=environment, capture_output=True, text=True, check=False)
            code, said = done.returncode, done.stdout + done.stderr
        else:
            code, said = run_make(copied_house, *words[1:])
        for module in (copied_house / "workbook").rglob("*.py"):  # a reader who has begun
            module.write_text(module.read_text().replace("raise NotImplementedError", "return None"))
        if code not in covered.codes:
            wrong.append(f"`{line}` ends with {code}: {said[-400:]}")
    assert not wrong, "\n".join(wrong)


# --------------------------------------------------------------------------- Python in the pages

PYTHON = [block for page in GUIDES for block in read(page)[1] if block.language == "python"]
#: Blocks that are compiled and not run, by a word in them, and the test that stands for each.
NOT_RUN = {
    "yahoo:sp500": "tests/core/markets/test_yahoo_panel.py::test_the_index_is_a_panel_of_today_s_members_with_sectors"
}


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: f"{block.page}:{block.first}")
def test_python_compiles_and_its_imports_are_there(block: Block):
    tree = ast.parse(block.text)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), f"{block.page}:{block.first}", "exec"), {})


@pytest.mark.parametrize("page", ["core/README.md", "data/README.md"])
def test_python_of_the_readmes_runs_from_top_to_bottom(at_desk, page):
    names: dict = {}
    for block in PYTHON:
        stands_for = next((test for word, test in NOT_RUN.items() if word in block.text), None)
        if str(block.page) == page and stands_for is None:
            exec(compile(block.text, f"{page}:{block.first}", "exec"), names)
        assert stands_for is None or is_test(stands_for)


# --------------------------------------------------------------------------- these tests can fail


def test_a_new_command_would_be_noticed():
    assert way("make tea DAY=1") is None
    assert way("dlcore brew") is None
    assert way("make all-days") is BY_CI
    assert bare("make bench  # minutes") == "make bench"
    lines = "make x\nmakes y\n  make z\n"
    assert commands([Block(None, "", 1, tuple(lines.splitlines()))]) == [(1, "make x")]
    assert len(commands([Block(None, "bash", 1, tuple(lines.splitlines()))])) == 3
    assert commands([Block(None, "text", 1, ("make x",))]) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("make tea", "No rule to make target"),
        ("make blank", "give DAY="),
        ("dlcore data brew", "dlcore has no command 'brew'"),
        ("dlcore train --now", "train has no option --now"),
        ("python -m pytest tests/none.py", "is not there"),
        ("pip install './core[tea]'", "has no extra 'tea'"),
        ("pip install ./tea", "./tea is not there"),
    ],
)
def test_what_is_not_there_is_noticed(line, says):
    assert says in mistaken(shlex.split(line))


def test_a_day_that_is_not_there_is_noticed():
    with pytest.raises(catalog.CourseError, match="DAY=99 is not there"):
        mistaken(["make", "check", "DAY=99"])
