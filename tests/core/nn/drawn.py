"""What the tests of this room draw at random: tensors, and weights that no initialisation would give."""

import pytest
import torch

TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5, torch.bfloat16: 3e-2}
NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch.cuda.is_available() is False here")


def normal(generator, *shape, dtype=torch.float64):
    """Standard normal numbers that ask for a gradient."""
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()


def redraw(module, generator, dtype=torch.float64):
    """The module with random weights, gains and biases: fresh ones hide most mistakes."""
    module.to(dtype)
    with torch.no_grad():
        for parameter in module.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.copy_(noise * (0.5 if parameter.ndim > 1 else 1.0))
    return module


def borrowed(theirs):
    """The weights of one of torch's layers, by our names."""
    names = {"self_attn": "attention", "in_proj_": "projection.", "out_proj": "output"}
    names |= {"linear1": "expand", "linear2": "contract", "norm1": "first_norm", "norm2": "second_norm"}
    state = {}
    for name, value in theirs.state_dict().items():
        for old, new in names.items():
            name = name.replace(old, new)
        state[name] = value
    return state


def tiny(x, generator):
    """One sequence of size 1e-3 among the others: what an ε in the wrong place would spoil."""
    with torch.no_grad():
        x[int(torch.randint(len(x), (), generator=generator))] *= 1e-3
    return x


def assert_close(ours, theirs, dtype):
    """Equal to the tolerance of the dtype, times the largest number there is."""
    assert ours.dtype == theirs.dtype == dtype
    assert torch.isfinite(ours).all()
    scale = max(1.0, float(theirs.detach().abs().max())) if theirs.numel() else 1.0
    torch.testing.assert_close(ours, theirs, rtol=0, atol=TOLERANCE[dtype] * scale)


def assert_same_steps(ours, theirs, leaves, upstream, dtype):
    """Two outputs of the same leaves agree, and so does every gradient."""
    assert_close(ours, theirs, dtype)
    for one, other in zip(
        *(torch.autograd.grad(out, leaves, upstream, retain_graph=True) for out in (ours, theirs)), strict=True
    ):
        assert_close(one, other, dtype)


def assert_same_on_gpu(there, here, dtype):
    """What a GPU says is what the CPU says, but for the order of its sums."""
    there, here = there.detach().cpu(), here.detach()
    assert torch.isfinite(there).all()
    assert float((there - here).abs().max()) <= 10 * TOLERANCE[dtype] * max(1.0, float(here.abs().max()))
