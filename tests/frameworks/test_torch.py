"""In PyTorch: the rate of every update is what the schedule says, whatever happens to the run."""

from __future__ import annotations

import copy
import doctest
import pickle
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import ChainedScheduler, ConstantLR, ExponentialLR, LambdaLR, SequentialLR

UPDATES = 14  # up to 3, down to 10, then held


@pytest.fixture
def ScheduleLR(learnrate: ModuleType) -> Any:
    return import_module("learnrate.torch").ScheduleLR


@pytest.fixture
def schedule(CosineDecay: Any) -> Any:
    return CosineDecay(0.01, 7, alpha=0.1, warmup_target=0.05, warmup_steps=3)


class Run:
    """A model in training, and the rates that its updates have had."""

    def __init__(self, scheduled: Callable[[Any], Any], kind: Any = torch.optim.AdamW, lr: Any = 0.3) -> None:
        torch.manual_seed(0)
        self.model = torch.nn.Linear(3, 2)
        self.optimizer = kind(self.model.parameters(), lr=lr)
        self.rates: list[float] = []
        self.optimizer.register_step_pre_hook(lambda *_: self.rates.append(float(self.optimizer.param_groups[0]["lr"])))
        self.scheduler = scheduled(self.optimizer)

    def train(self, steps: range) -> Run:
        for step in steps:
            inputs = torch.randn(4, 3, generator=torch.Generator().manual_seed(step))
            self.optimizer.zero_grad()
            self.model(inputs).square().sum().backward()
            self.optimizer.step()
            self.scheduler.step()
        return self

    def save(self, file: Path) -> None:
        parts = {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler}
        torch.save({name: part.state_dict() for name, part in parts.items()}, file)

    def load(self, file: Path, order: str = "optimizer scheduler") -> Run:
        saved = torch.load(file, weights_only=True)
        for name in ("model", *order.split()):
            getattr(self, name).load_state_dict(saved[name])
        return self

    def weights(self) -> list[list[float]]:
        return [weight.flatten().tolist() for weight in self.model.parameters()]


def optimizer_of(*groups: dict[str, Any], **options: Any) -> Any:
    weights = [{"params": [torch.nn.Parameter(torch.ones(2))], **group} for group in groups or ({},)]
    return torch.optim.SGD(weights, **options)


def step(optimizer: Any, scheduler: Any, times: int = 1) -> list[float]:
    """The groups' rates after some more updates."""
    for _ in range(times):
        optimizer.step()
        scheduler.step()
    return [group["lr"] for group in optimizer.param_groups]


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
def test_every_update_has_the_rate_of_the_schedule(ScheduleLR: Any, schedule: Any, kind: Any) -> None:
    run = Run(lambda optimizer: ScheduleLR(optimizer, schedule), kind).train(range(UPDATES))
    assert run.rates == [schedule(k) for k in range(UPDATES)]
    # The same rates set by hand give the same weights: the optimizer has used them.
    byhand = Run(lambda optimizer: ExponentialLR(optimizer, 1.0), kind)
    for k in range(UPDATES):
        byhand.optimizer.param_groups[0]["lr"] = schedule(k)
        byhand.train(range(k, k + 1))
    assert run.weights() == byhand.weights()


@pytest.mark.parametrize("order", ["optimizer scheduler", "scheduler optimizer"])
@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.AdamW])
def test_a_resumed_run_is_the_whole_one(ScheduleLR: Any, schedule: Any, kind: Any, order: str, tmp_path: Path) -> None:
    def new() -> Run:
        return Run(lambda optimizer: ScheduleLR(optimizer, schedule), kind)

    whole = new().train(range(UPDATES))
    for at in (0, 1, 3, 6, 10, 12):
        new().train(range(at)).save(tmp_path / "run.pt")
        rest = new().load(tmp_path / "run.pt", order).train(range(at, UPDATES))
        assert rest.rates == whole.rates[at:]
        assert rest.weights() == whole.weights()


def test_the_schedulers_state_alone_sets_the_rate(ScheduleLR: Any, schedule: Any) -> None:
    first, second = optimizer_of(), optimizer_of(lr=torch.tensor(0.7))
    scheduler = ScheduleLR(first, schedule)
    assert step(first, scheduler, 5) == [schedule(5)]
    resumed = ScheduleLR(second, schedule)
    resumed.load_state_dict(scheduler.state_dict())
    assert second.param_groups[0]["lr"].item() == torch.tensor(schedule(5)).item()
    assert resumed.get_last_lr() == resumed._last_lr == [schedule(5)]
    assert resumed.state_dict() == scheduler.state_dict()


