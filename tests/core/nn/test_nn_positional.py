"""Positions equal those in numpy, the calendar's rows its columns; and the coins of dropout fall as they should."""

import numpy as np
import pandas as pd
import pytest
import torch
from drawn import NEEDS_CUDA, normal
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from dlcore import handwritten as by_hand
from dlcore.features.calendar import calendar_features
from dlcore.nn import CalendarEmbedding, Dropout, LearnedPositions, SinusoidalPositions, rotary
from dlcore.nn.dropout import dropout
from dlcore.nn.positional import sinusoidal


@settings(max_examples=25)
@given(
    lead=st.lists(st.integers(1, 3), max_size=2),
    length=st.integers(1, 6),
    half=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_codes_and_turns_equal_those_in_numpy(lead, length, half, seed):
    generator = torch.Generator().manual_seed(seed)
    x = normal(generator, *lead, length, 2 * half)
    places = torch.randint(-(10**6), 10**6, (length,), generator=generator)
    np.testing.assert_allclose(sinusoidal(places, 2 * half), by_hand.sinusoidal(places.numpy(), 2 * half), atol=1e-9)
    turned = rotary(x, places)
    np.testing.assert_allclose(turned.detach(), by_hand.rotary(x.detach().numpy(), places.numpy()), atol=1e-9)
    up = torch.randn(x.shape, generator=generator, dtype=torch.float64)
    expected = by_hand.rotary_backward(up.numpy(), places.numpy())
    np.testing.assert_allclose(torch.autograd.grad(turned, x, up)[0], expected, atol=1e-9)
    near = rotary(x.float(), places)  # at a million, a float32 angle would be off by .003
    assert near.dtype == torch.float32
    assert float((near - turned).detach().abs().max()) < 1e-5


def test_sinusoids_are_added_by_place():
    x = torch.randn(3, 5, 8)
    ours = SinusoidalPositions(8)
    codes = torch.tensor(by_hand.sinusoidal(np.arange(5), 8), dtype=torch.float32)
    torch.testing.assert_close(ours(x), x + codes)
    ago = torch.tensor([[-4, -3, -2, -1, 0]]).expand(3, 5)
    torch.testing.assert_close(ours(x, ago), x + torch.tensor(by_hand.sinusoidal(ago.numpy(), 8), dtype=torch.float32))
    assert ours(x.to(torch.bfloat16)).dtype == torch.bfloat16
    assert not ours.state_dict()


def test_learned_positions_equal_the_table_in_numpy():
    ours, x = LearnedPositions(7, 4).double(), torch.randn(2, 5, 4, dtype=torch.float64)
    table = ours.table.detach().numpy()
    torch.testing.assert_close(ours(x), x + torch.tensor(by_hand.learned(table, np.arange(5))))
    places = torch.tensor([[6, 0, 0, 3, 1], [2, 2, 2, 2, 2]])
    out = ours(x, places)
    torch.testing.assert_close(out, x + torch.tensor(by_hand.learned(table, places.numpy())))
    up = torch.randn(2, 5, 4, dtype=torch.float64)
    expected = by_hand.learned_backward(up.numpy(), places.numpy(), rows=7)
    np.testing.assert_allclose(torch.autograd.grad(out, ours.table, up)[0], expected, atol=1e-12)


def test_every_column_of_the_calendar_has_its_part():
    days = calendar_features(pd.bdate_range("2014-03-03", "2014-04-16").to_numpy())
    columns = list(days.data_vars)
    values = torch.tensor(days.to_array("column").transpose("date", "column").to_numpy())
    ours = CalendarEmbedding(columns, 6).double()
    out = ours(values)
    numbers = [name for name in columns if name not in ours.tables]
    expected = []
    for row in values.tolist():
        day = dict(zip(columns, row, strict=True))
        parts = [ours.tables[name].weight[int(day[name])] for name in ours.tables]
        near = [1 / (1 + day[name]) if name.startswith("sessions_") else day[name] for name in numbers]
        weights = ours.numbers.weight.T
        expected.append(sum(parts) + sum(n * w for n, w in zip(near, weights, strict=True)))
    torch.testing.assert_close(out, torch.stack(expected))
    assert len(columns) == 14
    slopes = torch.autograd.grad(out.pow(2).sum(), list(ours.parameters()))
    assert all(slope.abs().sum() > 0 for slope in slopes)
    assert gradcheck(lambda *_: ours(values[:3]), tuple(ours.parameters()))
    assert ours(values.view(1, *values.shape)).shape == (1, len(values), 6)


def test_a_holiday_that_never_comes_is_infinitely_far():
    ours = CalendarEmbedding(["sessions_to_holiday"], 4)
    assert not ours(torch.tensor([[torch.nan]])).any()
    torch.testing.assert_close(ours(torch.tensor([[1.0]])), ours(torch.tensor([[0.0]])) / 2)


@settings(max_examples=20)
@given(p=st.floats(0, 0.95), size=st.integers(0, 70), seed=st.integers(0, 99), double=st.booleans())
def test_dropout_loses_or_grows(p, size, seed, double):
    torch.manual_seed(seed)
    x = torch.randn(size, 3, dtype=torch.float64 if double else torch.float32, requires_grad=True)
    out = dropout(x, p)
    assert out.shape == x.shape
    assert out.dtype == x.dtype
    kept = out != 0
    torch.testing.assert_close(out[kept], x[kept] / (1 - p), rtol=2e-3, atol=0)
    (slope,) = torch.autograd.grad(out.sum(), x)
    torch.testing.assert_close(slope, kept * (1 / (1 - p)), rtol=2e-3, atol=0, check_dtype=False)


@pytest.mark.parametrize("p", [0.01, 0.1, 0.5, 0.9])
def test_dropout_is_right_on_average_in_every_lane(p):
    torch.manual_seed(0)
    kept = dropout(torch.ones(50_000, 4), p) != 0  # four coins come from one word
    error = 5 * (p * (1 - p) / 50_000) ** 0.5
    assert (kept.float().mean(0) - (1 - p)).abs().max() < error
    lanes = torch.corrcoef(kept.T.double())
    assert (lanes - torch.eye(4)).abs().max() < 5 / 50_000**0.5
    assert float(dropout(torch.ones(10**6), p).mean()) == pytest.approx(1, abs=5 * (p / (1 - p) / 10**6) ** 0.5)


def test_dropout_is_seeded_and_rests_in_evaluation():
    ours, x = Dropout(0.5), torch.randn(100)
    draws = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        draws.append(ours(x))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert ours.eval()(x) is x
    assert dropout(x, 0) is x
    assert (dropout(x.to(torch.bfloat16), 0.5) == 0).any()


X = torch.ones(2, 3, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SinusoidalPositions(3), "width=3 is not allowed: give an even number ≥ 2"),
        (lambda: SinusoidalPositions(4, base=1), "base=1 is not allowed"),
        (lambda: SinusoidalPositions(4)(X[..., :2]), r"x has shape \(2, 3, 2\): give \(batch, length, 4\)"),
        (lambda: SinusoidalPositions(4)(X, torch.arange(2)), r"positions have shape \(2,\): give 3 of them"),
        (lambda: LearnedPositions(0, 4), "length=0 is not allowed"),
        (lambda: LearnedPositions(2, 4)(X), "x has 3 tokens, the table 2 rows"),
        (lambda: LearnedPositions(5, 4)(X, torch.tensor([0, 5, 1])), "position 5 is not in the table: give integers"),
        (lambda: LearnedPositions(5, 4)(X, torch.tensor([0, -1, 1])), "position -1 is not in the table"),
        (lambda: LearnedPositions(5, 4)(X, torch.ones(3)), "give integers, a table has no row between two"),
        (lambda: rotary(X, torch.arange(2)), r"positions \(2,\) for x \(2, 3, 4\): give one for each token"),
        (lambda: rotary(X[..., :3], torch.arange(3)), "width=3 is not allowed"),
        (
            lambda: CalendarEmbedding(["weekday"], 4),
            "column 'weekday' is not in the calendar: give some of day_of_week",
        ),
        (lambda: CalendarEmbedding(["month", "month"], 4), "give at least one, each once"),
        (lambda: CalendarEmbedding([], 4), "give at least one"),
        (lambda: CalendarEmbedding(["month"], 0), "width=0 is not allowed"),
        (lambda: CalendarEmbedding(["month"], 4)(torch.zeros(2, 1)), "month=0.0 is not allowed: give integers from 1"),
        (lambda: CalendarEmbedding(["half_day"], 4)(torch.tensor([torch.nan])), "half_day=nan is not allowed"),
        (lambda: CalendarEmbedding(["month"], 4)(torch.ones(2, 2)), r"x has shape \(2, 2\): give \(…, 1\)"),
        (lambda: Dropout(1), "dropout=1 is not allowed: give a number from 0 to below 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


@NEEDS_CUDA
def test_positions_on_a_gpu_equal_those_on_the_cpu():
    x, places = torch.randn(2, 5, 8), torch.arange(5)
    for one in (SinusoidalPositions(8), LearnedPositions(5, 8)):
        torch.testing.assert_close(one.cuda()(x.cuda()).cpu(), one.cpu()(x))
    torch.testing.assert_close(rotary(x.cuda(), places.cuda()).cpu(), rotary(x, places))


@NEEDS_CUDA
def test_dropout_on_a_gpu_is_right_on_average():
    assert float(dropout(torch.ones(10**6, device="cuda"), 0.3).mean()) == pytest.approx(1, abs=0.005)
