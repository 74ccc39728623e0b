"""Learning-rate schedules as immutable values and pure functions of the step.

>>> from learnrate import CosineDecay
>>> schedule = CosineDecay(0.0, decay_steps=90_000, alpha=0.1, warmup_target=1e-3, warmup_steps=10_000)
>>> schedule(5_000)
0.0005
"""

from ._backend import BACKEND
from ._functions import constant, linear_decay, multistep_decay, step_decay, warmup_stable_decay
from ._one_cycle import one_cycle, one_cycle_momentum
from ._schedule import Schedule
from ._schedules.cosine_decay import CosineDecay
from ._schedules.every import deserialize, from_json, serialize
from ._schedules.exponential_decay import ExponentialDecay
from ._schedules.inverse_square_root_decay import InverseSquareRootDecay
from ._schedules.inverse_time_decay import InverseTimeDecay
from ._schedules.phases import Phase, Phases
from ._schedules.piecewise_constant_decay import PiecewiseConstantDecay
from ._schedules.polynomial_decay import PolynomialDecay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._plot import plot

__all__ = [
    "BACKEND",
    "CosineDecay",
    "ExponentialDecay",
    "InverseSquareRootDecay",
    "InverseTimeDecay",
    "Phase",
    "Phases",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "Schedule",
    "__version__",
    "constant",
    "deserialize",
    "from_json",
    "linear_decay",
    "multistep_decay",
    "one_cycle",
    "one_cycle_momentum",
    "plot",
    "serialize",
    "step_decay",
    "warmup_stable_decay",
]

__version__: str


if not TYPE_CHECKING:  # a type checker would take any name for one that this finds

    def __getattr__(name: str) -> "Any":
        if name == "__version__":  # on demand: importlib.metadata takes longer to import than this package
            from importlib.metadata import version

            return version("learnrate")
        if name == "plot":  # likewise
            from ._plot import plot

            return plot
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """The public names, and the modules beside them that have been imported, such as `learnrate.torch`."""
        from sys import modules

        return [*__all__, *(name for name in globals() if name[0] != "_" and f"{__name__}.{name}" in modules)]