@pytest.mark.parametrize("last_epoch", [0, 4])
def test_last_epoch_is_as_in_pytorch(ScheduleLR: Any, schedule: Any, last_epoch: int) -> None:
    optimizer = optimizer_of()
    scheduler = ScheduleLR(optimizer, schedule, last_epoch=last_epoch)
    assert scheduler.last_epoch == last_epoch + 1
    assert scheduler.get_last_lr() == [schedule(last_epoch + 1)]
    assert step(optimizer, scheduler) == [schedule(last_epoch + 2)]


def is_plain(value: object) -> bool:
    if isinstance(value, (list, dict)):
        return all(map(is_plain, value.values() if isinstance(value, dict) else value))
    return value is None or type(value) in {int, float, str, bool}


@pytest.mark.parametrize("lr", [0.3, torch.tensor(0.3), torch.tensor([0.3])])
def test_the_state_is_plain_data(ScheduleLR: Any, schedule: Any, lr: Any, tmp_path: Path) -> None:
    run = Run(lambda optimizer: ScheduleLR(optimizer, [schedule]), lr=lr).train(range(2))
    state = run.scheduler.state_dict()
    assert is_plain(state)
    assert state["last_epoch"] == 2
    assert state["_last_lr"] == [schedule(2) if isinstance(lr, float) else torch.tensor(schedule(2)).item()]
    run.save(tmp_path / "run.pt")
    assert torch.load(tmp_path / "run.pt", weights_only=True)["scheduler"] == state


def test_lr_scale_multiplies_the_rate(ScheduleLR: Any, schedule: Any) -> None:
    optimizer = optimizer_of({"lr": 0.5}, {"lr": 0.2, "lr_scale": 0.25}, {"lr_scale": torch.tensor(0.5).numpy()})
    scheduler = ScheduleLR(optimizer, schedule)
    for k in range(UPDATES):
        rates = [group["lr"] for group in optimizer.param_groups]
        assert rates == scheduler.get_last_lr() == [schedule(k), schedule(k) * 0.25, schedule(k) * 0.5]
        assert {type(rate) for rate in rates} == {float}
        step(optimizer, scheduler)


def test_groups_of_different_lr_need_a_word(ScheduleLR: Any, schedule: Any) -> None:
    for lrs in [(0.5, 0.25), (torch.tensor(0.5), 0.25), (torch.tensor(0.5), torch.tensor(0.25))]:
        with pytest.raises(ValueError, match=r"`lr_scale`.*one schedule for each group.*lr=\[0.5, 0.25\]"):
            ScheduleLR(optimizer_of(*({"lr": lr} for lr in lrs)), schedule)
    alike = optimizer_of({"lr": torch.tensor(0.5)}, {"lr": 0.5})
    ScheduleLR(alike, [schedule, schedule.replace(warmup_steps=0)])
    ScheduleLR(alike, schedule)  # where they differ by an earlier scheduler, nobody has meant them to


def test_a_schedule_for_each_group(ScheduleLR: Any, schedule: Any, tmp_path: Path) -> None:
    schedules = (schedule, schedule.replace(alpha=0.5))
    optimizer = optimizer_of({"lr": 0.5}, {"lr": 0.2})
    scheduler = ScheduleLR(optimizer, schedules)
    for k in range(1, 7):
        assert step(optimizer, scheduler) == [one(k) for one in schedules]
    again = optimizer_of({}, {})
    ScheduleLR(again, [*schedules]).load_state_dict(scheduler.state_dict())
    assert [group["lr"] for group in again.param_groups] == [one(6) for one in schedules]
    for count in (0, 1, 3):
        with pytest.raises(ValueError, match=rf"each parameter group. Received: {count} for 2 groups"):
            ScheduleLR(optimizer_of({}, {}), [schedule] * count)


