"""PyTorch: `ScheduleLR` sets an optimizer's learning rates to what schedules say. Imported only on demand.

Importing this module also lets `torch.load` read schedules with `weights_only=True`, and `torch.compile` trace calls of
schedules with tensors, with `fullgraph=True` too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, repeat
from types import FrameType
from typing import Any, Literal

from array_api_compat import torch as _torch
from torch import Tensor
from torch._dynamo import graph_break
from torch.compiler import substitute_in_graph
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ChainedScheduler, LRScheduler
from torch.serialization import add_safe_globals

from . import _backend, _libraries, _steps, _words
from ._arguments import plain_number, rate, refuse
from ._schedule import Schedule
from ._schedules.every import CLASSES, deserialize, serialize

__all__ = ["ScheduleLR"]

namespace: Any = _torch  # its types are unknown where PyTorch is not installed


def _rates_of_tensor(schedule: Schedule, steps: Any) -> Any:
    if steps.dtype in (namespace.uint16, namespace.uint32, namespace.uint64):
        return _libraries.rates(schedule, steps)  # which refuses them
    return _libraries.rates_in(namespace, schedule, steps, steps.device)


_steps.TENSORS[Tensor] = _rates_of_tensor
add_safe_globals([*CLASSES.values()])


def _call(self: Schedule, step: Any, *, out: Any = None) -> Any:
    if not isinstance(step, Tensor):
        graph_break()  # a number is for the native call itself, outside the graph
    return _steps.evaluate(self, step, out)


if _backend.BACKEND == "native":
    native_call: Any = _backend.Curve.__call__
    # The compiler cannot look into the native call, and traces this in its place.
    with suppress(ValueError):  # where the package was imported before, and then anew, as by a reload
        substitute_in_graph(native_call, skip_signature_check=True)(_call)


@_words.of_class
class ScheduleLR(LRScheduler):  # type: ignore[misc]  # mypy is not shown PyTorch's types
    """Sets each parameter group's learning rate to what a schedule says after so many updates.

    With `last_epoch` the number of `step()` calls, which is that of the optimizer's updates, a group's `lr` is::

        schedule(last_epoch) * group.get("lr_scale", 1.0)

    The rate is absolute: the `lr` that the optimizer was made with has no part in it. `lr_scale` is timm's convention.
    A group that `optimizer.add_param_group` adds later joins at the next `step()`. Until then it has the `lr` that it
    was added with: pass one.

    Call `step()` after every update, and only then:

    - `torch.amp.GradScaler` skips an update whose gradients overflow, and lowers its scale. So note
      `scale = scaler.get_scale()` before `scaler.update()`, and step only `if scaler.get_scale() >= scale`.
    - accelerate steps a prepared scheduler once per process, at every update. Make the
      `Accelerator(step_scheduler_with_optimizer=False)`, and step only
      `if accelerator.sync_gradients and not accelerator.optimizer_step_was_skipped`.
    - Lightning's `configure_optimizers` returns it as `{"scheduler": scheduler, "interval": "step"}`.
    - transformers' `Trainer(optimizers=(optimizer, scheduler))` needs nothing more.

    In a `SequentialLR` the count starts at the milestone; a `SequentialLR` may be the first part of another, PyTorch
    has no more. `state_dict()` is plain data, for `torch.load` with `weights_only=True`. `load_state_dict()` sets the
    rates at once. The optimizer's state may be loaded before it or after it; where the schedule has changed only
    before, for it brings the old rate along.

    Args:
        optimizer: the optimizer. An `lr` that is a tensor stays that tensor until the optimizer's state is loaded;
            groups that share one get one each.
        schedule: a schedule for all groups, or a list or tuple with one for each. A group added later then needs its
            own: append it to the attribute `schedule`.
        last_epoch: as in PyTorch: the first rate is that at `last_epoch + 1`.
        on_mismatch: what `load_state_dict()` does if the saved schedule differs in more than its name: it raises an
            "error", goes on with the "new" one, given here, or with the "saved" one. "new" also takes over the count
            of another class of scheduler.

    Raises:
        ValueError: an argument or an `lr_scale` breaks its rule; there is not one schedule for each group; one
            schedule would override groups' different `lr`, and these have no `lr_scale`. From `step()`: it is part of
            a `ChainedScheduler`. From `load_state_dict()`: the saved schedule differs, or the state makes no sense.
        TypeError: an argument has the wrong type.

    >>> import torch
    >>> from learnrate import CosineDecay
    >>> from learnrate.torch import ScheduleLR
    >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))])
    >>> scheduler = ScheduleLR(optimizer, CosineDecay(0.1, 100, warmup_target=0.5, warmup_steps=4))
    >>> for _ in range(4):
    ...     optimizer.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Schedule | list[Schedule] | tuple[Schedule, ...],
        last_epoch: int = -1,
        *,
        on_mismatch: Literal["error", "new", "saved"] = "error",
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            refuse(TypeError, "optimizer", "a torch.optim.Optimizer", optimizer)
        if on_mismatch not in ("error", "new", "saved"):
            refuse(ValueError, "on_mismatch", "'error', 'new' or 'saved'", on_mismatch)
        self.schedule: Any = list(schedule) if isinstance(schedule, (list, tuple)) else schedule
        self.on_mismatch = on_mismatch
        _each(serialize, self.schedule)  # refuses what is no schedule
        groups, last_epoch = optimizer.param_groups, _epoch(last_epoch)
        if not isinstance(self.schedule, list):
            _check_alike(groups)
        _rates(self.schedule, groups, last_epoch + 1)  # so that what can fail does before any change
        if last_epoch >= 0:
            for group in groups:
                group.setdefault("initial_lr", float(group["lr"]))  # PyTorch insists on it; nothing here uses it
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:  # pyright: ignore[reportIncompatibleMethodOverride]  # PyTorch's may be tensors
        """The rates at `last_epoch`, as Python floats."""
        _refuse_chaining()
        groups = self.optimizer.param_groups
        _separate(groups)
        return _rates(self.schedule, groups, _epoch(self.last_epoch))

    def get_last_lr(self) -> list[float]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The rates last set, as Python floats even where `lr` is a tensor."""
        return [float(lr) for lr in self._last_lr]

    def state_dict(self) -> dict[str, Any]:
        """The count, the schedule and the rates, as plain data."""
        last = chain(self._last_lr, repeat(None))
        return {
            "last_epoch": self.last_epoch,
            "_step_count": self._step_count,
            "_last_lr": self.get_last_lr(),
            # What another part of a SequentialLR, or the user, has set since, and what groups just added have.
            "overridden": [
                None if group["lr"] == lr else float(group["lr"])
                for group, lr in zip(self.optimizer.param_groups, last, strict=False)
            ],
            "schedule": _each(serialize, self.schedule),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Goes on from where the state was taken, at its rates; or raises an error and changes nothing."""
        if not isinstance(state_dict, Mapping) or "last_epoch" not in state_dict:
            refuse(ValueError, "state_dict", "a scheduler's state, with `last_epoch`", state_dict)
        groups, last_epoch = self.optimizer.param_groups, _epoch(state_dict["last_epoch"])
        overridden = state_dict.get("overridden", [])
        if not isinstance(overridden, list):
            refuse(ValueError, "overridden", "a list", overridden)
        overridden = [None if lr is None else rate("overridden", lr) for lr in overridden]
        schedule = self._agreed(state_dict, max(last_epoch, 0))
        rates = _rates(schedule, groups, max(last_epoch, 0))
        self.schedule, self.last_epoch, self._step_count = schedule, last_epoch, last_epoch + 1
        self._last_lr = [*rates]
        _separate(groups)
        for group, ours, other in zip(groups, rates, chain(overridden, repeat(None)), strict=False):
            if other is not None or last_epoch >= 0:  # a part of a SequentialLR stands at -1 before its turn
                _set(group, ours if other is None else other)

    def _agreed(self, state_dict: Mapping[str, Any], step: int) -> Any:
        """The schedule to go on with, ours or the saved one."""
        if self.on_mismatch == "new":
            return self.schedule
        if "schedule" not in state_dict:
            raise ValueError(
                "Argument `state_dict` must have a schedule; another class of scheduler has saved it. Pass "
                "on_mismatch='new' to go on from its `last_epoch` with this schedule. "
                f"Received keys: {', '.join(state_dict)}"
            )
        saved = _each(deserialize, state_dict["schedule"])
        if self.on_mismatch == "saved":
            return saved
        if _each(_nameless, saved) == _each(_nameless, self.schedule):
            return self.schedule
        theirs, ours = (_each(lambda one: one(step), schedule) for schedule in (saved, self.schedule))
        raise ValueError(
            f"The saved schedule is another: at step {step} its rate is {theirs}, and that of this one {ours}. Pass "
            "on_mismatch='new' to go on with this one, on_mismatch='saved' with the saved one. "
            f"Received: {saved!r}. This one: {self.schedule!r}"
        )


