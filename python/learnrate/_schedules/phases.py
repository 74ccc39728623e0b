"""`Phases`: phases one after another, then hold."""

from __future__ import annotations

from .. import _arguments, _config, _words
from .._exact import SHORTEST, steps_of, units
from .._schedule import Schedule
from .._segments import Piece, lay
from .._value import Value, final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from .._value import Field

SHAPES = ("linear", "cosine", "rex", "sqrt", "square", "inverse_time", "exponential", "polynomial")
TO_0_NEVER = {"inverse_time": "1 / rate has no end at 0", "exponential": "no factor leads to 0 or from it"}
"""The shapes that lead neither to 0 nor from it, and why."""
MAX_PHASES = 65_535
"""With the hold after them 2**16 segments."""


@final
@_words.of_class
class Phase(Value):
    """One of `Phases`: in so many steps to that rate.

    With `a` and `b` the rates where the phase starts and ends, and `u` the share of its steps that are done::

        "linear"        a + (b - a) * u
        "cosine"        a + (b - a) * (1 - cos(pi * u)) / 2
        "sqrt"          a + (b - a) * sqrt(u): down to 0, the 1-sqrt cooldown of Hägele et al. 2024, arXiv 2405.18392
        "square"        a + (b - a) * u**2
        "polynomial"    b + (a - b) * (1 - u)**power: counted from the end, so that a power of 2 is not "square"
        "exponential"   a * (b / a)**u, for a and b > 0
        "inverse_time"  1 / (1 / a + (1 / b - 1 / a) * u), for a and b > 0, at most 1e100 apart
        "rex"           b + (a - b) * (1 - u) / (1 - u / 2), of Chen et al. 2021, arXiv 2107.04197

    Each is within a few ULP of its formula in exact arithmetic. At whole steps of up to 2**26 that is 1.5 for "square",
    2.5 for "linear", "rex" and "inverse_time", 2.75 for "exponential", 4 for "sqrt", 5 for "cosine" that rises at most
    tenfold, and 5.5 for "polynomial" of powers up to 50. The page on accuracy has the rest: longer phases, fractional
    steps, and phases that start or end between whole steps.

    Args:
        steps: optimizer updates that the phase takes, a number >= 0; between 0 and 1, as in PyTorch's one-cycle, at
            least 2**-20. A phase of 0 is skipped: its rate is where the next one starts.
        learning_rate: the rate that it leads to, a finite number >= 0.
        shape: how the rate gets there, one of those above.
        power: the power of "polynomial", a number > 0, at most 1000; None for every other shape.
        start: the rate where the phase starts; None for the rate where the one before it ended. At a jump the new rate
            holds.

    Raises:
        ValueError: an argument breaks its rule.
        TypeError: an argument has the wrong type; bool is not a number here.

    >>> from learnrate import Phase
    >>> Phase(20_000, 0.0, "cosine")
    Phase(steps=20000, learning_rate=0.0, shape='cosine')
    """

    _fields = ("steps", "learning_rate", "shape", "power", "start")
    _rates = ("learning_rate", "start")
    __slots__ = _fields
    __module__ = "learnrate"
    steps: Field[float]
    learning_rate: Field[float]
    shape: Field[str]
    power: Field[float | None]
    start: Field[float | None]

    def __new__(
        cls,
        steps: float,
        learning_rate: float,
        shape: str = "linear",
        power: float | None = None,
        start: float | None = None,
    ) -> Phase:
        return cls._checked("", steps, learning_rate, shape, power, start)

    @classmethod
    def _checked(
        cls, place: str, steps: Any, learning_rate: Any, shape: Any = "linear", power: Any = None, start: Any = None
    ) -> Phase:
        """The phase; errors name the place that it has among others."""
        steps = _arguments.count(f"{place}steps", steps, least=0, shortest=SHORTEST)
        learning_rate = _arguments.rate(f"{place}learning_rate", learning_rate)
        shape = _arguments.text(f"{place}shape", shape)
        if shape not in SHAPES:
            *others, last = (f'"{known}"' for known in SHAPES)
            rule = f"{', '.join(others)} or {last}"
            _arguments.refuse(ValueError, f"{place}shape", rule, shape)
        if shape == "polynomial":
            if power is None:
                _arguments.refuse(ValueError, f"{place}power", "a number for this shape", power, shape=shape)
            power = _arguments.power(f"{place}power", power)
        elif power is not None:
            _arguments.refuse(ValueError, f"{place}power", "None for this shape", power, shape=shape)
        if start is not None:
            start = _arguments.rate(f"{place}start", start)
        return object.__new__(cls)._set(steps, learning_rate, shape, power, start)

    def __init_subclass__(cls) -> None:
        raise TypeError("type 'learnrate.Phase' is not an acceptable base type")