def test_a_group_added_later_joins_at_the_next_step(ScheduleLR: Any, schedule: Any) -> None:
    def added(lr: float) -> dict[str, Any]:
        return {"params": [torch.nn.Parameter(torch.ones(2))], "lr": lr, "lr_scale": 0.5}

    optimizer = optimizer_of()
    scheduler = ScheduleLR(optimizer, schedule)
    step(optimizer, scheduler, 2)
    optimizer.add_param_group(added(lr=0.875))
    assert scheduler.get_last_lr() == [schedule(2)]
    # A checkpoint here must not give it a rate that it would not have had.
    again = optimizer_of({}, {"lr_scale": 0.5})
    resumed = ScheduleLR(again, schedule)
    again.load_state_dict(optimizer.state_dict())
    again.param_groups[0]["lr"] = 0.0
    resumed.load_state_dict(scheduler.state_dict())
    assert [group["lr"] for group in again.param_groups] == [schedule(2), 0.875]
    assert step(optimizer, scheduler) == step(again, resumed) == [schedule(3), schedule(3) * 0.5]
    # A group that is new to the checkpoint has its rate at once.
    ScheduleLR(again := optimizer_of({}, {}, {}), schedule).load_state_dict(scheduler.state_dict())
    assert [group["lr"] for group in again.param_groups] == [schedule(3)] * 3

    optimizer = optimizer_of()
    scheduler = ScheduleLR(optimizer, [schedule])
    optimizer.add_param_group(added(lr=0.875))
    optimizer.step()
    with pytest.raises(ValueError, match=r"Received: 1 for 2 groups.*append one to .* `schedule`$"):
        scheduler.step()
    scheduler.schedule.append(schedule.replace(alpha=0.5))
    step(optimizer, scheduler)  # the count is that of updates, the one before the error included
    assert scheduler.get_last_lr() == [schedule(2), schedule(2) * 0.5]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_tensor_lr_stays_the_same_tensor(ScheduleLR: Any, schedule: Any, dtype: torch.dtype) -> None:
    lr = torch.tensor(0.3, dtype=dtype)
    run = Run(lambda optimizer: ScheduleLR(optimizer, schedule), lr=lr)
    for k in range(UPDATES):
        assert run.optimizer.param_groups[0]["lr"] is lr
        assert lr.item() == torch.tensor(schedule(k), dtype=dtype).item()
        assert run.scheduler.get_last_lr() == [lr.item()]
        assert type(run.scheduler.get_last_lr()[0]) is type(run.scheduler.get_lr()[0]) is float
        run.train(range(k, k + 1))


@pytest.mark.parametrize("order", ["optimizer scheduler", "scheduler optimizer"])
@pytest.mark.parametrize("parts", [("ours", "torch"), ("torch", "ours"), ("ours", "other")])
def test_a_part_of_a_sequence_counts_from_its_milestone(
    ScheduleLR: Any, schedule: Any, parts: tuple[str, str], order: str, tmp_path: Path
) -> None:
    other = schedule.replace(alpha=0.5)
    make: dict[str, Callable[[Any], Any]] = {
        "ours": lambda optimizer: ScheduleLR(optimizer, schedule),
        "other": lambda optimizer: ScheduleLR(optimizer, other),
        "torch": lambda optimizer: ExponentialLR(optimizer, 0.5),
    }
    # The latter halves whatever it finds in the group, of an `lr` of 0.3.
    rates: dict[str, Callable[[int], float]] = {"ours": schedule, "other": other, "torch": lambda k: 0.3 * 0.5**k}

    def new() -> Run:
        return Run(lambda optimizer: SequentialLR(optimizer, [make[part](optimizer) for part in parts], [5]))

    whole = new().train(range(UPDATES))
    assert whole.rates == [rates[parts[0]](k) if k < 5 else rates[parts[1]](k - 5) for k in range(UPDATES)]
    for at in (0, 3, 5, 9):
        new().train(range(at)).save(tmp_path / "run.pt")
        rest = new().load(tmp_path / "run.pt", order).train(range(at, UPDATES))
        assert rest.rates == whole.rates[at:]
        assert rest.weights() == whole.weights()
    if parts[1] != "torch":  # PyTorch's own need the optimizer's state
        rest = new().load(tmp_path / "run.pt", "scheduler").train(range(9, 10))
        assert rest.rates == [whole.rates[9]]


