"""In PyTorch, each class of schedules trains, resumes, is saved, loaded and compiled."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from checks import python
from family import ROWS, Row

UPDATES = 110
"""The first example of each class takes 100."""
STAGES: dict[str, Any] = {"warmup_steps": 10, "decay_steps": 40, "initial": 1e-4, "final": 2e-3}


@pytest.fixture
def ScheduleLR(learnrate: ModuleType) -> Any:
    return import_module("learnrate.torch").ScheduleLR


class Run:
    """Two groups of weights in training, and the rates that their updates have had."""

    def __init__(self, ScheduleLR: Any, schedule: Any, **options: Any) -> None:
        torch.manual_seed(0)
        self.model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        groups = [{"params": self.model[0].parameters()}, {"params": self.model[2].parameters()}]
        self.optimizer = torch.optim.AdamW(groups, lr=0.3)
        self.rates: list[list[float]] = []
        self.optimizer.register_step_pre_hook(lambda *_: self.rates.append(self.lrs()))
        self.scheduler = ScheduleLR(self.optimizer, schedule, **options)

    def lrs(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

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

    def load(self, file: Path) -> Run:
        saved = torch.load(file, weights_only=True)
        for name in ("model", "optimizer", "scheduler"):
            getattr(self, name).load_state_dict(saved[name])
        return self

    def weights(self) -> list[list[float]]:
        return [weight.flatten().tolist() for weight in self.model.parameters()]


def first_of(learnrate: ModuleType, row: Row, **changes: Any) -> Any:
    return row.cls(learnrate)(**{**row.arguments, **changes})


def resumes(ScheduleLR: Any, schedule: Any, file: Path, moments: tuple[int, ...]) -> None:
    each = schedule if isinstance(schedule, list) else [schedule] * 2
    whole = Run(ScheduleLR, schedule).train(range(UPDATES))
    assert whole.rates == [[one(k) for one in each] for k in range(UPDATES)]
    for at in moments:
        Run(ScheduleLR, schedule).train(range(at)).save(file)
        rest = Run(ScheduleLR, schedule).load(file).train(range(at, UPDATES))
        assert rest.rates == whole.rates[at:]
        assert rest.weights() == whole.weights()


def test_each_class_trains_and_resumes(learnrate: ModuleType, ScheduleLR: Any, row: Row, tmp_path: Path) -> None:
    resumes(ScheduleLR, first_of(learnrate, row), tmp_path / "run.pt", (0, 5, 10, 55, 100, 105))


@pytest.mark.parametrize("shape", ["linear", "cosine"])
def test_stages_resume_in_the_middle_of_their_decay(
    learnrate: ModuleType, ScheduleLR: Any, shape: str, tmp_path: Path
) -> None:
    stages = learnrate.warmup_stable_decay(0.02, 100, shape=shape, **STAGES)
    resumes(ScheduleLR, stages, tmp_path / "run.pt", (5, 30, 60, 77, 99, 100))


def test_a_class_for_each_group(learnrate: ModuleType, ScheduleLR: Any, tmp_path: Path) -> None:
    firsts = [first_of(learnrate, row) for row in ROWS[:2]]
    assert len({type(one) for one in firsts}) == 2
    for schedules in (firsts, firsts[::-1]):
        resumes(ScheduleLR, schedules, tmp_path / "run.pt", (7, 77))
    state = Run(ScheduleLR, firsts).train(range(3)).scheduler.state_dict()
    with pytest.raises(ValueError, match=r"^The saved schedule is another: at step 3 its rate is \["):
        Run(ScheduleLR, firsts[::-1]).scheduler.load_state_dict(state)


@pytest.mark.filterwarnings("ignore:warmup_steps=10 has no effect")  # without its target
def test_each_field_of_each_class_is_compared(learnrate: ModuleType, ScheduleLR: Any, row: Row) -> None:
    schedule = first_of(learnrate, row)
    saved = Run(ScheduleLR, schedule).train(range(50)).scheduler.state_dict()
    for field, value in zip(row.fields, row.changes, strict=True):
        other = first_of(learnrate, row, **{field: value})
        assert other != schedule
        if field == "name":
            Run(ScheduleLR, other).scheduler.load_state_dict(saved)  # which is no change of the rates
            continue
        with pytest.raises(ValueError, match=r"on_mismatch='new'.*on_mismatch='saved'") as caught:
            Run(ScheduleLR, other).scheduler.load_state_dict(saved)
        rates = f"at step 50 its rate is {schedule(50)}, and that of this one {other(50)}. "
        assert str(caught.value).startswith(f"The saved schedule is another: {rates}")
        for choice, expected in (("new", other), ("saved", schedule)):
            run = Run(ScheduleLR, other, on_mismatch=choice)
            run.scheduler.load_state_dict(saved)
            assert run.scheduler.schedule == expected
            assert run.lrs() == [expected(50)] * 2


def test_a_class_is_another_than_each_other(learnrate: ModuleType, ScheduleLR: Any) -> None:
    one, other = (first_of(learnrate, row) for row in ROWS[:2])
    saved = Run(ScheduleLR, one).scheduler.state_dict()
    with pytest.raises(ValueError, match=f"^The saved schedule is another.*Received: {type(one).__name__}"):
        Run(ScheduleLR, other).scheduler.load_state_dict(saved)


# Files with schedules in them, which `torch.load` reads with `weights_only=True`, its default

LOAD = """
import pickle
import sys

