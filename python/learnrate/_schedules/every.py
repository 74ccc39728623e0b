"""Every class, and what finds the right one: `serialize`, `deserialize`, `from_json`."""

from __future__ import annotations

from .. import _config
from .._arguments import refuse
from .._schedule import Schedule
from .cosine_decay import CosineDecay
from .exponential_decay import ExponentialDecay
from .inverse_square_root_decay import InverseSquareRootDecay
from .inverse_time_decay import InverseTimeDecay
from .phases import Phases
from .piecewise_constant_decay import PiecewiseConstantDecay
from .polynomial_decay import PolynomialDecay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

CLASSES: dict[str, type[Schedule]] = {
    cls.__name__: cls
    for cls in (
        CosineDecay,
        ExponentialDecay,
        InverseTimeDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
        InverseSquareRootDecay,
        Phases,
    )
}
"""Keras's first."""


def serialize(schedule: Schedule) -> dict[str, Any]:
    """Keras's dict for a schedule, as `keras.optimizers.schedules.serialize` makes it.

    Args:
        schedule: a learnrate schedule of any class.

    Returns:
        `{"module", "class_name", "config", "registered_name"}`, ready for `json.dumps`. That of a class which Keras has
        too is ready for `keras.optimizers.schedules.deserialize`.

    Raises:
        TypeError: if it is not one of this library's schedules.

    >>> import learnrate
    >>> learnrate.serialize(learnrate.CosineDecay(0.1, 1000))["class_name"]
    'CosineDecay'
    """
    if not isinstance(schedule, Schedule):
        refuse(TypeError, "schedule", "a learnrate schedule", schedule)
    return _config.wrap(schedule._module, type(schedule).__name__, schedule.get_config())


def deserialize(data: Mapping[str, Any]) -> Schedule:
    """The schedule that a dict in Keras's form describes, such as `keras.optimizers.schedules.serialize` makes.

    `{"class_name", "config"}` alone will do. `module` and `registered_name` are ignored, as in Keras.

    Args:
        data: the dict.

    Raises:
        ValueError: if it describes no schedule of this library: an unknown class or key, a missing key, a value of
            the wrong type or against its rule.

    >>> import learnrate
    >>> config = {"initial_learning_rate": 0.1, "decay_steps": 1000}
    >>> learnrate.deserialize({"class_name": "CosineDecay", "config": config})(500)
    0.05
    """
    class_name, config = _config.unwrap(data, tuple(CLASSES))
    return CLASSES[class_name].from_config(config)


def from_json(text: str | bytes) -> Schedule:
    """The schedule, of any class, in JSON text in Keras's form.

    `from_json(schedule.to_json()) == schedule`, to the last bit.

    Args:
        text: the text, or its UTF-8 bytes.

    Raises:
        ValueError: the text is not JSON, or not that of a schedule: see `deserialize`.
        TypeError: it is neither str nor bytes.

    >>> import learnrate
    >>> schedule = learnrate.constant(0.1)
    >>> learnrate.from_json(schedule.to_json()) == schedule
    True
    """
    return deserialize(_config.parse(text))
