"""`PolynomialDecay`: Keras's decay by a power of what is left, once or in cycles."""

from __future__ import annotations

from .. import _arguments, _words
from .._config import KERAS
from .._schedule import Schedule
from .._segments import endless, lay
from .._value import final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._value import Field


@final
@_words.of_class
class PolynomialDecay(Schedule):
    """A decay by a power of the steps that are left, then hold: Keras's `PolynomialDecay`.

    The learning rate is::

        step < decay_steps    end_learning_rate
                              + (initial_learning_rate - end_learning_rate) * (1 - step / decay_steps)**power
        step >= decay_steps   end_learning_rate

    With `cycle` it is not held: the least multiple of `decay_steps` that is not less than the step, and not 0, takes
    the place of `decay_steps`. At a multiple the rate is still `end_learning_rate`; after it the rate jumps, and falls
    for as long again, each time from a lower rate. Which multiple it is, is the ceiling of the float64 quotient
    `step / decay_steps`, as in Keras. Steps count up to 2**53 there.

    The rate is exactly `initial_learning_rate` at step 0, and `end_learning_rate` from `decay_steps` on or, with
    `cycle`, at its multiples. At other whole steps it is within 5.5 ULP of the formula in exact arithmetic for powers
    up to 50, a line within 2.5; the page on accuracy has the rest. Up to `decay_steps` it never turns from one whole
    step to the next, if these are at most 2**49.

    Args:
        initial_learning_rate: the rate at step 0, a finite number >= 0.
        decay_steps: optimizer updates that the decay takes, a number >= 1.
        end_learning_rate: the rate that the decay leads to, a finite number >= 0.
        power: 1 is a line; the greater, the faster the decay is at first. A number > 0, at most 1000.
        cycle: whether the rate jumps after `decay_steps`, and decays again.
        name: a name, kept for Keras.

    Attributes:
        total_steps: `decay_steps`, rounded up to a whole step; None with `cycle`. 0 where `cycle` has equal rates.
        final_learning_rate: `end_learning_rate`.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> from learnrate import PolynomialDecay
    >>> schedule = PolynomialDecay(0.5, decay_steps=1_000, end_learning_rate=0.0, power=2.0)
    >>> schedule(0), schedule(500), schedule(1_000), schedule.total_steps
    (0.5, 0.125, 0.0, 1000)
    >>> cycles = schedule.replace(cycle=True)
    >>> cycles(1_000), cycles(1_500), cycles(2_000)
    (0.0, 0.03125, 0.0)
    """

    _fields = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")
    __slots__ = _fields
    __module__ = "learnrate"
    _module = KERAS
    _rates = ("initial_learning_rate", "end_learning_rate")
    initial_learning_rate: Field[float]
    decay_steps: Field[float]
    end_learning_rate: Field[float]
    power: Field[float]
    cycle: Field[bool]
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
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = "PolynomialDecay",
    ) -> PolynomialDecay:
        initial_learning_rate = _arguments.rate("initial_learning_rate", initial_learning_rate)
        decay_steps = _arguments.count("decay_steps", decay_steps, least=1)
        end_learning_rate = _arguments.rate("end_learning_rate", end_learning_rate)
        power = _arguments.power("power", power)
        cycle = _arguments.flag("cycle", cycle)
        name = "PolynomialDecay" if name is None else _arguments.text("name", name)
        if cycle:
            segments = endless("polynomial", initial_learning_rate, end_learning_rate, power, float(decay_steps))
        else:
            segments = lay((decay_steps, "polynomial", initial_learning_rate, end_learning_rate, power))
        return cls._made(segments, initial_learning_rate, decay_steps, end_learning_rate, power, cycle, name)

    def _advice(self) -> list[str]:
        initial, end = self.initial_learning_rate, self.end_learning_rate
        if end <= initial:
            return []
        default = ", the default," if end == 0.0001 else ""
        return [
            f"end_learning_rate = {end:.6g}{default} is above initial_learning_rate = {initial:.6g}: the rate rises."
        ]
