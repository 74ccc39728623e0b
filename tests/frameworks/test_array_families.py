"""The promise of other libraries' arrays, for each class: float32 rates within 6 ULP of exact ones, 8 in segments of
more than 2**24 steps; float64 ones as NumPy's; no step rounded or refused; traced, differentiated, mapped, and lazy.

Each example of the family is asked around its joints, in the middle of its segments, and anywhere. The other libraries
evaluate the segments, which do not depend on the backend: one test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from types import ModuleType
from typing import Any

import array_api_strict
import dask.array
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from family import EXAMPLES, SHAPES, Example
from float32 import (
    BEYOND_FLOAT32,
    FLOAT32,
    FLOAT64,
    IN_FLOAT32,
    INT32,
    LONG_FLOAT32,
    UINT32,
    bound,
    float32_error,
    in_float32,
    joints,
    longest,
    telling,
)
from oracle import spacing

import learnrate

each_in_float32 = pytest.mark.parametrize("fitting", IN_FLOAT32, ids=str)


def test_the_examples_are_telling() -> None:
    segments = [len(example.pieces) for example in IN_FLOAT32]
    assert min(segments) == 1  # a constant
    assert max(segments) >= 40
    assert {*SHAPES, "hold", "inverse_square_root"} == {
        piece.shape for example in IN_FLOAT32 for piece in example.pieces
    }
    assert max(map(longest, IN_FLOAT32)) > INT32
    assert {bound(example) for example in IN_FLOAT32} > {FLOAT32, LONG_FLOAT32}
    assert {example.row.name for example in IN_FLOAT32} == {example.row.name for example in EXAMPLES}


@each_in_float32
@pytest.mark.parametrize(
    ("evaluate", "make", "most"),
    [
        (jax.jit, lambda steps: jnp.asarray(steps.astype(np.int32)), INT32),
        (jax.jit, lambda steps: jnp.asarray(steps.astype(np.uint32)), UINT32),
        (lambda schedule: schedule, torch.asarray, 2**53),
    ],
    ids=["jax int32", "jax uint32", "torch int64"],
)
def test_whole_steps(fitting: Example, evaluate: Any, make: Callable[[np.ndarray], Any], most: int) -> None:
    schedule = fitting.make(learnrate)
    steps = telling(fitting, most)
    exact = schedule(steps)
    rates = evaluate(schedule)(make(steps))
    assert "float32" in str(rates.dtype)
    assert float32_error(rates, exact) <= bound(fitting)
    at_joints = np.isin(steps, joints(fitting))
    near = np.where(exact < 2.0**-126, 0.0, exact)  # XLA takes what is less for 0
    off = np.abs(np.asarray(rates)[at_joints].astype(np.float64) - in_float32(near[at_joints]))
    assert (off < 2.0**-126).all()


@each_in_float32
def test_float32_steps(fitting: Example) -> None:
    schedule = fitting.make(learnrate)
    # Steps and joints are taken in float32, which has all up to 2**24. A joint from 2**25 on is too far to matter.
    last = min((math.ceil(piece.start) for piece in fitting.pieces if 2**24 < piece.end < 2**25), default=2**24)
    whole = telling(fitting, last)
    steps = np.unique(np.r_[whole, whole[whole < 2**20] + 0.25, whole[whole < 2**20] + 0.625]).astype(np.float32)
    for rates in (jax.jit(schedule)(jnp.asarray(steps)), schedule(torch.asarray(steps))):
        assert float32_error(rates, schedule(steps)) <= bound(fitting)


def test_float64_has_the_bits_of_numpy(example: Example) -> None:
    schedule = example.make(learnrate)
    whole = telling(example)
    steps = np.r_[whole, whole[whole < 2**50] + 0.375].astype(np.float64)
    exact = schedule(steps)
    by_torch = schedule(torch.asarray(steps)).numpy()
    if {"sqrt", "inverse_square_root"} & {piece.shape for piece in example.pieces}:
        # PyTorch's square root of many numbers may be one ULP off, which may carry over into the next one of the rate.
        assert (np.abs(by_torch - exact) <= 2 * spacing(exact)).all()
    else:
        assert (by_torch == exact).all()
    with np.errstate(over="ignore"):  # the library is NumPy, and growth overflows
        assert (np.asarray(schedule(array_api_strict.asarray(steps))) == exact).all()
        assert (np.asarray(schedule(array_api_strict.asarray(whole))) == exact[: whole.size]).all()  # its default
    lazy = schedule(dask.array.from_array(whole, chunks=100))
    assert isinstance(lazy, dask.array.Array)
    assert (lazy.compute() == exact[: whole.size]).all()


def test_float64_in_jax(example: Example) -> None:
    schedule = example.make(learnrate)
    steps = telling(example)
    exact = schedule(steps)
    with jax.enable_x64(True):
        for dtype in (np.int64, np.uint64, np.float64):
            rates = jax.jit(schedule)(jnp.asarray(steps.astype(dtype)))
            assert rates.dtype == jnp.float64
            # XLA takes subnormal rates for 0, and the products before them.
            unit = np.maximum(spacing(exact), 2.0**-1022)
            assert (np.abs(np.asarray(rates) - exact) <= FLOAT64 * unit).all(), dtype


@each_in_float32
def test_what_cannot_be_refused(fitting: Example) -> None:
    schedule = fitting.make(learnrate)
    first, last, far = in_float32(np.array([schedule(step) for step in (0, math.inf, 1e30)]))
    odd = np.array([-1.0, -np.inf, np.inf, 1e30, np.nan, -0.0], np.float32)
    whole = np.array([-1, -(2**31)], np.int32)
    for evaluate, make in ((jax.jit(schedule), jnp.asarray), (schedule, torch.asarray), (schedule, dask.array.asarray)):
        rates = np.asarray(evaluate(make(odd)))
        known = np.array([first, first, last, far, np.nan, first], np.float32)
        known = np.where(known < 2.0**-126, np.float32(0), known)
        assert np.isnan(rates[4])
        # Subnormal ones may be 0.
        for i in (0, 1, 2, 5):
            assert math.isclose(rates[i], known[i], rel_tol=0.0, abs_tol=2.0**-126)
        assert float32_error(rates[3], far) <= bound(fitting)
        assert float32_error(np.asarray(evaluate(make(whole))), np.full(2, schedule(0))) <= 0.5  # rounded


@each_in_float32
def test_gradients_are_the_slopes(fitting: Example) -> None:
    schedule = fitting.make(learnrate)
    lines = [
        piece for piece in fitting.pieces[:-1] if piece.shape == "linear" and piece.length > 3 and piece.start < 2**24
    ]
    inside = np.array([piece.start + piece.length // 3 for piece in lines])
    slopes = np.array([float((piece.last - piece.first) / Fraction(piece.length)) for piece in lines])
    steps = np.r_[np.inf, 3e38, inside, telling(fitting, 2**24)].astype(np.float32)
    steps = np.resize(steps, 1024)  # of one length, so that what JAX compiles for one serves all
    given = torch.tensor(steps, requires_grad=True)
    rates = schedule(given)
    assert rates.requires_grad == any(piece.first != piece.last for piece in fitting.pieces)
    if rates.requires_grad:
        rates.sum().backward()
    by_torch = np.zeros(steps.shape) if given.grad is None else given.grad.numpy()
    for found in (by_torch, np.asarray(jax.vmap(jax.grad(schedule))(jnp.asarray(steps)))):
        assert np.isfinite(found).all()
        assert (found[:2] == 0.0).all()  # held
        # A joint, the span, the steps and their quotient are rounded; the span is not small beside the joints.
        assert (np.abs(found[2 : slopes.size + 2] - slopes) <= 4 * 2.0**-24 * np.abs(slopes) + 2.0**-126).all()


@each_in_float32
def test_mapped_as_called(fitting: Example) -> None:
    schedule = fitting.make(learnrate)
    steps = telling(fitting, INT32)
    steps = steps[: steps.size // 3 * 3].reshape(3, -1)
    mapped = torch.func.vmap(schedule)(torch.asarray(steps))
    assert torch.equal(mapped, schedule(torch.asarray(steps)))
    by_jax = jax.jit(jax.vmap(schedule))(jnp.asarray(steps.astype(np.int32)))
    assert float32_error(by_jax, schedule(steps)) <= bound(fitting)


def test_both_backends_evaluate_the_segments(packages: list[ModuleType], example: Example) -> None:
    steps = torch.asarray(telling(example), dtype=torch.float64)
    first, *others = (example.make(package) for package in packages)
    for other in others:
        assert torch.equal(first(steps), other(steps))
        assert repr(first.segments) == repr(other.segments)


@pytest.mark.parametrize("beyond", BEYOND_FLOAT32, ids=str)
def test_rates_beyond_float32(beyond: Example) -> None:
    schedule = beyond.make(learnrate)
    for make in (jnp.asarray, torch.asarray):
        with pytest.raises(ValueError, match=r"^A rate of the schedule is too large for float32\. Received: "):
            schedule(make([5]))
