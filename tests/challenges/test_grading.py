"""Every blank fails, every solution passes, every mutant gets its own hint and fools no grader."""

import importlib
import time
from types import SimpleNamespace

import numpy as np
import pytest

from challenges.course import catalog
from challenges.course.grading import check, grader_of, judge, load, module_of, same

EXERCISES = [(day, exercise) for day in catalog.whole() for exercise in day.exercises]
MUTANTS = [
    (day, exercise, mutant)
    for day, exercise in EXERCISES
    for mutant in importlib.import_module(f"challenges.{day.name}.grade").EXERCISES[exercise][1]
]


def solution(day, exercise):
    return getattr(load(day.folder / f"{module_of(day, exercise)}.py"), exercise)


@pytest.mark.parametrize(("day", "exercise"), EXERCISES, ids=lambda x: getattr(x, "name", x))
def test_solutions_pass(day, exercise):
    assert judge(grader_of(day), exercise, solution(day, exercise)).hint is None


@pytest.mark.parametrize(("day", "exercise", "mutant"), MUTANTS, ids=lambda x: getattr(x, "__name__", str(x))[:20])
def test_mutants_get_their_own_hint_and_fool_no_grader(day, exercise, mutant):
    grader = grader_of(day)
    assert judge(grader, exercise, mutant).hint == mutant.__doc__
    with pytest.raises(AssertionError):
        grader.EXERCISES[exercise][0](mutant)


@pytest.mark.parametrize("day", catalog.whole(), ids=lambda day: day.name)
def test_a_day_is_judged_in_under_five_seconds(day):
    start = time.process_time()
    assert all(verdict.passed for verdict in check(day, day.folder))
    assert time.process_time() - start < 5


def tiny_grader():
    def grade_double(double):
        assert double(3) == 6, "twice three is six"

    def squares(x):
        "You squared it."
        return x * x

    return SimpleNamespace(EXERCISES={"double": (grade_double, [squares])}, PROBES={"double": [(5.0,), (7.0,)]})


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda x: 2 * x, None),
        (lambda x: x * x, "You squared it."),
        (lambda x: x + 1, "twice three is six"),
        (lambda x: None, "your function returns nothing"),
        (lambda x: x.nonsense, "AttributeError: 'float' object has no attribute 'nonsense'"),
    ],
)
def test_every_kind_of_answer_gets_one_sentence(answer, hint):
    found = judge(tiny_grader(), "double", answer).hint
    assert found == hint if hint is None else found.startswith(hint)
    assert found is None or "\n" not in found


def test_a_blank_is_told_what_to_write():
    def double(x):
        """Twice x."""
        raise NotImplementedError

    assert judge(tiny_grader(), "double", double).hint == "not written yet: Twice x."


def test_an_endless_loop_is_told(monkeypatch):
    monkeypatch.setattr("challenges.course.grading.SECONDS", 0.2)

    def double(x):
        while True:
            x += 1

    assert "endless loop" in judge(tiny_grader(), "double", double).hint


def test_answers_cannot_spoil_the_probes():
    grader = tiny_grader()
    grader.PROBES["double"] = [(np.array([1.0, 2.0]),)]
    grader.EXERCISES["double"] = (lambda f: None, grader.EXERCISES["double"][1])

    def double(x):
        x *= 2
        return x

    assert judge(grader, "double", double).passed
    np.testing.assert_array_equal(grader.PROBES["double"][0][0], [1.0, 2.0])


def test_same_compares_structure_shape_numbers_and_nan():
    one = np.array([1.0, np.nan])
    assert same((one, 2), (one.copy(), 2.0))
    assert not same((one, 2), (one, 2, 3))
    assert not same(one, one[:, None])
    assert not same(one, np.array([1.0, 0.0]))
    assert not same(np.array([1.0]), np.array([1.00001]))
    assert not same("a", 1.0)
    assert not same(None, 1.0)
