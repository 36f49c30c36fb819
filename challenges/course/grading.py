"""Judging an answer: first against the wrong ones we have met, then against the properties of the right one."""

import contextlib
import copy
import importlib
import importlib.util
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from challenges.course.blank import functions, workbook
from challenges.course.catalog import CourseError, Day

SECONDS = 3.0  # for one exercise


class TooSlow(Exception):
    """The reader's function did not come back."""


@dataclass(frozen=True)
class Verdict:
    """What one answer deserves: passed, or one sentence about it."""

    exercise: str
    hint: str | None

    @property
    def passed(self) -> bool:
        return self.hint is None


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooSlow in this thread after `seconds`, where the platform can."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def same(a: object, b: object) -> bool:
    """Equal outputs: the same structure and shapes, the same numbers to seven digits, NaN where the other has NaN."""
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if a is None or b is None or isinstance(a, (tuple, list)) or isinstance(b, (tuple, list)):
        return a is b
    x, y = np.asarray(a), np.asarray(b)
    if x.shape != y.shape or x.dtype.kind not in "biufc" or y.dtype.kind not in "biufc":
        return False
    return bool(np.allclose(x, y, rtol=1e-7, atol=1e-12, equal_nan=True))


def answers(function: Callable, probes: list[tuple]) -> list[object]:
    """The function's outputs on the probes, each called with its own copy of the arguments."""
    return [function(*copy.deepcopy(arguments)) for arguments in probes]


def mutant_met(given: list[object], mutants: list[Callable], probes: list[tuple]) -> str | None:
    """The hint of the first mutant that gives the same outputs."""
    for mutant in mutants:
        try:
            wrong = answers(mutant, probes)
        except Exception:
            continue
        if all(same(a, b) for a, b in zip(given, wrong, strict=True)):
            return mutant.__doc__
    return None


def judge(grader: ModuleType, exercise: str, function: Callable) -> Verdict:
    """Verdict on one function, which may do anything at all."""
    grade, mutants = grader.EXERCISES[exercise]
    probes = grader.PROBES[exercise]
    try:
        with time_limit(SECONDS), np.errstate(all="ignore"):
            given = answers(function, probes)
            if any(answer is None for answer in given):
                return Verdict(exercise, "your function returns nothing")
            hint = mutant_met(given, mutants, probes)
            if hint is None:
                grade(function)
            return Verdict(exercise, hint)
    except NotImplementedError:
        return Verdict(exercise, f"not written yet: {(function.__doc__ or exercise).strip().splitlines()[0]}")
    except AssertionError as failure:
        return Verdict(exercise, (str(failure) or "a property of the right answer does not hold").splitlines()[0])
    except TooSlow:
        return Verdict(exercise, f"no answer within {SECONDS:.0f} seconds: is there an endless loop?")
    except Exception as error:  # the reader's code may raise anything; it is theirs to read, in one line
        return Verdict(exercise, f"{type(error).__name__}: {error}{_where(error, function)}")


def _where(error: Exception, function: Callable) -> str:
    code = getattr(function, "__code__", None)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if code and f.filename == code.co_filename]
    return f" (line {lines[-1]} of your {Path(code.co_filename).name})" if code and lines else ""


def grader_of(day: Day) -> ModuleType:
    """The day's grade.py."""
    return importlib.import_module(f"challenges.{day.name}.grade")


def module_of(day: Day, exercise: str) -> str:
    """The name of the day's module that holds an exercise."""
    for module in day.modules:
        if exercise in functions((day.folder / f"{module}.py").read_text(encoding="utf-8")):
            return module
    raise CourseError(f"{day.name} has no function {exercise!r}: exercises are {', '.join(day.exercises)}")


def load(path: Path) -> ModuleType:
    """A module from a file, afresh."""
    spec = importlib.util.spec_from_file_location(f"answer_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise CourseError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check(day: Day, folder: Path | None = None) -> list[Verdict]:
    """Verdicts on every exercise of a day, from the reader's workbook or another folder."""
    folder = folder or workbook(day)
    if not folder.exists():
        raise CourseError(f"there is no {folder.relative_to(day.root)}: run `make blank DAY={day.number}` first")
    grader, verdicts, modules = grader_of(day), [], {}
    for exercise in day.exercises:
        name = module_of(day, exercise)
        try:
            if name not in modules:
                modules[name] = load(folder / f"{name}.py")
            function = getattr(modules[name], exercise)
        except (AttributeError, FileNotFoundError):
            verdicts.append(Verdict(exercise, f"there is no function {exercise} in your {name}.py"))
        except Exception as error:  # the reader's module does not import: say why, judge the rest
            verdicts.append(Verdict(exercise, f"your {name}.py does not import: {type(error).__name__}: {error}"))
        else:
            verdicts.append(judge(grader, exercise, function))
    return verdicts