def _each(function: Callable[[Any], Any], schedule: Any) -> Any:
    return [function(one) for one in schedule] if isinstance(schedule, list) else function(schedule)


def _nameless(schedule: Schedule) -> dict[str, Any]:
    data = serialize(schedule)
    return {**data, "config": {**data["config"], "name": None}}


def _epoch(value: Any) -> int:
    number = plain_number(value)
    if not isinstance(number, int) or number < -1:
        refuse(ValueError, "last_epoch", "a whole number >= -1", value)
    return number


def _rates(schedule: Any, groups: Sequence[dict[str, Any]], step: int) -> list[float]:
    schedules = schedule if isinstance(schedule, list) else [schedule] * len(groups)
    if len(schedules) != len(groups):
        raise ValueError(
            f"Argument `schedule` must have one schedule for each parameter group. Received: {len(schedules)} for "
            f"{len(groups)} groups. For a group added later, append one to the scheduler's attribute `schedule`"
        )
    scales = [rate("lr_scale", group.get("lr_scale", 1.0)) for group in groups]
    return [one(step) * scale for one, scale in zip(schedules, scales, strict=True)]


def _check_alike(groups: Sequence[dict[str, Any]]) -> None:
    unscaled = [group for group in groups if "lr_scale" not in group]
    given = [group.get("initial_lr", group["lr"]) for group in unscaled]  # an earlier scheduler may have set `lr`
    lrs = [None if lr is None else float(lr) for lr in given]
    if len(set(lrs)) > 1:
        raise ValueError(
            "Parameter groups of different `lr` would all get the rate of the one schedule. Give groups an `lr_scale`, "
            f"which multiplies the rate, or pass a list with one schedule for each group. Received: lr={lrs}"
        )


def _refuse_chaining() -> None:
    # A ChainedScheduler leaves no trace in its parts, and a changed `lr` may have other causes: the stack is certain.
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code is ChainedScheduler.step.__code__:
            raise ValueError(
                "A ScheduleLR cannot be part of a ChainedScheduler: its rate is absolute and does not combine with "
                "others. Scale groups by `lr_scale`, or use SequentialLR"
            )
        frame = frame.f_back


def _separate(groups: Sequence[dict[str, Any]]) -> None:
    """Gives each group a tensor of its own where PyTorch has given all of them the optimizer's default."""
    tensors: list[Any] = []
    for group in groups:
        if isinstance(group["lr"], Tensor):
            if any(group["lr"] is other for other in tensors):
                group["lr"] = group["lr"].clone()
            tensors.append(group["lr"])


def _set(group: dict[str, Any], lr: float) -> None:
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(lr)
    else:
        group["lr"] = lr
