"""`serialize` and `deserialize`: schedules to and from Keras's dicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _config
from ._arguments import refuse
from ._cosine_decay import CosineDecay


def serialize(schedule: CosineDecay) -> dict[str, Any]:
    """Keras's dict for a schedule, as `keras.optimizers.schedules.serialize` makes it.

    Args:
        schedule: a `CosineDecay`.

    Returns:
        `{"module", "class_name", "config", "registered_name"}`, ready for `json.dumps` and for
        `keras.optimizers.schedules.deserialize`.

    Raises:
        TypeError: if it is not one of this library's schedules.

    >>> import learnrate
    >>> learnrate.serialize(learnrate.CosineDecay(0.1, 1000))["class_name"]
    'CosineDecay'
    """
    if not isinstance(schedule, CosineDecay):
        refuse(TypeError, "schedule", "a learnrate schedule", schedule)
    return _config.wrap("CosineDecay", schedule.get_config())


def deserialize(data: Mapping[str, Any]) -> CosineDecay:
    """The schedule that a dict of Keras's describes, such as `keras.optimizers.schedules.serialize` makes.

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
    return CosineDecay.from_config(_config.unwrap(data, "CosineDecay"))
