"""`ExponentialDecay`: Keras's decay by a factor in every period."""

from __future__ import annotations

import math

from .. import _arguments, _words
from .._config import KERAS
from .._schedule import Schedule
from .._segments import endless
from .._value import final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._value import Field


@final
@_words.of_class
class ExponentialDecay(Schedule):
    """A decay by a factor in every period, without end: Keras's `ExponentialDecay`.

    The learning rate is::

        initial_learning_rate * decay_rate**(step / decay_steps)

    With `staircase` it is held for `decay_steps` at a time: `floor(step / decay_steps)` takes the place of
    `step / decay_steps`. The floor is that of the float64 quotient, as in Keras. Steps count up to
    2**53 there.

    The rate is exactly `initial_learning_rate` at step 0. It is within 2.75 ULP of the formula in exact arithmetic. It
    never turns from one whole step to the next, up to step 2**49. With a `decay_rate` > 1 it grows, up to the largest
    float64.

    Args:
        initial_learning_rate: the rate at step 0, a finite number >= 0.
        decay_steps: optimizer updates to a period, a number >= 1.
        decay_rate: what the rate is multiplied by in a period, a finite number > 0.
        staircase: whether the rate is held within a period.
        name: a name, kept for Keras.

    Attributes:
        total_steps: None: the decay has no end. 0 where nothing decays: where `decay_rate` is 1, or the rate 0.
        final_learning_rate: the limit, 0; None where the rate grows; `initial_learning_rate` where nothing decays.
        peak_learning_rate: `initial_learning_rate`; None where the rate grows.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> from learnrate import ExponentialDecay
    >>> schedule = ExponentialDecay(0.1, decay_steps=1_000, decay_rate=0.25)
    >>> schedule(0), schedule(500), schedule(1_000), schedule.total_steps
    (0.1, 0.05, 0.025, None)
    >>> schedule.replace(staircase=True)(1_999)
    0.025
    """

    _fields = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")
    __slots__ = _fields
    __module__ = "learnrate"
    _module = KERAS
    _rates = ("initial_learning_rate",)
    initial_learning_rate: Field[float]
    decay_steps: Field[float]
    decay_rate: Field[float]
    staircase: Field[bool]
    name: Field[str]

    def __new__(
        cls,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "ExponentialDecay",
    ) -> ExponentialDecay:
        initial_learning_rate = _arguments.rate("initial_learning_rate", initial_learning_rate)
        decay_steps = _arguments.count("decay_steps", decay_steps, least=1)
        decay_rate = _arguments.positive("decay_rate", decay_rate)
        staircase = _arguments.flag("staircase", staircase)
        name = "ExponentialDecay" if name is None else _arguments.text("name", name)
        limit = 0.0 if decay_rate < 1.0 else initial_learning_rate
        if decay_rate > 1.0 and initial_learning_rate:
            limit = math.inf
        parameters = (decay_rate, float(decay_steps), float(staircase))
        segments = endless("exponential", initial_learning_rate, limit, *parameters)
        return cls._made(segments, initial_learning_rate, decay_steps, decay_rate, staircase, name)
