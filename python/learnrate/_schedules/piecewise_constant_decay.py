"""`PiecewiseConstantDecay`: Keras's list of rates, each up to its boundary."""

from __future__ import annotations

import math

from .. import _arguments, _words
from .._config import KERAS
from .._exact import whole
from .._schedule import Schedule
from .._segments import joined
from .._value import final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._value import Field

MAX_BOUNDARIES = 65_535
"""They part 2**16 segments."""


@final
@_words.of_class
class PiecewiseConstantDecay(Schedule):
    """Rates that are held, each up to its boundary: Keras's `PiecewiseConstantDecay`.

    The learning rate is exactly::

        step <= boundaries[0]                      values[0]
        boundaries[i - 1] < step <= boundaries[i]  values[i]
        step > boundaries[-1]                      values[-1]

    A boundary belongs to the value before it, as in Keras: the update at that step is the last one with the old rate.
    In PyTorch, optax and `Phases` a boundary belongs to what follows.

    Args:
        boundaries: the last step of each value but the last one, a sequence of numbers that increase: 0, or >= 1.
        values: the rates, a sequence of finite numbers >= 0, one more than boundaries.
        name: a name, kept for Keras.

    Attributes:
        total_steps: the first whole step with the last rate; 0 without boundaries.

    Raises:
        ValueError: an argument breaks its rule; there are more than 65,535 boundaries.
        TypeError: an argument has the wrong type; the message names the place of an element.

    >>> from learnrate import PiecewiseConstantDecay
    >>> schedule = PiecewiseConstantDecay([1_000, 2_000], [1e-3, 1e-4, 1e-5])
    >>> schedule(1_000), schedule(1_001), schedule(2_001), schedule.total_steps
    (0.001, 0.0001, 1e-05, 2001)
    """

    _fields = ("boundaries", "values", "name")
    __slots__ = _fields
    __module__ = "learnrate"
    _module = KERAS
    _rates = ("values",)
    boundaries: Field[tuple[float, ...]]
    values: Field[tuple[float, ...]]
    name: Field[str]

    if TYPE_CHECKING:

        @property
        def total_steps(self) -> int: ...
        @property
        def peak_learning_rate(self) -> float: ...
        @property
        def final_learning_rate(self) -> float: ...

    def __new__(
        cls, boundaries: Sequence[float], values: Sequence[float], name: str | None = "PiecewiseConstant"
    ) -> PiecewiseConstantDecay:
        places = _arguments.items("boundaries", boundaries, "a sequence of numbers")
        if len(places) > MAX_BOUNDARIES:
            count = f"boundaries={len(places)} boundaries"
            raise ValueError(f"Argument `boundaries` must be at most {MAX_BOUNDARIES} boundaries. Received: {count}")
        places = [_arguments.count(f"boundaries[{i}]", place, least=0) for i, place in enumerate(places)]
        rates = _arguments.items("values", values, "a sequence of numbers")
        if len(places) != len(rates) - 1:
            shown, held = _arguments.show(places), _arguments.show(rates)
            raise ValueError(  # Keras's text
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={shown} of length {len(places)}, and values={held} of length {len(rates)}."
            )
        rates = [_arguments.rate(f"values[{i}]", rate) for i, rate in enumerate(rates)]
        for i in range(1, len(places)):
            if places[i] <= places[i - 1]:
                rule = f"> boundaries[{i - 1}]"
                others = {f"boundaries[{i - 1}]": places[i - 1]}
                _arguments.refuse(ValueError, f"boundaries[{i}]", rule, places[i], **others)
        name = "PiecewiseConstant" if name is None else _arguments.text("name", name)
        ends = [whole(math.nextafter(place, math.inf)) for place in places]
        pieces = [(end, "hold", rate, rate) for end, rate in zip(ends, rates, strict=False)]
        return cls._made(joined(*pieces, held=rates[-1]), tuple(places), tuple(rates), name)
