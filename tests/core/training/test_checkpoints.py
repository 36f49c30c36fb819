"""A run killed at any operation on the disk goes on and ends with the same weights, bit by bit."""

import json

import numpy as np
import pytest
import torch
from killed import interrupted
from toy import CPU, batches, net, one_thread, squares, weights  # noqa: F401 -- a fixture

from dlcore.training import TrainingConfig, read_tensors, train

CONFIG = TrainingConfig(epochs=4, learning_rate=0.05, patience=2, **CPU)


def run(folder=None, config=CONFIG, module=None):
    """Weights and history of a run with dropout and a validation period."""
    module = module or net(dropout=0.4)
    training = train(module, squares, batches(), config, validation=batches(seed=5, n=40), folder=folder)
    return weights(module), training


def told(training):
    """The history without its clock."""
    return [{k: v for k, v in epoch.items() if k != "seconds"} for epoch in training.history], training.best_epoch


def test_a_run_killed_at_any_operation_ends_with_the_same_weights(tmp_path):
    expected, whole = run()
    at, killed = 0, True
    while killed:
        at += 1
        folder = tmp_path / f"run{at}"
        killed = interrupted(lambda folder=folder: run(folder), at)
        found, training = run(folder)
        assert torch.equal(found, expected), f"killed at operation {at}"
        assert told(training) == told(whole)
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        assert [json.loads(line) for line in lines] == list(training.history)
        assert {file.name for file in folder.iterdir()} == {"checkpoint.safetensors", "metrics.jsonl"}
    assert at > 4 * 6, "four checkpoints: open, write, sync, rename, open and sync of the folder"


def test_a_run_killed_twice_ends_with_the_same_weights(tmp_path):
    expected, whole = run()
    for at in (14, 9, 7):  # the last two count what mends the metrics first
        assert interrupted(lambda: run(tmp_path / "run"), at)
    found, training = run(tmp_path / "run")
    assert torch.equal(found, expected)
    assert told(training) == told(whole)


def test_half_a_line_of_metrics_is_mended(tmp_path):
    _, training = run(tmp_path, TrainingConfig(epochs=2, **CPU))
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text(metrics.read_text()[:-9])
    run(tmp_path, TrainingConfig(epochs=2, **CPU))
    assert [json.loads(line) for line in metrics.read_text().splitlines()] == list(training.history)


def test_a_finished_run_is_not_done_again(tmp_path):
    expected, training = run(tmp_path)
    written = (tmp_path / "checkpoint.safetensors").read_bytes()
    found, again = run(tmp_path, module=net(dropout=0.4, seed=77))
    assert torch.equal(found, expected)
    assert again == training
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == written


def test_the_checkpoint_is_plain_tensors_and_json(tmp_path):
    _, training = run(tmp_path)
    tensors, about = read_tensors(tmp_path / "checkpoint.safetensors")
    assert {name.partition("/")[0] for name in tensors} == {"weights", "best", "generator", "moments"}
    told_ = json.loads(about["run"])
    assert told_["history"] == list(training.history)
    assert told_["best_epoch"] == training.best_epoch
    assert told_["config"]["patience"] == 2
    steps = [tensor for name, tensor in tensors.items() if name.endswith(".step")]
    assert [float(step) for step in steps] == [len(training.history) * 6.0] * 4  # 90 samples in 16s, four weights


def test_another_run_in_the_folder_is_refused(tmp_path):
    run(tmp_path)
    with pytest.raises(ValueError, match="holds a run with epochs=4, not 5: give a new folder"):
        run(tmp_path, TrainingConfig(epochs=5, learning_rate=0.05, patience=2, **CPU))
    with pytest.raises(ValueError, match="holds a run of another module: give a new folder"):
        run(tmp_path, module=torch.nn.Sequential(torch.nn.Linear(5, 1)))
    content = (tmp_path / "checkpoint.safetensors").read_bytes()
    (tmp_path / "checkpoint.safetensors").write_bytes(content[:-5])
    with pytest.raises(ValueError, match="is no whole safetensors file"):
        run(tmp_path)
    (tmp_path / "checkpoint.safetensors").write_bytes(content.replace(b'"format":"1"', b'"format":"9"'))
    with pytest.raises(ValueError, match="no checkpoint that this version reads"):
        run(tmp_path)


def test_a_run_goes_on_on_another_device(tmp_path):
    run(tmp_path, TrainingConfig(epochs=1, device="auto"))
    _, training = run(tmp_path, TrainingConfig(epochs=1, device="cpu", precision="float32"))
    assert np.isfinite(training.history[0]["validation"])