def test_a_part_that_waits_sets_no_rate(ScheduleLR: Any, schedule: Any) -> None:
    def sequence(optimizer: Any, part: Any) -> Any:
        part = ScheduleLR(optimizer, part, on_mismatch="new")
        return SequentialLR(optimizer, [ExponentialLR(optimizer, 1.0), part], [9])

    optimizer = optimizer_of(lr=schedule(0))  # its own, by chance
    state = sequence(optimizer, schedule).state_dict()
    sequence(optimizer, schedule.replace(initial_learning_rate=0.02)).load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == schedule(0)


def test_a_rate_set_by_hand_lasts_until_the_next_step(ScheduleLR: Any, schedule: Any) -> None:
    optimizer = optimizer_of()
    scheduler = ScheduleLR(optimizer, schedule)
    step(optimizer, scheduler, 2)
    optimizer.param_groups[0]["lr"] = 0.875
    again = optimizer_of()
    resumed = ScheduleLR(again, schedule)
    again.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(scheduler.state_dict())
    assert again.param_groups[0]["lr"] == 0.875
    assert step(optimizer, scheduler) == step(again, resumed) == [schedule(3)]


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("place", [0, 1])
def test_a_part_of_a_chain_is_refused(ScheduleLR: Any, schedule: Any, place: int, nested: bool) -> None:
    optimizer = optimizer_of()
    part = ScheduleLR(optimizer, schedule)
    if nested:  # its first step inside the chain is the one at the milestone
        part = SequentialLR(optimizer, [ConstantLR(optimizer), part], [1])
    parts: list[Any] = [ExponentialLR(optimizer, 0.5)]
    parts.insert(place, part)
    chain = ChainedScheduler(parts)
    optimizer.step()
    with pytest.raises(ValueError, match=r"cannot be part of a ChainedScheduler.*`lr_scale`.*SequentialLR"):
        chain.step()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
@pytest.mark.parametrize("lr", [0.3, torch.tensor(0.3, dtype=torch.float64)])
def test_copies_go_on(ScheduleLR: Any, schedule: Any, copied: Any, lr: Any) -> None:
    optimizer = optimizer_of(lr=lr)
    scheduler = ScheduleLR(optimizer, [schedule])
    step(optimizer, scheduler, 4)
    optimizer2, scheduler2 = copied((optimizer, scheduler))
    assert scheduler2.optimizer is optimizer2
    assert scheduler2.state_dict() == scheduler.state_dict()
    assert step(optimizer2, scheduler2, 2) == [schedule(6)]
    assert [float(group["lr"]) for group in optimizer.param_groups] == [schedule(4)]


class Changed:
    """A scheduler, and the state after 5 updates of one with perhaps another schedule."""

    def __init__(self, ScheduleLR: Any, schedule: Any, new: Any, **options: Any) -> None:
        optimizer, self.optimizer = optimizer_of(), optimizer_of()
        scheduler = ScheduleLR(optimizer, schedule)
        step(optimizer, scheduler, 5)
        self.state = scheduler.state_dict()
        self.scheduler = ScheduleLR(self.optimizer, new, **options)


@pytest.mark.parametrize("per_group", [False, True])
def test_a_changed_schedule_is_an_error_by_default(ScheduleLR: Any, schedule: Any, per_group: bool) -> None:
    other = schedule.replace(alpha=0.5)
    changed = Changed(ScheduleLR, *(([schedule], [other]) if per_group else (schedule, other)))
    with pytest.raises(ValueError, match=r"on_mismatch='new'.*on_mismatch='saved'") as caught:
        changed.scheduler.load_state_dict(changed.state)
    rates = [f"[{one(5)}]" if per_group else str(one(5)) for one in (schedule, other)]
    assert f"at step 5 its rate is {rates[0]}, and that of this one {rates[1]}" in str(caught.value)
    assert repr(schedule) in str(caught.value)
    assert repr(other) in str(caught.value)


def test_the_new_schedule_may_win_or_the_saved_one(ScheduleLR: Any, schedule: Any) -> None:
    other = schedule.replace(alpha=0.5)
    for choice, expected in [("new", other), ("saved", schedule)]:
        changed = Changed(ScheduleLR, schedule, other, on_mismatch=choice)
        changed.scheduler.load_state_dict(changed.state)
        assert changed.optimizer.param_groups[0]["lr"] == expected(5)
        assert changed.scheduler.get_last_lr() == [expected(5)]
        assert changed.scheduler.schedule == expected
        assert step(changed.optimizer, changed.scheduler) == [expected(6)]
    # A name is no change.
    changed = Changed(ScheduleLR, schedule, schedule.replace(name="renamed"))
    changed.scheduler.load_state_dict(changed.state)
    assert changed.scheduler.schedule.name == "renamed"


