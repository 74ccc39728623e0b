"""`replace` of what is derived from fields: `CosineDecay` takes it; other classes name the function to call again."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from checks import refused

DERIVED = ("total_steps", "peak_learning_rate", "final_learning_rate")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"total_steps": 500}, (0.0, 400, 0.25, "n", 0.5, 100)),
        ({"total_steps": 500, "warmup_steps": 50}, (0.0, 450, 0.25, "n", 0.5, 50)),
        ({"total_steps": 50, "warmup_target": None}, (0.0, 50, 0.25, "n", None, 100)),  # an unused warmup
        ({"total_steps": 101}, (0.0, 1, 0.25, "n", 0.5, 100)),
        ({"total_steps": 50, "warmup_target": None, "warmup_steps": 0}, (0.0, 50, 0.25, "n", None, 0)),
        ({"peak_learning_rate": 2}, (0.0, 900, 0.25, "n", 2.0, 100)),
        ({"peak_learning_rate": 2, "warmup_target": None, "warmup_steps": 0}, (2.0, 900, 0.25, "n", None, 0)),
        ({"peak_learning_rate": 2, "initial_learning_rate": 1}, (1.0, 900, 0.25, "n", 2.0, 100)),
        ({"final_learning_rate": 0.25}, (0.0, 900, 0.5, "n", 0.5, 100)),
        ({"final_learning_rate": 0.25, "warmup_target": 1}, (0.0, 900, 0.25, "n", 1.0, 100)),
        (
            {"final_learning_rate": 0.25, "peak_learning_rate": 2, "total_steps": 300, "name": None},
            (0.0, 200, 0.125, "CosineDecay", 2.0, 100),
        ),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:warmup_steps=100 has no effect")
def test_replace_what_is_derived(CosineDecay: Any, changes: dict[str, Any], fields: tuple[Any, ...]) -> None:
    schedule = CosineDecay(0.0, 900, 0.25, "n", 0.5, 100)
    for replace in (schedule.replace, schedule.__replace__):
        assert replace(**changes) == CosineDecay(*fields)
    for name in set(changes) & set(DERIVED):
        assert getattr(schedule.replace(**changes), name) == changes[name]


def test_replace_what_is_derived_without_a_warmup(CosineDecay: Any) -> None:
    schedule = CosineDecay(0.5, 1000, 0.25)
    assert schedule.replace(total_steps=10) == schedule.replace(decay_steps=10)
    assert schedule.replace(peak_learning_rate=1) == schedule.replace(initial_learning_rate=1)
    assert schedule.replace(final_learning_rate=0.25) == schedule.replace(alpha=0.5)
    # The share is the one of `from_total_steps`, which may be beside the quotient.
    expected = CosineDecay.from_total_steps(1000, 1e9, final_learning_rate=1e-9)
    assert schedule.replace(peak_learning_rate=1e9, final_learning_rate=1e-9) == expected


@pytest.mark.parametrize(
    ("error", "text", "changes"),
    [
        (TypeError, "absent where `decay_steps` is given", {"total_steps": 5, "decay_steps": 6}),
        (TypeError, "absent where `warmup_target` is given", {"peak_learning_rate": 5, "warmup_target": 6}),
        (TypeError, "absent where `alpha` is given", {"final_learning_rate": 5, "alpha": 6}),
        (ValueError, "> warmup_steps", {"total_steps": 100, "warmup_steps": 100}),
        (ValueError, "> 0", {"total_steps": 0}),
        (TypeError, "a whole number", {"total_steps": None}),
        (TypeError, "a number", {"warmup_steps": None, "total_steps": 5}),
        (ValueError, "a finite number >= 0", {"peak_learning_rate": -1}),
        (TypeError, "a number", {"final_learning_rate": None}),
        (TypeError, "a number", {"warmup_target": "x", "final_learning_rate": 1}),
    ],
    ids=str,
)
def test_replace_refuses(CosineDecay: Any, error: type[Exception], text: str, changes: dict[str, Any]) -> None:
    schedule = CosineDecay(0.0, 900, 0.25, "n", 0.5, 100)
    first = next(iter(changes))
    both = text.startswith(("absent", ">")) and len(changes) > 1
    received = ", ".join(f"{name}={value!r}" for name, value in list(changes.items())[: 1 + both])
    refused(error, f"Argument `{first}` must be {text}. Received: {received}", schedule.replace, **changes)


@pytest.mark.parametrize("name", DERIVED)
def test_replace_names_what_to_call_again(learnrate: ModuleType, name: str) -> None:
    text = (
        f"Phases.replace() takes fields: initial_learning_rate, phases, name. `{name}` is derived from them: call what "
        "made the schedule again, such as linear_decay or warmup_stable_decay"
    )
    refused(TypeError, text, learnrate.constant(0.1).replace, **{name: 1})
