"""Steps in, rates out: every kind of step, `out`, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def schedule(CosineDecay):
    return CosineDecay(0.25, decay_steps=90, alpha=0.1, warmup_target=1.5, warmup_steps=10)


def test_scalars_give_python_floats(schedule):
    for step in (7, 7.0, np.int8(7), np.float32(7), np.array(7), np.longdouble(7)):
        assert type(schedule(step)) is float
        assert schedule(step) == schedule(7)