def test_the_state_of_another_scheduler(ScheduleLR: Any, schedule: Any) -> None:
    optimizer = optimizer_of()
    theirs = LambdaLR(optimizer, lambda step: 1.0)
    step(optimizer, theirs, 5)
    for choice in ("error", "saved"):
        with pytest.raises(ValueError, match=r"another class of scheduler.*on_mismatch='new'.*last_epoch.*lr_lambdas"):
            ScheduleLR(optimizer_of(), schedule, on_mismatch=choice).load_state_dict(theirs.state_dict())
    fresh = optimizer_of()
    ScheduleLR(fresh, schedule, on_mismatch=r"new").load_state_dict(theirs.state_dict())
    assert fresh.param_groups[0]["lr"] == schedule(5)


BAD_STATES: list[tuple[dict[str, Any], str]] = [
    *(({"last_epoch": bad}, "^Argument `last_epoch` must be") for bad in (-2, 1.0, 1.5, "5", None, True, float("nan"))),
    ({"schedule": None}, "^Argument `data` must be an object"),
    ({"schedule": {}}, "^Missing key in `data`: class_name"),
    ({"schedule": {"class_name": "CosineDecay", "config": {"decay_steps": -1}}}, "^Missing key in `config`"),
    ({"schedule": []}, "saved schedule is another"),
    ({"overridden": 3}, "^Argument `overridden` must be"),
]


@pytest.mark.parametrize(("change", "message"), BAD_STATES)
def test_a_bad_state_changes_nothing(ScheduleLR: Any, schedule: Any, change: dict[str, Any], message: str) -> None:
    changed = Changed(ScheduleLR, schedule, schedule)
    before = changed.scheduler.state_dict(), copy.copy(changed.optimizer.param_groups[0])
    with pytest.raises(ValueError, match=message):
        changed.scheduler.load_state_dict({**changed.state, **change})
    with pytest.raises(ValueError, match="2 for 1 groups"):
        Changed(ScheduleLR, schedule, schedule, on_mismatch=r"saved").scheduler.load_state_dict(
            {**changed.state, "schedule": [changed.state["schedule"]] * 2}
        )
    for nothing in ([], None, [1]):
        with pytest.raises(ValueError, match=r"^Argument `state_dict` must be a scheduler's state, with `last_epoch`"):
            changed.scheduler.load_state_dict(nothing)
    assert before == (changed.scheduler.state_dict(), changed.optimizer.param_groups[0])


def test_wrong_arguments_are_named(ScheduleLR: Any, schedule: Any) -> None:
    for scale in (-0.5, float("nan"), "half"):
        with pytest.raises((TypeError, ValueError), match=r"^Argument `lr_scale` must be .*Received: lr_scale="):
            ScheduleLR(optimizer_of({"lr_scale": scale}), schedule)
    optimizer = optimizer_of(lr=0.5)
    for bad in (schedule.get_config(), 0.1, None, [schedule, 0.1], "cosine", lambda step: 0.1):
        with pytest.raises(TypeError, match=r"^Argument `schedule` must be a learnrate schedule. Received: schedule="):
            ScheduleLR(optimizer, bad)
    with pytest.raises(TypeError, match=r"^Argument `optimizer` must be a torch.optim.Optimizer. Received: "):
        ScheduleLR(schedule, optimizer)
    with pytest.raises(ValueError, match=r"^Argument `on_mismatch` must be 'error', 'new' or 'saved'. Received: on_"):
        ScheduleLR(optimizer, schedule, on_mismatch="old")
    with pytest.raises(ValueError, match=r"^Argument `last_epoch` must be a whole number >= -1. Received: last_epoch"):
        ScheduleLR(optimizer, schedule, -2)
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert "initial_lr" not in optimizer.param_groups[0]


def test_the_docstring_runs(ScheduleLR: Any) -> None:
    assert doctest.testmod(sys.modules[ScheduleLR.__module__]) == (0, 7)  # failed, attempted


def test_the_package_does_not_import_pytorch() -> None:
    subprocess.run([sys.executable, "-c", "import learnrate, sys; assert 'torch' not in sys.modules"], check=True)
