"""A pytest plugin beside nbval: the results cell is compared number by number, with the tolerances it stored."""

import pytest

from challenges.course.results import disagreements, is_results, printed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    outcome = yield  # raises where the cell itself failed
    if hasattr(item, "cell") and is_results(item.cell):
        stored, fresh = printed(item.cell.outputs, item.nodeid), printed(item.test_outputs or [], item.nodeid)
        if lines := disagreements(stored, fresh):
            pytest.fail("results differ from those stored:\n  " + "\n  ".join(lines), pytrace=False)
    return outcome
