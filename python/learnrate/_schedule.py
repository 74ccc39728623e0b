"""`Schedule`: what every class of schedules is and does. Evaluation is the backend's."""

from __future__ import annotations

import math

from . import _arguments, _backend, _config, _words
from ._value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    import inspect
    from collections.abc import Mapping
    from typing import Any, Self

    from matplotlib.axes import Axes

    from ._segments import Segment
    from ._value import Field


class _CallSignature:
    """`inspect.signature(schedule)`, which a native `__call__` lacks; the class has that of its constructor."""

    def __get__(self, schedule: Schedule | None, owner: type) -> inspect.Signature | None:
        import inspect
        from types import MethodType

        from ._curve import Curve

        if schedule is None:
            return None
        call = inspect.signature(MethodType(Curve.__call__, schedule))
        step, out = call.parameters.values()
        return call.replace(parameters=[step.replace(default=step.empty), out])


class Schedule(Value, _backend.Curve):
    """A learning-rate schedule: an immutable value, and a function of the step.

    This is the base of every class of schedules, for `isinstance` and annotations. It cannot be made.

    A step is the number of optimizer updates already done: `schedule(0)` is the rate of the first update. Steps are
    whole or fractional, from 0 to infinity. The same step gives the same bits alone or in an array, on every machine.

    Calling a schedule: a number, or 0-d array, gives a Python float (Keras gives a tensor); an array of any int or
    float dtype, a `range` or a nested sequence gives a float64 array of its shape. `out=` takes a float64 or float32
    array of that shape to write into, which is returned; it may be the array of the steps. A negative or NaN step is a
    ValueError that names it, and leaves `out` with unspecified content.

    An array of PyTorch, JAX, Dask or another library that speaks the array API (CuPy: untested) gives an array of that
    library, on its device, lazy or traced where the steps are; `torch.compile` traces it once `learnrate.torch` is
    imported. float32 and float64 steps keep their dtype, other numbers give the library's default float dtype. float32
    rates are within 8 float32 ULP (a power p within 8 + p / 8; lines and cosines of up to 2**24 whole steps within 6),
    at every whole step that comes as an int, or as a float32 in a schedule of up to 2**24 steps. Stairs and cycles of a
    fractional period are right up to step 2**20, but for a step less than 1/10 before a stair, or less than 1/1000 from
    the end of a cycle. Nothing can be refused there without waiting for the device: a negative step has the rate of
    step 0, and NaN stays NaN.

    >>> import learnrate
    >>> schedule = learnrate.warmup_stable_decay(3e-4, 100_000, warmup_steps=1_000, decay_steps=20_000)
    >>> isinstance(schedule, learnrate.Schedule)
    True
    >>> schedule(500), schedule(90_000), schedule(range(0, 1_000, 250))
    (0.00015, 0.00015, array([0.00e+00, 7.50e-05, 1.50e-04, 2.25e-04]))
    """

    __slots__ = ("__weakref__", "_all_segments")
    __module__ = "learnrate"
    __signature__: Any = _CallSignature()
    _module = "learnrate"
    _all_segments: tuple[Segment, ...]
    _settable: tuple[str, ...] = ()  # what `replace` takes beside the fields
    _makers = "its constructor"  # what has arguments for what is derived, where `replace` has none
    name: Field[str]

    def __new__(cls, *_: Any, **__: Any) -> Self:
        raise TypeError("learnrate.Schedule cannot be made: make one of the classes of schedules")

    @classmethod
    def _made(cls, segments: tuple[Segment, ...], *fields: Any) -> Self:
        """From checked fields and what they stand for."""
        self = _backend.Curve.__new__(cls, segments)
        object.__setattr__(self, "_all_segments", segments)
        return self._set(*fields)

    @classmethod
    def _restore(cls, *fields: Any) -> Self:
        """What 0.1.0's pickles call."""
        return cls.__new__(cls, *fields)

    @classmethod
    def _check_class(cls) -> None:
        if not hasattr(cls, "_fields"):
            raise TypeError(
                "learnrate.Schedule reads nothing: learnrate.from_json and learnrate.deserialize do, any class"
            )

    def __init_subclass__(cls) -> None:
        for base in cls.__mro__[1:]:  # a class is final: its rates and its JSON are promised
            if issubclass(base, Schedule) and base is not Schedule:
                raise TypeError(f"type 'learnrate.{base.__name__}' is not an acceptable base type")

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The stretches of steps that are evaluated, of one shape each; the last one ends at infinity."""
        return self._all_segments

    @property
    def total_steps(self) -> int | None:
        """The first whole step at which the rate is held; None for a schedule without end."""
        last = self.segments[-1]
        return math.ceil(last.start) if last.kind == "hold" else None

    @property
    def peak_learning_rate(self) -> float | None:
        """The greatest rate; None where the rate grows without end."""
        return _finite(max(max(segment.first_rate, segment.last_rate) for segment in self.segments))

    @property
    def final_learning_rate(self) -> float | None:
        """The rate that is held from `total_steps` on, or the limit of a schedule without end, if it has one."""
        return _finite(self.segments[-1].last_rate)

    def get_config(self) -> dict[str, Any]:
        """Keras's config: the fields by name, in the order of the arguments; steps are ints, rates floats.

        >>> import learnrate
        >>> learnrate.constant(0.1).get_config()
        {'initial_learning_rate': 0.1, 'phases': [], 'name': 'Phases'}
        """
        return dict(zip(self._fields, map(_config.plain, self._values()), strict=True))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The schedule of a config; keys with defaults may be missing, and `name` may be None.

        Raises:
            ValueError: a key is unknown or missing, or its value has the wrong type or breaks its rule.

        >>> from learnrate import CosineDecay
        >>> CosineDecay.from_config({"decay_steps": 1000, "initial_learning_rate": 0.1})
        CosineDecay(initial_learning_rate=0.1, decay_steps=1000)
        """
        cls._check_class()
        defaults = cls._defaults()
        required = tuple(field for field in cls._fields if field not in defaults)
        values = _config.checked("config", config, known=cls._fields, required=required)
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(str(error)) from None

    def to_json(self) -> str:
        """The schedule as JSON text, in Keras's form: `json.dumps(learnrate.serialize(schedule))`.

        >>> from learnrate import CosineDecay
        >>> CosineDecay(0.1, 1000).to_json()[:64]
        '{"module": "keras.optimizers.schedules", "class_name": "CosineDec'
        """
        import json

        return json.dumps(_config.wrap(self._module, type(self).__name__, self.get_config()))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The schedule of this class in JSON text in Keras's form; `learnrate.from_json` reads every class.

        `from_json(schedule.to_json()) == schedule`, to the last bit.

        Raises:
            ValueError: the text is not JSON, or not that of a schedule: see `learnrate.deserialize`.
            TypeError: it is neither str nor bytes.

        >>> from learnrate import CosineDecay
        >>> CosineDecay.from_json(CosineDecay(0.1, 1000).to_json())
        CosineDecay(initial_learning_rate=0.1, decay_steps=1000)
        """
        cls._check_class()
        _, config = _config.unwrap(_config.parse(text), (cls.__name__,))
        return cls.from_config(config)

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, which is checked as a new schedule is.

        A `CosineDecay` also takes what it derives: `total_steps` sets `decay_steps`, so that the warmup stays;
        `peak_learning_rate` sets `warmup_target`, or `initial_learning_rate` where there is none, so that `alpha`
        stays; `final_learning_rate` sets `alpha`.

        Raises:
            ValueError, TypeError: as the constructor does; a TypeError also for what is derived, in other classes and
                beside the field that it sets.

        >>> from learnrate import CosineDecay
        >>> CosineDecay(0.1, 1000).replace(alpha=0.5)
        CosineDecay(initial_learning_rate=0.1, decay_steps=1000, alpha=0.5)
        """
        names = (*self._fields, *self._settable)
        for word in changes:
            if word in names:
                continue
            if word == "total_steps" and self.total_steps is None:
                raise TypeError(f"{type(self).__name__}.replace() takes no total_steps: the schedule has no end")
            if word in ("total_steps", "peak_learning_rate", "final_learning_rate"):
                raise TypeError(
                    f"{type(self).__name__}.replace() takes fields: {', '.join(names)}. `{word}` is derived from them: "
                    f"call what made the schedule again, {self._makers}"
                )
            _words.refuse(f"{type(self).__name__}.replace", word, names)
        return type(self)(**self._changed(changes))

    __replace__ = replace

    def _changed(self, changes: dict[str, Any]) -> dict[str, Any]:
        """The fields by name, some of them changed."""
        return {**dict(zip(self._fields, self._values(), strict=True)), **changes}

    def __mul__(self, factor: float) -> Self:
        """The schedule with each rate among its fields times a factor, rounded once; shares and lengths stay.

        Args:
            factor: a finite number >= 0, on either side.

        Raises:
            ValueError: the factor breaks its rule, or a rate overflows.
            TypeError: the factor has the wrong type; bool is not a number here.

        >>> from learnrate import CosineDecay
        >>> 0.5 * CosineDecay(0.1, 1000, alpha=0.25)
        CosineDecay(initial_learning_rate=0.05, decay_steps=1000, alpha=0.25)
        """
        if not isinstance(factor, bool) and _arguments.plain_number(factor) is None:
            return NotImplemented
        return type(self)(*self._scaled(_arguments.rate("factor", factor)))

    __rmul__ = __mul__
    __array_ufunc__ = None  # so that NumPy leaves a product to `__rmul__`, and makes no array of objects

    def plot(self, ax: Axes | None = None, *, log: bool = False) -> Axes:
        """Draws the schedule with matplotlib: see `learnrate.plot`, which draws several.

        >>> from learnrate import CosineDecay
        >>> ax = CosineDecay(0.1, 1000).plot()
        >>> ax.get_ylabel()
        'learning rate'
        """
        from ._plot import plot

        return plot(self, ax=ax, log=log)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from ._notebook import html

        return html(self)

    def _advice(self) -> list[str]:
        """What looks like a mistake in the fields, in words; the report adds what it sees in the segments."""
        return []


def _finite(rate: float) -> float | None:
    """What users are told of a rate that may be infinite."""
    return rate if rate < math.inf else None
