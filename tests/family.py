"""The family: one row for each class of schedules, and all that is promised of each is tested over the rows.

A new class is a row here, and its formula in `oracle.py`. The tests that take `row` run for each class, those that take
`example` for each example of each class, on both backends.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

import draws
import oracle
from draws import FAR as FAR
from draws import SHAPES as SHAPES
from draws import TO_0 as TO_0
from draws import Fields, phase
from oracle import Pieces

if TYPE_CHECKING:
    from learnrate import Schedule

RULES = {
    "rate": "a number",
    "optional rate": "a number",
    "steps": "a number",
    "text": "a string",
    "flag": "a bool",
    "factor": "a number",
    "positive factor": "a number",
    "power": "a number",
    "phases": "a sequence of phases",
    "counts": "a sequence of numbers",
    "rates": "a sequence of numbers",
}
"""What a field may be, in the words of the error for a value of another type."""
SEQUENCES = ("phases", "counts", "rates")


def one_of(texts: tuple[str, ...]) -> str:
    """In the words of the error for another one."""
    *others, last = (f'"{text}"' for text in texts)
    return f"{', '.join(others)} or {last}"


@dataclass(frozen=True, eq=False, repr=False)
class Row:
    """A class: `fields` says what each may be, in order; `examples` are valid ones by what they have of their own."""

    name: str
    fields: dict[str, str]
    defaults: Fields
    """Those of the last fields; the others are required."""
    examples: dict[str, Fields]
    """The first one has no field at its default; the bits of each are compared on every way to call a schedule."""
    changes: Fields
    """For each field of the first example another value."""
    exact: Callable[..., Pieces]
    """What the documentation says of the fields, in exact numbers."""
    draw: Callable[[random.Random], Fields]
    """Any fields, for the tests of accuracy."""
    module: str = "learnrate"
    """The module in the JSON; that of Keras where Keras has the class."""

    def __repr__(self) -> str:
        return self.name

    @cached_property
    def first(self) -> Example:
        return Example(self, *next(iter(self.examples.items())))

    @property
    def required(self) -> list[str]:
        return list(self.fields)[: len(self.fields) - len(self.defaults)]

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """The first example by name."""
        return dict(zip(self.fields, self.first.fields, strict=True))

    def config(self, fields: Fields) -> dict[str, Any]:
        """As JSON has it."""
        whole = (*fields, *self.defaults[len(fields) - len(self.required) :])
        config = dict(zip(self.fields, whole, strict=True))
        for field, kind in self.fields.items():
            if kind == "phases":
                config[field] = [written(phase) for phase in config[field]]
            elif kind in SEQUENCES:
                config[field] = list(config[field])
        return config

    def cls(self, learnrate: ModuleType) -> Any:
        return getattr(learnrate, self.name)

    def envelope(self, config: Any, **changes: Any) -> dict[str, Any]:
        registered_name = None if self.module.startswith("keras") else f"{self.module}>{self.name}"
        names = {"module": self.module, "class_name": self.name}
        return {**names, "config": config, "registered_name": registered_name, **changes}


@dataclass(frozen=True, eq=False, repr=False)
class Example:
    row: Row
    label: str
    fields: Fields

    def __repr__(self) -> str:
        return f"{self.row}: {self.label}"

    def make(self, learnrate: ModuleType) -> Schedule:
        schedule: Schedule = self.row.cls(learnrate)(*self.fields)
        return schedule

    @cached_property
    def pieces(self) -> Pieces:
        return self.row.exact(*self.fields)

    @property
    def total_steps(self) -> int | None:
        return None if self.pieces[-1].endless else math.ceil(self.pieces[-1].start)

    @property
    def extent(self) -> int:
        """The steps that a look at it takes: up to the hold or, without end, some that are telling."""
        return 100_000 if self.total_steps is None else self.total_steps

    @property
    def config(self) -> dict[str, Any]:
        return self.row.config(self.fields)


def written(phase: tuple[Any, ...]) -> dict[str, Any]:
    """A phase as JSON has it."""
    names = ("steps", "learning_rate", "shape", "power", "start")
    return dict(zip(names, (*phase, *("linear", None, None)[len(phase) - 2 :]), strict=True))


NAME = 'it\'s "mine" \N{SNOWMAN}'


def many(steps: Callable[[int], float]) -> tuple[Any, ...]:
    """40 phases, up and down, of several shapes; the ninth of no steps, some from a `start`."""
    return tuple(
        (
            0 if i == 8 else steps(i),
            (i * 7 % 11) * 1e-4,
            TO_0[i * 5 % 3 % len(TO_0)],
            None,
            2.5e-4 * (i % 4) if i % 6 == 5 else None,
        )
        for i in range(40)
    )


POWERS = (0.5, 2.0, 1e-3, 3.7, 64.0, 1000.0, 3.0)
FAST_PHASE = (3517658.700592168, 1.1633382505084754e-11, "exponential")
PHASES = ((10, 1.5), (0, 0.75, "cosine"), (90, 0.15, "cosine", None, 1.4))

ROWS = [
    Row(
        "CosineDecay",
        {
            "initial_learning_rate": "rate",
            "decay_steps": "steps",
            "alpha": "rate",
            "name": "text",
            "warmup_target": "optional rate",
            "warmup_steps": "steps",
        },
        (0.0, "CosineDecay", None, 0),
        {
            "each field": (0.25, 90, 0.1, NAME, 1.5, 10),
            "required fields": (0.1, 1000),
            "a warmup from 0": (0.0, 90_000, 0.1, "", 1e-3, 10_000),
            "a warmup that falls": (0.7, 2**26 - 1, 1e-6, "", 3e-5, 12_345_678),
            "a warmup of no steps": (0.3, 1000, 0.5, "", 0.2, 0),
            "a target of 0": (0.3, 500, 0.5, "", 0.0, 100),
            "equal rates": (0.3, 100, 1.0, "", 0.3, 50),
            "one step": (0.1, 1),
            "one step each": (0.1, 1, 0.3, "", 0.7, 1),
            "a rise": (1e-4, 2**27 - 1, 1.5, "", 0.9, 1),
            "a rise by far": (0.1, 5000, 1e6),
            "2**28 steps": (0.0, 2**27, 0.0, "", 1.1, 2**27),
            "an odd length": (5.0, 2**27 + 1, 0.999, "", 0.2, 3**19),
            "long": (1e-5, 10**12 + 39, 1e-12, "", 7e-7, 10**11),
            "tiny rates": (2e-310, 10**15, 0.5, "", 3e-308, 10**15 + 1),
            "the least rate": (5e-324, 1000, 0.5),
            "huge rates": (1.7e308, 1000, 1.7, "", 1e308, 100),
            "2**53 steps": (0.1, 2**53 - 77_777, 0.01, "", 0.6, 77_777),
            "fractional counts": (0.0, 4218.75, 0.1, "", 1e-3, 468.75),
            "counts of a share": (1e-6, 0.9 * 12_345, 0.0, "", 7e-4, 0.1 * 12_345),
            "long fractional counts": (0.2, 1e9 / 7, 0.3, "", 0.7, 2e8 / 3),
        },
        (0.26, 91, 0.2, f"{NAME} ", None, 11),
        oracle.cosine_decay,
        draws.cosine_decay,
        "keras.optimizers.schedules",
    ),
    Row(
        "ExponentialDecay",
        {
            "initial_learning_rate": "rate",
            "decay_steps": "steps",
            "decay_rate": "positive factor",
            "staircase": "flag",
            "name": "text",
        },
        (False, "ExponentialDecay"),
        {
            "each field": (0.25, 90, 0.5, True, NAME),
            "required fields": (0.1, 1000, 0.96),
            "nothing decays": (0.3, 1000, 1.0),
            "a rate of 0": (0.0, 1000, 0.5, True),
            "a rate of 0 that would grow": (0.0, 1000, 2.0),
            "fractional": (0.7, 4218.75, 1 / 3),
            "fractional stairs": (0.7, 12.3, 1 / 3, True),
            "a step to a stair": (0.7, 1, 0.999, True),
            "a power of two to a step": (0.7, 1, 0.25),
            "long": (3e-4, 10**12 + 39, 0.07),
            "long stairs": (3e-4, 2**31 + 7, 0.7, True),
            "2**53 steps": (0.1, 2**53, 0.5),
            "just below 1": (0.1, 90, 1 - 2**-53),
            "just above 1": (0.1, 1, 1 + 2**-52),
            "growth": (1e-7, 10.5, 1.2),
            "growth by stairs": (1e-7, 10, 1.2, True),
            "growth by far": (3e-310, 3, 1e300),
            "a decay by far": (1.7e308, 3, 5e-324),
            "a decay by far, by stairs": (1.7e308, 3, 1e-200, True),
            "tiny rates": (3e-310, 1000, 0.5),
            "huge rates": (1.7e308, 1000, 0.5),
        },
        (0.26, 91, 0.25, False, f"{NAME} "),
        oracle.exponential_decay,
        draws.exponential_decay,
        "keras.optimizers.schedules",
    ),
    Row(
        "InverseTimeDecay",
        {
            "initial_learning_rate": "rate",
            "decay_steps": "steps",
            "decay_rate": "factor",
            "staircase": "flag",
            "name": "text",
        },
        (False, "InverseTimeDecay"),
        {
            "each field": (0.25, 90, 0.5, True, NAME),
            "required fields": (0.1, 1000, 0.5),
            "nothing decays": (0.3, 1000, 0.0),
            "a rate of 0": (0.0, 1000, 0.5, True),
            "fractional": (0.7, 4218.75, 1 / 3),
            "fractional stairs": (0.7, 12.3, 1 / 3, True),
            "a step to a stair": (0.7, 1, 1e-3, True),
            "long": (3e-4, 10**12 + 39, 1.7),
            "long stairs": (3e-4, 2**31 + 7, 1.7, True),
            "slow": (0.1, 2**53, 1e-300),
            "fast": (1.7, 1, 1e5),
        },
        (0.26, 91, 0.25, False, f"{NAME} "),
        oracle.inverse_time_decay,
        draws.inverse_time_decay,
        "keras.optimizers.schedules",
    ),
    Row(
        "PiecewiseConstantDecay",
        {"boundaries": "counts", "values": "rates", "name": "text"},
        ("PiecewiseConstant",),
        {
            "each field": ((10, 20.5, 30), (0.1, 0.01, 0.05, 0.001), NAME),
            "one value": ((), (0.1,)),
            "from step 0": ((0,), (0.1, 0.01)),
            "equal values": ((5, 10), (0.1, 0.1, 0.2)),
            "between whole steps": ((1.25, 1.5, 1e6 / 7), (0.3, 0.1, 0.7, 0.2)),
            "long": ((2**26, 2**40 + 1, 2**53), (1e-3, 5e-324, 1.7e308, 0.0)),
            "many": (tuple(range(3, 400, 7)), tuple(i * 7 % 11 * 1e-4 for i in range(58))),
        },
        ((10, 20.5, 31), (0.1, 0.01, 0.05, 0.002), f"{NAME} "),
        oracle.piecewise_constant_decay,
        draws.piecewise_constant_decay,
        "keras.optimizers.schedules",
    ),
    Row(
        "PolynomialDecay",
        {
            "initial_learning_rate": "rate",
            "decay_steps": "steps",
            "end_learning_rate": "rate",
            "power": "power",
            "cycle": "flag",
            "name": "text",
        },
        (0.0001, 1.0, False, "PolynomialDecay"),
        {
            "each field": (0.25, 90, 0.01, 2.0, True, NAME),
            "required fields": (0.1, 1000),
            **{f"a power of {power:g}": (0.3, 1000, 0.01, power) for power in POWERS},
            **{f"a power of {power:g} to 0": (0.3, 999.5, 0.0, power) for power in (0.5, 2.0, 3.7)},
            "a rise": (1e-4, 1000, 0.9, 2.5),
            "a rise from 0": (0.0, 1000, 0.9, 0.3),
            "equal rates": (0.3, 1000, 0.3, 2.0),
            "equal rates in cycles": (0.3, 1000, 0.3, 2.0, True),
            "lines in cycles": (0.3, 90, 0.01, 1.0, True),
            "cycles to 0": (0.3, 90, 0.0, 0.5, True),
            "cycles that rise": (0.01, 90, 0.3, 3.7, True),
            "fractional cycles": (0.3, 12.3, 0.01, 2.0, True),
            "fractional cycles to 0": (0.3, 100.1, 0.0, 2.0, True),
            "cycles of a step": (0.3, 1, 0.01, 2.0, True),
            "long": (3e-4, 10**12 + 39, 1e-6, 1.7),
            "long cycles": (3e-4, 2**31 + 7, 1e-6, 1.7, True),
            "2**53 steps": (0.1, 2**53, 1e-3, 2.0),
            "tiny rates": (3e-310, 1000, 5e-324, 2.0),
            "huge rates": (1.7e308, 1000, 1e300, 2.0, True),
        },
        (0.26, 91, 0.02, 3.0, False, f"{NAME} "),
        oracle.polynomial_decay,
        draws.polynomial_decay,
        "keras.optimizers.schedules",
    ),
    Row(
        "InverseSquareRootDecay",
        {"initial_learning_rate": "rate", "timescale": "steps", "name": "text"},
        ("InverseSquareRootDecay",),
        {
            "each field": (0.25, 90, NAME),
            "required fields": (1e-2, 10_000),
            "a rate of 0": (0.0, 1000),
            "fractional": (0.7, 4218.75),
            "one step": (0.3, 1),
            "long": (7e-4, 2**53),
        },
        (0.26, 91.5, f"{NAME} "),
        oracle.inverse_square_root_decay,
        draws.inverse_square_root_decay,
    ),
    Row(
        "Phases",
        {"initial_learning_rate": "rate", "phases": "phases", "name": "text"},
        ("Phases",),
        {
            "each field": (0.25, PHASES, NAME),
            "no phases": (0.1, ()),
            "a line": (0.3, ((1000, 0.07),)),
            **{f"{shape} to 0": (0.3, (phase(1000, 0.0, shape),)) for shape in TO_0},
            **{f"{shape} that rises": (1e-4, (phase(1000, 9e-4, shape),)) for shape in SHAPES},
            **{f"{shape} that rises from 0": (0.0, (phase(999, 1e-3, shape),)) for shape in TO_0},
            **{f"{shape}, long": (7e-4, (phase(3**21, 2e-5, shape),)) for shape in SHAPES},
            # Joints that no sum of a few powers of two is.
            **{f"{shape} between tenths": (0.01, ((100.3, 0.3), phase(1000.1, 0.007, shape))) for shape in SHAPES[-2:]},
            **{f"{shape} between whole steps": (0.01, ((99.5, 0.3), phase(1e6 / 7, 0.007, shape))) for shape in SHAPES},
            "powers": (0.3, tuple((1000, 0.3 * (i % 2), "polynomial", power) for i, power in enumerate(POWERS))),
            "a power of 1": (0.3, ((1000, 0.1, "polynomial", 1.0),)),
            "exponentials": (1e-5, ((50, 0.1, "exponential"), (1, 3e-310, "exponential"), (9, 1e300, "exponential"))),
            "warmup, stable, decay": (0.0, ((1000, 3e-4), (79_000, 3e-4), (20_000, 0.0, "cosine"))),
            "no steps at all": (0.5, ((0, 0.1), (0, 0.2, "cosine", None, 7.0))),
            "no steps at the ends": (0.5, ((0, 0.1), (10, 0.4), (0, 0.3))),
            "jumps": (1.0, ((10, 1.0), (10, 0.1, "linear", None, 0.1), (30, 0.2, "cosine", None, 0.9))),
            "jumps at each end": (1.0, ((10, 0.5, "linear", None, 0.7), (0, 0.2))),
            "equal rates": (0.2, ((10, 0.2, "cosine"), (7, 0.2))),
            "one step each": (0.3, ((1, 0.7), (1, 0.1, "cosine"), (1, 0.2))),
            "long": (1e-5, ((10**12 + 39, 0.7), (3**19, 1e-9, "cosine"), (2**27 + 1, 0.5))),
            "tiny rates": (0.0, ((1000, 3e-320), (10**15, 5e-324), (77_777, 3e-308, "cosine"))),
            "huge rates": (1.7e308, ((1000, 1e302), (1000, 1.7e308, "cosine"), (10, 0.0))),
            "the largest rate": (1.5 * 2.0**971, ((10, sys.float_info.max, "square"), (10, 1e300, "inverse_time"))),
            # The steps that are done are rounded to the phase's length.
            "done before left": (1.1633382505085e-311, ((549642.1590526605, 1.1633382505085e-311), FAST_PHASE)),
            "left before done": (1.8479e-05, ((1708, 0.99, "inverse_time"), (1708, 0.3, "rex"), (1708, 0.9, "sqrt"))),
            "2**53 steps": (0.1, ((77_777, 0.6, "cosine"), (2**52, 0.01), (2**53 - 2**52 - 77_777, 0.5, "cosine"))),
            "fractional steps": (0.02, ((2.7, 0.5, "cosine"), (5.3, 0.02), (7.25, 2e-6), (1, 0.3)), "one cycle"),
            "less than a step": (0.1, ((0.5, 0.7), (2**-20, 0.3, "cosine"), (0.1, 0.5), (3, 0.1, "cosine"))),
            "long and fractional": (1e-5, ((1e12 / 7, 0.7), (3.5e8 / 3, 1e-9, "cosine"), (2**27 + 0.5, 0.5))),
            "steps that rounding leaves none": (0.1, ((10**15, 0.5), (0.01, 0.7), (10, 0.2))),
            "eight segments": (0.1, tuple((10 + i, 0.1 * (i % 3)) for i in range(7))),
            "nine segments": (0.1, tuple((10 + i, 0.1 * (i % 3), "cosine") for i in range(8))),
            "many": (0.0, many(lambda i: 1 + i * 13 % 29)),
            "many that are long": (0.0, many(lambda i: 1 + i * 10**7)),
            "many that are fractional": (0.0, many(lambda i: 1.15 + i * 1.7)),
        },
        (0.26, (*PHASES[:2], (90, 0.15, "linear", None, 1.4)), f"{NAME} "),
        oracle.phases,
        draws.phases,
    ),
]
PHASES_ROW = ROWS[-1]
EXAMPLES = [Example(row, label, fields) for row in ROWS for label, fields in row.examples.items()]
