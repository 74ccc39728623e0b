"""The promise: what the adapters of any version saved is read for ever. Those of Keras are in `keras_saving.py`.

`tools/make_cases.py` makes the files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import learnrate
from learnrate.torch import ScheduleLR

FILES = sorted(Path(__file__).parents[1].glob("data/*/states.json"))
SAVED = {file.parent.name: json.loads(file.read_text("utf-8")) for file in FILES}


@pytest.mark.parametrize("state", [state for saved in SAVED.values() for state in saved["torch"]])
@pytest.mark.parametrize("on_mismatch", ["error", "saved"])
def test_torch_goes_on(state: dict[str, Any], on_mismatch: Any) -> None:
    short, other = learnrate.CosineDecay(0.1, 9, 0.1, "short", 0.7, 4), learnrate.CosineDecay(0.3, 7)
    scales = [1.0, 0.5][: len(state["_last_lr"])]
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.1, "lr_scale": scale} for scale in scales]
    stable = learnrate.warmup_stable_decay(0.7, 9, warmup_steps=2, decay_steps=3)
    if isinstance(state["schedule"], list):
        schedule: Any = [short, other]
    else:
        schedule = stable if state["schedule"]["class_name"] == "Phases" else short
    scheduler = ScheduleLR(torch.optim.SGD(groups), schedule, on_mismatch=on_mismatch)
    scheduler.load_state_dict(state)
    schedules = schedule if isinstance(schedule, list) else [schedule] * 2
    expected = [one(3) * scale for one, scale in zip(schedules, scales, strict=False)]
    assert scheduler.last_epoch == 3
    assert scheduler.schedule == schedule
    assert [group["lr"] for group in scheduler.optimizer.param_groups] == scheduler.get_last_lr() == expected


def test_this_version_has_its_states() -> None:
    assert learnrate.__version__ in SAVED
    assert all(saved["torch"] and saved["keras"] for saved in SAVED.values())
