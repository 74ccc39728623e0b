"""`InverseTimeDecay`: Keras's decay by 1 over time."""

from __future__ import annotations

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
class InverseTimeDecay(Schedule):
    """A decay by 1 over time, without end: Keras's `InverseTimeDecay`.

    The learning rate is::

        initial_learning_rate / (1 + decay_rate * step / decay_steps)

    With `staircase` it is held for `decay_steps` at a time: `floor(step / decay_steps)` takes the place of
    `step / decay_steps`. The floor is that of the float64 quotient, as in Keras. Steps count up to
    2**53 there.

    The rate is exactly `initial_learning_rate` at step 0. Up to step 2**500 it is within 2.5 ULP of the formula in
    exact arithmetic. It never rises from one whole step to the next, up to step 2**49.

    Args:
        initial_learning_rate: the rate at step 0, a finite number >= 0.
        decay_steps: optimizer updates to a period, a number >= 1.
        decay_rate: what the rate is divided by grows by so much in a period; a number from 0 to 1e100.
        staircase: whether the rate is held within a period.
        name: a name, kept for Keras.

    Attributes:
        total_steps: None: the decay has no end. 0 where nothing decays.
        final_learning_rate: the limit, 0; `initial_learning_rate` where nothing decays.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> from learnrate import InverseTimeDecay
    >>> schedule = InverseTimeDecay(0.1, decay_steps=1_000, decay_rate=0.5)
    >>> schedule(0), schedule(2_000), schedule(18_000), schedule.total_steps
    (0.1, 0.05, 0.01, None)
    >>> schedule.replace(staircase=True)(2_999)
    0.05
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

    if TYPE_CHECKING:

        @property
        def peak_learning_rate(self) -> float: ...
        @property
        def final_learning_rate(self) -> float: ...

    def __new__(
        cls,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "InverseTimeDecay",
    ) -> InverseTimeDecay:
        initial_learning_rate = _arguments.rate("initial_learning_rate", initial_learning_rate)
        decay_steps = _arguments.count("decay_steps", decay_steps, least=1)
        decay_rate = _arguments.rate("decay_rate", decay_rate)
        if decay_rate > 1e100:
            _arguments.refuse(ValueError, "decay_rate", "<= 1e100", decay_rate)
        staircase = _arguments.flag("staircase", staircase)
        name = "InverseTimeDecay" if name is None else _arguments.text("name", name)
        parameters = (decay_rate, float(decay_steps), float(staircase))
        limit = 0.0 if decay_rate else initial_learning_rate
        segments = endless("inverse_time", initial_learning_rate, limit, *parameters)
        return cls._made(segments, initial_learning_rate, decay_steps, decay_rate, staircase, name)
