"""Parameter groups of one PyTorch optimizer: which rate each gets, also as tensors, and after a resume."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from learnrate import CosineDecay
from learnrate.torch import ScheduleLR

UPDATES, SAVED_AT = 12, 5
SCHEDULE = CosineDecay(0.01, 7, alpha=0.1, warmup_target=0.05, warmup_steps=3)
OTHER = SCHEDULE.replace(alpha=0.5)


def optimizer_of(*options: dict[str, Any], lr: Any = 0.3) -> Any:
    torch.manual_seed(0)
    groups = [{"params": [torch.nn.Parameter(torch.randn(3))], **given} for given in options]
    return torch.optim.AdamW(groups, lr=lr)


def update(optimizer: Any, scheduler: Any) -> None:
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = weight.detach().sin()
    optimizer.step()
    scheduler.step()


def lrs(optimizer: Any) -> list[float]:
    return [float(group["lr"]) for group in optimizer.param_groups]


def float32(*rates: float) -> list[float]:
    return [float(torch.tensor(rate)) for rate in rates]


def test_groups_that_share_a_tensor_get_one_each() -> None:
    # PyTorch gives every group the one tensor that the optimizer was made with, and so to a group added later.
    optimizer = optimizer_of({}, {"lr_scale": 0.5}, lr=torch.tensor(0.3))
    scheduler = ScheduleLR(optimizer, SCHEDULE)
    tensors = [group["lr"] for group in optimizer.param_groups]
    for k in range(UPDATES):
        assert lrs(optimizer) == scheduler.get_last_lr() == float32(SCHEDULE(k), SCHEDULE(k) * 0.5)
        update(optimizer, scheduler)
    assert all(group["lr"] is tensor for group, tensor in zip(optimizer.param_groups, tensors, strict=True))
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": tensors[0], "lr_scale": 0.25})
    update(optimizer, scheduler)
    rate = SCHEDULE(UPDATES + 1)
    assert lrs(optimizer) == float32(rate, rate * 0.5, rate * 0.25)


def test_a_scale_speaks_for_its_own_group_alone() -> None:
    with pytest.raises(ValueError, match=r"Received: lr=\[0.5, 0.001\]"):
        ScheduleLR(optimizer_of({"lr": 0.5}, {"lr": 0.001}, {"lr": 0.2, "lr_scale": 0.5}), SCHEDULE)
    ScheduleLR(optimizer_of({"lr": 0.5}, {"lr": 0.5}, {"lr": 0.2, "lr_scale": 0.5}), SCHEDULE)


@pytest.mark.parametrize("lr", [0.3, torch.tensor(0.3), torch.tensor(0.3, dtype=torch.float64)], ids=str)
@pytest.mark.parametrize("schedule", [SCHEDULE, [SCHEDULE, OTHER]], ids=["one", "each"])
def test_a_resumed_run_is_the_uninterrupted_one(tmp_path: Path, lr: Any, schedule: Any) -> None:
    def run() -> tuple[Any, Any]:
        optimizer = optimizer_of({}, {}, lr=lr.clone() if isinstance(lr, torch.Tensor) else lr)
        return optimizer, ScheduleLR(optimizer, schedule)

    def weights(optimizer: Any) -> list[list[float]]:
        return [weight.tolist() for group in optimizer.param_groups for weight in group["params"]]

    optimizer, scheduler = run()
    for k in range(UPDATES):
        if k == SAVED_AT:
            state = {
                "weights": weights(optimizer),
                "optimizer": optimizer.state_dict(),
                "scheduler": scheduler.state_dict(),
            }
            torch.save(state, tmp_path / "run.pt")
        update(optimizer, scheduler)
    again, resumed = run()
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    for weight, saved in zip((w for g in again.param_groups for w in g["params"]), state["weights"], strict=True):
        weight.data.copy_(torch.tensor(saved))
    again.load_state_dict(state["optimizer"])
    resumed.load_state_dict(state["scheduler"])
    for _ in range(SAVED_AT, UPDATES):
        update(again, resumed)
    assert lrs(again) == lrs(optimizer)
    assert weights(again) == weights(optimizer)


@pytest.mark.parametrize(
    "set_by_hand", [lambda optimizer: None, lambda optimizer: optimizer.param_groups[0].update(lr=0.02)]
)
def test_the_state_of_the_scheduler_alone_has_the_rates(set_by_hand: Callable[[Any], None]) -> None:
    optimizer = optimizer_of({}, {})
    scheduler = ScheduleLR(optimizer, SCHEDULE)
    for _ in range(SAVED_AT):
        update(optimizer, scheduler)
    set_by_hand(optimizer)
    again = optimizer_of({}, {})
    resumed = ScheduleLR(again, SCHEDULE)
    resumed.load_state_dict(scheduler.state_dict())
    assert lrs(again) == lrs(optimizer)
    update(again, resumed)
    assert lrs(again) == [SCHEDULE(SAVED_AT + 1)] * 2


def test_with_a_changed_schedule_the_optimizer_is_loaded_first() -> None:
    optimizer = optimizer_of({})
    scheduler = ScheduleLR(optimizer, SCHEDULE)
    update(optimizer, scheduler)
    again = optimizer_of({})
    resumed = ScheduleLR(again, OTHER.replace(warmup_target=0.1), on_mismatch="new")
    again.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(scheduler.state_dict())
    assert lrs(again) == [resumed.schedule(1)] != lrs(optimizer)


def test_a_state_from_before_the_first_update() -> None:
    optimizer = optimizer_of({})
    scheduler = ScheduleLR(optimizer, SCHEDULE)
    first = scheduler.state_dict()
    update(optimizer, scheduler)
    scheduler.load_state_dict(first)
    assert lrs(optimizer) == [SCHEDULE(0)]
    other = ScheduleLR(optimizer_of({}), OTHER.replace(initial_learning_rate=0.02))
    with pytest.raises(ValueError, match=r"at step 0 its rate is 0\.01, and that of this one 0\.02"):
        other.load_state_dict({**first, "last_epoch": -1})  # as that of a part of a SequentialLR that waits


def test_part_of_an_epoch_is_no_count_of_updates() -> None:
    optimizer = optimizer_of({})
    scheduler = ScheduleLR(optimizer, SCHEDULE)
    optimizer.step()
    with pytest.warns(UserWarning, match="epoch parameter"), pytest.raises(ValueError, match=r"last_epoch=2\.5"):
        scheduler.step(2.5)
    assert lrs(optimizer) == [SCHEDULE(0)]
