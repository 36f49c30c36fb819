"""`python -m challenges.course`: the commands behind the Makefile's targets."""

import argparse
import json
import os
import sys
from pathlib import Path

from challenges.course import catalog
from challenges.course.catalog import ROOT, CourseError

BUILD = ROOT / "build"


def value_of(text: str) -> object:
    """A parameter from the command line: a number, a list, true, false or null as in JSON, else the text itself.

    A file or folder that is there becomes an absolute path: a lesson runs in its own folder, not in the caller's.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        path, mark, options = text.partition("?")
        is_path = (os.sep in path or Path(path).suffix) and Path(path).exists()
        return f"{Path(path).resolve()}{mark}{options}" if is_path else text


def run(options: argparse.Namespace) -> int:
    from challenges.course.run import run as run_lesson

    lesson = catalog.lesson(options.name)
    parameters = {}
    for pair in options.parameter:
        name, equals, text = pair.partition("=")
        if not equals:
            raise CourseError(f"{pair!r} is no parameter: write NAME=VALUE")
        parameters[name] = value_of(text)
    folder = BUILD / ("days" if lesson.is_day else "studies") if not parameters else BUILD / "variants"
    return 0 if run_lesson(lesson, folder / lesson.name, parameters) else 1


def table(options: argparse.Namespace) -> int:
    from challenges.course.table import records, show

    lessons = [d.lesson for d in catalog.whole()] if options.what == "days" else catalog.studies()
    return show(records(lessons, BUILD / options.what))


def names(options: argparse.Namespace) -> int:
    print(*([d.name for d in catalog.whole()] if options.what == "days" else [s.name for s in catalog.studies()]))
    return 0


def fresh(_: argparse.Namespace) -> int:
    from challenges.course.results import stale

    lines = [line for lesson in catalog.lessons() if (line := stale(lesson))]
    print("\n".join(lines) or f"{len(catalog.lessons())} notebooks: outputs were made by the code that stands there")
    return 1 if lines else 0


def verify(options: argparse.Namespace) -> int:
    import pytest

    from challenges.course.run import environment, kernel_environment

    if status := fresh(options):
        return status
    notebooks = [str(lesson.notebook.relative_to(ROOT)) for lesson in catalog.lessons()]
    arguments = ["--nbval-lax", "-p", "challenges.course.nbval_results", "-n", str(options.jobs), "--dist", "loadfile"]
    settings = ["--rootdir", str(ROOT), "-c", str(BUILD / "verify.ini"), "-p", "no:cacheprovider"]
    quiet = ["-q", "--disable-warnings"]
    BUILD.mkdir(exist_ok=True)
    (BUILD / "verify.ini").write_text("[pytest]\n")  # the notebooks' run takes none of the test suite's settings
    with environment(kernel_environment(BUILD)):
        return int(pytest.main([*arguments, *settings, *quiet, *notebooks]))


def stamp(options: argparse.Namespace) -> int:
    from challenges.course.stamp import stamp as store

    store(catalog.lesson(options.name))
    print(f"{options.name}: outputs stored")
    return 0


def blank(options: argparse.Namespace) -> int:
    from challenges.course.blank import write

    day = catalog.day(options.day)
    target = write(day, force=options.force)
    print(
        f"{target.relative_to(ROOT)}: {', '.join(day.exercises)} are yours to write; then `make check DAY={day.number}`"
    )
    return 0


def check(options: argparse.Namespace) -> int:
    from challenges.course import answers

    return answers.show_check(catalog.day(options.day))


def solution(options: argparse.Namespace) -> int:
    from challenges.course import answers

    return answers.show_solution(catalog.day(options.day), options.exercise)


def progress(_: argparse.Namespace) -> int:
    from challenges.course import answers

    return answers.show_progress(catalog.read())


def warm(_: argparse.Namespace) -> int:
    from challenges.course.warm import warm as compile_once

    compile_once()
    return 0


def parser() -> argparse.ArgumentParser:
    """Commands and their options."""
    top = argparse.ArgumentParser(prog="python -m challenges.course", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="command")

    def command(function, help_line: str, *arguments: tuple) -> None:
        sub = commands.add_parser(function.__name__, help=help_line)
        for flags, options in arguments:
            sub.add_argument(*flags, **options)
        sub.set_defaults(function=function)

    name, day = (("name",), {"help": "day_01, 00_start_here, …"}), (("day",), {"type": int})
    what = (("what",), {"choices": ("days", "studies")})
    command(run, "execute a lesson", name, (("-p", "--parameter"), {"action": "append", "default": []}))
    command(table, "the closing table", what)
    command(names, "the lessons there are", what)
    command(fresh, "are the stored outputs those of the files?")
    command(verify, "hold stored outputs against a fresh run", (("--jobs",), {"type": int, "default": 1}))
    command(stamp, "execute a lesson and store its outputs", name)
    command(blank, "empty a day's exercises", day, (("--force",), {"action": "store_true"}))
    command(check, "judge the reader's answers", day)
    command(solution, "show a solution beside the reader's attempt", day, (("exercise",), {}))
    command(progress, "which days pass")
    command(warm, "compile once what all notebooks need")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 well, 1 something failed, 2 the call was wrong."""
    options = parser().parse_args(arguments)
    try:
        return options.function(options)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
