"""`InverseSquareRootDecay`: a decay by 1 over the square root of time."""

from __future__ import annotations

from .. import _arguments, _words
from .._schedule import Schedule
from .._segments import endless
from .._value import final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._value import Field


@final
@_words.of_class
class InverseSquareRootDecay(Schedule):
    """A decay by 1 over the square root of time, without end.

    The learning rate is::

        initial_learning_rate * sqrt(timescale / (timescale + step))

    It is what follows the warmup in transformers' `get_inverse_sqrt_schedule`, in T5 (Raffel et al. 2020, arXiv
    1910.10683) and in the Transformer (Vaswani et al. 2017, arXiv 1706.03762).

    The rate is exactly `initial_learning_rate` at step 0. Up to step 2**500 it is within 2.5 ULP of the formula in
    exact arithmetic. It never rises.

    Args:
        initial_learning_rate: the rate at step 0, a finite number >= 0.
        timescale: optimizer updates after which the rate has fallen by the square root of 2, a number >= 1.
        name: a name.

    Attributes:
        total_steps: None: the decay has no end. 0 where the rate is 0.
        final_learning_rate: the limit, 0.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> from learnrate import InverseSquareRootDecay
    >>> schedule = InverseSquareRootDecay(1e-2, timescale=10_000)
    >>> schedule(0), schedule(30_000), schedule(990_000), schedule.total_steps
    (0.01, 0.005, 0.001, None)
    """

    _fields = ("initial_learning_rate", "timescale", "name")
    __slots__ = _fields
    __module__ = "learnrate"
    _rates = ("initial_learning_rate",)
    initial_learning_rate: Field[float]
    timescale: Field[float]
    name: Field[str]

    if TYPE_CHECKING:

        @property
        def peak_learning_rate(self) -> float: ...
        @property
        def final_learning_rate(self) -> float: ...

    def __new__(
        cls, initial_learning_rate: float, timescale: float, name: str | None = "InverseSquareRootDecay"
    ) -> InverseSquareRootDecay:
        initial_learning_rate = _arguments.rate("initial_learning_rate", initial_learning_rate)
        timescale = _arguments.count("timescale", timescale, least=1)
        name = "InverseSquareRootDecay" if name is None else _arguments.text("name", name)
        segments = endless("inverse_square_root", initial_learning_rate, 0.0, float(timescale))
        return cls._made(segments, initial_learning_rate, timescale, name)
