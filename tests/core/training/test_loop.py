"""The loop against one written out, its stop, its chance, and what it refuses."""

import io
import json
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.live import Live
from torch import nn
from toy import CPU, batches, data, net, one_thread, squares, weights  # noqa: F401 -- a fixture

from dlcore.nn import LearnedPositions
from dlcore.training import IndexBatches, TrainingConfig, autocast, choose_device, train
from dlcore.training.config import learning_rate
from dlcore.training.optimiser import make_optimiser
from dlcore.training.progress import terminal


@pytest.mark.parametrize("part", ["learning", "judging"])
def test_a_loss_that_is_not_one_number_a_sample_is_refused(part):
    def everyone_against_everyone(module, batch):
        x, y = batch
        return (module(x) - y) ** 2 if module.training == (part == "learning") else (module(x)[:, 0] - y) ** 2

    with pytest.raises(ValueError, match=r"loss has shape \(16, 16\): give one number for each sample"):
        train(net(), everyone_against_everyone, batches(), TrainingConfig(epochs=1, **CPU), validation=batches(n=16))
    with pytest.raises(ValueError, match=r"loss has shape \(\)"):
        train(net(), lambda m, b: squares(m, b).mean(), batches(), TrainingConfig(epochs=1, **CPU))


def test_it_is_the_loop_that_one_would_write():
    config = TrainingConfig(epochs=3, learning_rate=0.01, weight_decay=0.3, clip_norm=2.0, seed=7, **CPU)
    ours, theirs = net(), net()
    training = train(ours, squares, batches(), config)

    x, y = data()
    matrices, vectors = ([p for p in theirs.parameters() if p.ndim == n] for n in (2, 1))
    optimiser = torch.optim.AdamW([{"params": matrices}, {"params": vectors, "weight_decay": 0}], weight_decay=0.3)
    rates = np.concatenate([[0.01], 0.01 * (0.05 + 0.95 * (1 + np.cos(np.pi * np.arange(1, 18) / 17)) / 2)])
    rates, clipped, means = iter(rates), 0, []
    for epoch in range(3):
        order, losses = np.random.default_rng([7, epoch]).permutation(90), []
        for start in range(0, 90, 16):
            picked = order[start : start + 16]
            rate = next(rates)
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.zero_grad()
            each = (theirs(x[picked])[:, 0] - y[picked]) ** 2
            each.mean().backward()
            norm = torch.sqrt(sum((p.grad**2).sum() for p in theirs.parameters()))
            clipped += norm > 2.0
            for p in theirs.parameters():
                p.grad *= min(1.0, float(2.0 / norm))
            optimiser.step()
            losses += each.tolist()
        means.append(np.mean(losses))
    assert 0 < clipped < 18, "both branches are walked"
    torch.testing.assert_close(weights(ours), weights(theirs), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose([epoch["train"] for epoch in training.history], means, rtol=1e-5)
    assert training.best_epoch == 3
    assert not ours.training


@settings(max_examples=60)
@given(steps=st.integers(1, 400), warm_up=st.floats(0, 0.99), floor=st.floats(0, 1))
def test_the_rate_rises_once_falls_once_and_ends_on_the_floor(steps, warm_up, floor):
    config = TrainingConfig(learning_rate=2.0, warm_up=warm_up, floor=floor)
    rates = np.array([learning_rate(config, step, steps) for step in range(steps)])
    warm = round(warm_up * steps)
    assert ((rates > 0) | (floor == 0)).all()
    assert rates.max() <= 2.0
    assert (np.diff(rates[:warm]) > 0).all()
    assert (np.diff(rates[max(warm - 1, 0) :]) <= 1e-12).all()
    if warm:
        assert rates[warm - 1] == pytest.approx(2.0)
    if warm < steps:
        assert rates[-1] == pytest.approx(2.0 * floor, abs=1e-12)


def test_validation_stops_and_chooses_and_never_teaches():
    config = TrainingConfig(epochs=40, learning_rate=0.05, patience=3, **CPU)
    judged, alone = net(), net()
    chosen = train(judged, squares, batches(), config, validation=batches(seed=5, n=40))
    losses = [epoch["validation"] for epoch in chosen.history]
    assert chosen.best_epoch == 1 + int(np.argmin(losses))
    assert len(losses) == chosen.best_epoch + 3 < 40

    steps = train(alone, squares, batches(), config)
    assert [e["train"] for e in steps.history[: len(losses)]] == [e["train"] for e in chosen.history]
    x, y = data(seed=5, n=40)
    with torch.no_grad():
        assert float(squares(judged, (x, y)).mean()) == pytest.approx(min(losses), rel=1e-6)
        assert float(squares(alone, (x, y)).mean()) > min(losses)


def test_a_loss_is_the_mean_over_samples_whatever_the_batches():
    config = TrainingConfig(epochs=1, **CPU)
    found = [
        train(net(), squares, batches(), config, validation=batches(seed=5, n=50, size=size)).history[0]["validation"]
        for size in (50, 49, 7)
    ]
    np.testing.assert_allclose(found, found[0], rtol=1e-6)


def test_the_seed_decides_all_and_leaves_the_chance_of_others_alone():
    config = TrainingConfig(epochs=2, seed=3, **CPU)
    torch.manual_seed(99)
    before = torch.get_rng_state()
    first, second, other = net(0.5), net(0.5), net(0.5)
    train(first, squares, batches(), config)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(10)
    train(second, squares, batches(), config)
    train(other, squares, batches(), TrainingConfig(epochs=2, seed=4, **CPU))
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), weights(other))