import torch

import learnrate


def load(name):
    saved = torch.load(f"{sys.argv[1]}/{name}.pt")
    assert {type(one) for one in saved["schedules"]} == {getattr(learnrate, name)}
    assert [one.to_json() for one in saved["schedules"]] == saved["json"]


for name in sys.argv[2:]:
    try:
        load(name)
    except pickle.UnpicklingError as error:
        assert f"GLOBAL learnrate.{name} was not an allowed global" in str(error)
    else:
        raise AssertionError("allowed by PyTorch itself, so that the next lines show nothing")
    with torch.serialization.safe_globals([getattr(learnrate, name)]):
        load(name)
import learnrate.torch
for name in sys.argv[2:]:
    load(name)
print(learnrate.BACKEND)
"""


@pytest.mark.parametrize("loaded_by", ["native", "python"])
def test_torch_load_reads_the_classes_that_are_allowed(learnrate: ModuleType, loaded_by: str, tmp_path: Path) -> None:
    for row in ROWS:
        schedules = [row.cls(learnrate)(*fields) for fields in row.examples.values()]
        torch.save({"schedules": schedules, "json": [one.to_json() for one in schedules]}, tmp_path / f"{row.name}.pt")
    assert python(LOAD, str(tmp_path), *(row.name for row in ROWS), LEARNRATE_BACKEND=loaded_by) == loaded_by


# torch.compile

COMPILED = """
import sys
import warnings

import numpy as np
import torch

sys.path.insert(0, sys.argv[1])
import learnrate.torch
from float32 import IN_FLOAT32, telling

# The graph is that of the shapes: one example of each class and sequence of them, but for those that take long.
short = [example for example in IN_FLOAT32 if len(example.pieces) < 12]
examples = {(example.row.name, *(piece.shape for piece in example.pieces)): example for example in short}
graphs = []
warnings.simplefilter("error")  # Dynamo warns of what it traces through by chance


def compiler(graph, inputs):
    graphs.append(graph)
    return graph.forward


for example in examples.values():
    schedule = example.make(learnrate)
    torch.compiler.reset()
    graphs.clear()
    compiled = torch.compile(lambda steps: 2.0 * schedule(steps + 1), fullgraph=True, dynamic=False, backend=compiler)
    whole = torch.asarray(np.resize(telling(example, 2**24), 500))
    odd = torch.full((500,), float("nan"))
    odd[:4] = torch.tensor([-3.5, float("inf"), float("-inf"), 1e30])
    for steps in (whole, whole.to(torch.float32) + 0.25, whole.to(torch.float64) + 0.25, odd):
        expected, found = 2.0 * schedule(steps + 1), compiled(steps)
        assert found.dtype == expected.dtype
        assert torch.equal(found.nan_to_num(-1.0), expected.nan_to_num(-1.0)), (example, steps.dtype)
    assert len(graphs) == 3, (example, len(graphs))  # one for each dtype
    assert type(schedule(7)) is float  # an eager call is the backend's
    assert schedule(7) == schedule(np.array([7]))[0]
print(learnrate.BACKEND, *sorted({example.row.name for example in examples.values()}))
"""


def test_a_call_is_compiled_in_one_graph(learnrate: ModuleType) -> None:
    tests = Path(__file__).parent.parent
    told = python(COMPILED, str(tests), flags="-Wdefault", LEARNRATE_BACKEND=learnrate.BACKEND)
    assert told.split() == [learnrate.BACKEND, *sorted(row.name for row in ROWS)]


NUMBER = """
import numpy as np, torch, learnrate, learnrate.torch
schedule = learnrate.linear_decay(0.7, 100, warmup_steps=10)
compiled = torch.compile(lambda x, step: x * schedule(step), backend="eager")
for step in (7, 7.5, 40):
    assert float(compiled(torch.ones(()), step)) == float(np.float32(schedule(step)))
print(learnrate.BACKEND)
"""


def test_a_number_breaks_the_graph_and_has_its_rate(learnrate: ModuleType) -> None:
    # Dynamo warns that it cannot look into the search of the pure-Python backend.
    assert python(NUMBER, flags="-Wignore", LEARNRATE_BACKEND=learnrate.BACKEND) == learnrate.BACKEND


def test_a_wrong_name_is_refused_with_the_right_one(learnrate: ModuleType, ScheduleLR: Any) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))])
    arguments = "Its arguments: optimizer, schedule, last_epoch, on_mismatch"
    for word, advice in {
        "eta_min": "PyTorch's `eta_min` is the final rate: the `schedule` has it. ",
        "scheduler": "Did you mean `schedule`? ",
        "verbose": "",
    }.items():
        with pytest.raises(TypeError) as info:
            ScheduleLR(optimizer, learnrate.constant(0.1), **{word: 1})
        assert str(info.value) == f"ScheduleLR() has no argument `{word}`. {advice}{arguments}"
    names = list(inspect.signature(ScheduleLR).parameters)
    assert arguments == f"Its arguments: {', '.join(names)}"
