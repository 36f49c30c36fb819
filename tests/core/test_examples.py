"""Every example in a docstring of dlcore runs and prints what it says."""

import ast
import doctest
from pathlib import Path

import pytest

import dlcore

ROOT = Path(dlcore.__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
#: What a reader looks up first: each has an example.
WITH_ONE = {
    "markets.sources.load_panel",
    "markets.simulate.processes.ar1",
    "features.recipes.build_features",
    "features.factors.momentum",
    "targets.returns.forward_return",
    "targets.folds.WalkForward",
    "windows.cube.make_windows",
    "evaluation.ic.information_coefficient",
    "evaluation.performance.sharpe",
    "evaluation.drawdown.max_drawdown",
    "evaluation.luck.deflated_sharpe",
    "evaluation.comparison.diebold_mariano",
    "evaluation.leaks.assert_causal",
    "risk.coverage.kupiec",
    "risk.conformal.conformal_quantile",
    "risk.calibration.fit_temperature",
    "handwritten.attention.softmax",
    "handwritten.gradcheck.gradient_check",
    "nn.dot_product.attention",
    "nn.dot_product.causal_mask",
    "models.ridge.Ridge",
    "backtest.portfolio.overlapping_weights",
    "backtest.vectorized.run_vectorized",
    "backtest.costs.Costs",
}


def docstrings(path: Path) -> dict[str, tuple[str, int]]:
    """Docstrings of a file that hold examples, with the line at which each begins, by dotted name; nothing is run."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    found, waiting = {}, [(module, ast.parse(path.read_text(encoding="utf-8")))]
    while waiting:
        name, node = waiting.pop()
        text = ast.get_docstring(node)
        if text and ">>>" in text:
            found[name] = (text, node.body[0].lineno)
        inside = (ast.FunctionDef, ast.ClassDef)
        waiting += [(f"{name}.{child.name}", child) for child in node.body if isinstance(child, inside)]
    return found


EXAMPLES = {name: (path, *found) for path in sorted(ROOT.rglob("*.py")) for name, found in docstrings(path).items()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_prints_what_it_says(name):
    path, text, line = EXAMPLES[name]
    test = doctest.DocTestParser().get_doctest(text, {}, name, str(path), line - 1)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append)
    assert not said, "".join(said)


def test_what_is_looked_up_first_has_an_example():
    assert sorted(WITH_ONE - set(EXAMPLES)) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short_and_imports_what_it_uses(name):
    path, text, _ = EXAMPLES[name]
    sources = [example.source for example in doctest.DocTestParser().get_examples(text)]
    assert 2 <= len(sources) <= 8, f"{path}: {name}: {len(sources)} lines: give 2 to 8"
    public = name.rpartition(".")[2]
    assert any("import" in source and public in source for source in sources), f"{name}: show where it is imported from"


def test_an_example_that_is_wrong_is_noticed():
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append)
    assert "Expected:" in "".join(said)