def test_biases_norms_and_embeddings_do_not_decay():
    module = nn.ModuleDict({"e": nn.Embedding(3, 4), "l": nn.Linear(4, 4), "n": nn.LayerNorm(4), "r": nn.LSTM(4, 2)})
    module["p"] = LearnedPositions(3, 4)
    names = {id(weight): name for name, weight in module.named_parameters()}
    decaying, others = make_optimiser(module, TrainingConfig(weight_decay=0.1)).param_groups
    assert {names[id(p)] for p in decaying["params"]} == {"l.weight", "r.weight_ih_l0", "r.weight_hh_l0"}
    assert (decaying["weight_decay"], others["weight_decay"]) == (0.1, 0.0)
    assert len(decaying["params"]) + len(others["params"]) == len(names)


def test_half_precision_is_for_those_who_have_it_or_ask():
    here = torch.device("cpu")
    for precision, kind in (("auto", torch.float32), ("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with autocast(here, precision):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == kind
    module = net()
    training = train(module, squares, batches(), TrainingConfig(epochs=5, learning_rate=0.02, precision="bfloat16"))
    assert weights(module).dtype == torch.float32
    assert training.history[-1]["train"] < training.history[0]["train"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_learns_what_the_cpu_learns():
    x, y = data()
    ours, theirs = net(), net()
    config = TrainingConfig(epochs=3, precision="float32", device="cpu")
    train(ours, squares, batches(), config)
    there = IndexBatches(lambda index: (x[index].cuda(), y[index].cuda()), 90, 16)
    train(theirs, squares, there, TrainingConfig(epochs=3, precision="float32", device="cuda"))
    torch.testing.assert_close(weights(ours), weights(theirs.cpu()), rtol=1e-3, atol=1e-4)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal_and_silence_elsewhere(monkeypatch, capsys):
    train(net(), squares, batches(), TrainingConfig(epochs=1, **CPU))
    assert capsys.readouterr() == ("", "")

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    train(net(), squares, batches(), TrainingConfig(epochs=2, **CPU))
    assert "epoch" in screen.getvalue()
    assert "2/2" in screen.getvalue()


def test_a_terminal_is_judged_anew_when_stderr_is_another_one(monkeypatch):
    # rich decides once, when a console is made, whether bars can be drawn: one made for a file must not serve a screen.
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not terminal().is_interactive
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert terminal().is_interactive
    with Live("a bar", console=terminal()) as bar:
        assert terminal() is bar.console  # rich puts its own stderr before ours while a bar is drawn


def test_metrics_are_one_line_of_json_for_each_epoch(tmp_path):
    config = TrainingConfig(epochs=3, **CPU)
    training = train(net(), squares, batches(), config, validation=batches(seed=5), folder=tmp_path / "run")
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == list(training.history)
    assert training.seconds == sum(json.loads(line)["seconds"] for line in lines)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"epochs": 0}, "epochs=0 is not allowed: give an integer ≥ 1"),
        ({"epochs": True}, "epochs=True"),
        ({"patience": 0}, "patience=0"),
        ({"seed": -1}, "seed=-1"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 is not allowed: give a finite number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate=nan"),
        ({"weight_decay": -1.0}, "weight_decay=-1.0"),
        ({"warm_up": 1.0}, r"warm_up=1.0 is not allowed: give a share of all steps in \[0, 1\)"),
        ({"floor": 1.5}, "floor=1.5"),
        ({"clip_norm": 0.0}, "clip_norm=0.0"),
        ({"device": "tpu"}, "device='tpu' is not allowed: give one of auto, cpu, cuda"),
        ({"precision": "float8"}, "precision='float8'"),
    ],
)
def test_settings_that_are_not_allowed(settings_, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**settings_)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: choose_device("cuda:99"), "device='cuda:99' is not here"),
        (lambda: choose_device("cuda:x"), "device='cuda:x' is not here"),
        (lambda: choose_device("mps"), "device='mps' is not here"),
        (lambda: train(nn.ReLU(), squares, batches(), TrainingConfig()), "ReLU has no trainable weight"),
        (lambda: IndexBatches(lambda index: index, 0, 4), "samples=0 is not allowed"),
        (lambda: IndexBatches(lambda index: index, 4, 0), "size=0 is not allowed"),
        (
            lambda: train(net(), lambda m, b: squares(m, b) * np.nan, batches(), TrainingConfig(**CPU)),
            "the train loss of epoch 1 is nan: give a lower learning_rate",
        ),
        (
            lambda: train(net(), squares, batches(), TrainingConfig(**CPU), validation=_spoilt()),
            "the validation loss of epoch 1 is inf",
        ),
    ],
)
def test_bad_input_gets_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def _spoilt() -> IndexBatches:
    x, y = data(n=4)
    return IndexBatches(lambda index: (x[index], y[index] + np.inf), 4, 4)