@final
@_words.of_class
class Phases(Schedule):
    """Phases one after another, then hold.

    Each `Phase` leads in so many steps to its rate, from where the one before it ended or from a `start` of its own,
    which is a jump. A step where two phases meet belongs to the later one: at a jump the new rate holds. After the last
    phase the rate is held. Without phases the rate is constant.

    The rate is exact where phases meet. Within a phase it never turns: at whole steps of a phase of up to 2**49 steps
    it never rises on the way down, and never falls on the way up. `Phase` has formulas and bounds.

    Args:
        initial_learning_rate: the rate at step 0, where the first phase starts; a finite number >= 0.
        phases: a sequence of phases, each a `Phase`, a tuple of its fields, or a dict of them.
        name: a name.

    Raises:
        ValueError: an argument breaks its rule; the phases are over 65,535, or over 2**53 steps long in all.
        TypeError: an argument has the wrong type; the message names the place of a phase.

    >>> from learnrate import Phase, Phases
    >>> schedule = Phases(0.0, [Phase(1_000, 3e-4), Phase(79_000, 3e-4), Phase(20_000, 0.0, "cosine")])
    >>> schedule(500), schedule(40_000), schedule(90_000), schedule.total_steps
    (0.00015, 0.0003, 0.00015, 100000)
    >>> Phases(1.0, [(10, 1.0), (10, 0.1, "linear", None, 0.1)])(10)  # a jump
    0.1
    """

    _fields = ("initial_learning_rate", "phases", "name")
    _rates = ("initial_learning_rate", "phases")
    _makers = "such as linear_decay or warmup_stable_decay"
    __slots__ = _fields
    __module__ = "learnrate"
    initial_learning_rate: Field[float]
    phases: Field[tuple[Phase, ...]]
    name: Field[str]

    if TYPE_CHECKING:

        @property
        def total_steps(self) -> int: ...
        @property
        def peak_learning_rate(self) -> float: ...
        @property
        def final_learning_rate(self) -> float: ...

    def __new__(
        cls,
        initial_learning_rate: float,
        phases: Sequence[Phase | tuple[Any, ...] | Mapping[str, Any]],
        name: str | None = "Phases",
    ) -> Phases:
        initial_learning_rate = _arguments.rate("initial_learning_rate", initial_learning_rate)
        given = _arguments.items("phases", phases, "a sequence of phases")
        if len(given) > MAX_PHASES:
            count = f"phases={len(given)} phases"
            raise ValueError(f"Argument `phases` must be at most {MAX_PHASES} phases. Received: {count}")
        checked = tuple([_phase(f"phases[{i}]", phase) for i, phase in enumerate(given)])
        name = "Phases" if name is None else _arguments.text("name", name)
        total = 0
        for phase in checked:
            total += units(phase.steps)
            if total > units(_arguments.MAX_STEPS):
                steps = steps_of(total)
                more = "" if steps > _arguments.MAX_STEPS else "more than "
                received = f"phases={more}{steps} steps"
                raise ValueError(f"Argument `phases` must be at most 2**53 steps long. Received: {received}")
        rate = initial_learning_rate
        pieces: list[Piece] = [(0, "hold", rate, rate)]
        for phase in checked:
            first, rate = rate if phase.start is None else phase.start, phase.learning_rate
            check_rates(f"phases[{len(pieces) - 1}].learning_rate", phase, first)
            parameters: tuple[float, ...] = () if phase.power is None else (phase.power,)
            pieces.append((phase.steps, phase.shape, first, rate, *parameters))
        return cls._made(lay(*pieces), initial_learning_rate, checked, name)

    @_words.known
    def with_warmup(self, steps: float, initial: float = 0.0) -> Phases:
        """The schedule after a linear warmup from `initial` to its first rate: one more phase.

        Args:
            steps: optimizer updates that the warmup takes, 0 or a number >= 1.
            initial: the rate at step 0.

        Raises:
            ValueError, TypeError: as the constructor does.

        >>> import learnrate
        >>> learnrate.constant(0.5).with_warmup(100)
        Phases(initial_learning_rate=0.0, phases=(Phase(steps=100, learning_rate=0.5),))
        """
        steps = _arguments.count("steps", steps, least=0)
        initial = _arguments.rate("initial", initial)
        if not steps:
            return self
        return Phases(initial, (Phase(steps, self(0)), *self.phases), self.name)


def without_power(shape: Any) -> str:
    """A shape for whoever has no argument for its power."""
    plain = _arguments.text("shape", shape)
    if plain == "polynomial":
        _arguments.refuse(ValueError, "shape", "a shape without a power: Phases takes 'polynomial'", shape)
    return plain


def check_rates(argument: str, phase: Phase, first: float) -> None:
    """Refuses the rate that a phase leads to, by the argument that it came from, where its shape cannot lead there."""
    shape, last = phase.shape, phase.learning_rate
    low, top = (first, last) if first < last else (last, first)
    if shape not in TO_0_NEVER or not phase.steps or first == last:
        return
    if not low:
        rule = f"> 0 where the shape is '{shape}', from and to: {TO_0_NEVER[shape]}; 'linear' leads there"
    elif shape == "inverse_time" and top / low > 1e100:
        rule = "within a factor of 1e100 of the rate that the phase starts from"
    else:
        return
    raise ValueError(f"Argument `{argument}` must be {rule}. Received: {argument}={last!r}, from {first!r}")


def _phase(place: str, given: Any) -> Phase:
    """A phase from one, from a tuple of its fields, or from a mapping."""
    if isinstance(given, Phase):
        return given
    if isinstance(given, tuple):  # no list, which in JSON would be a second form that other readers refuse
        if not 2 <= len(given) <= len(Phase._fields):
            _arguments.refuse(ValueError, place, f"the fields of a phase, {', '.join(Phase._fields)}", given)
        return Phase._checked(f"{place}.", *given)
    if not _config.is_mapping(given):
        _arguments.refuse(TypeError, place, "a Phase, or a tuple or dict of its fields", given)
    return Phase._checked(f"{place}.", **_config.checked(place, given, known=Phase._fields, required=Phase._fields[:2]))
