"""The lesson's version and its graduate give the same numbers on the same random inputs."""

import importlib

import numpy as np
import pytest
from cases import ADAPTERS, CASES

from challenges.course import catalog

PAIRS = [(f"{day.name}.{pair.lesson}", pair.graduate) for day in catalog.whole() for pair in day.graduates]


def symbol(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def parts(value):
    """A nested answer, of numpy or torch, as one flat list of arrays."""
    return [part for item in value for part in parts(item)] if isinstance(value, tuple) else [np.asarray(value)]


def graduate_of(path):
    return ADAPTERS.get(path) or symbol(path)


def test_every_pair_has_a_case_and_every_case_its_pair():
    assert {lesson for lesson, _ in PAIRS} == set(CASES)


@pytest.mark.parametrize(("lesson", "graduate"), PAIRS)
@pytest.mark.parametrize("seed", range(20))
def test_lesson_and_graduate_agree(lesson, graduate, seed):
    arguments = CASES[lesson](np.random.default_rng(seed))
    by_hand, for_use = symbol(f"challenges.{lesson}")(**arguments), graduate_of(graduate)(**arguments)
    assert len(parts(by_hand)) == len(parts(for_use))
    for one, other in zip(parts(by_hand), parts(for_use), strict=True):
        assert np.shape(one) == np.shape(other)
        np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-12 * max(1.0, float(np.max(np.abs(one)))))
