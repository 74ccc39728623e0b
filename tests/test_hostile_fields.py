"""What the own methods of a field, a phase or a config raise passes through, and each is read once."""

from __future__ import annotations

from collections import UserDict
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from family import SEQUENCES, Row
from hostile import NOT_ASKED, RAISED, OnceDict, OnceList, Steps, hostile, passes, raising, then


@pytest.mark.parametrize("error", RAISED)
def test_what_a_field_s_methods_raise(learnrate: ModuleType, row: Row, error: type[BaseException]) -> None:
    cls = row.cls(learnrate)
    for field, kind in row.fields.items():
        asked: list[tuple[Any, ...]] = [(object, "__class__")]
        if kind in SEQUENCES:
            asked += [(list, "__iter__", []), (Steps, "__getitem__")]
        elif kind not in ("text", "flag"):
            asked += [(int, "__int__", 5), (float, "__float__", 5.0)]
        for base, method, *value in asked:
            passes(error, cls, **row.arguments | {field: raising(base, method, error, *value)})
        for method in NOT_ASKED:
            with pytest.raises(TypeError, match=f"^Argument `{field}` must be a "):
                cls(**row.arguments | {field: raising(object, method, error)})
        with pytest.raises(TypeError, match=f"^Argument `{field}` must be a "):  # an array, whatever it says
            cls(**row.arguments | {field: hostile(np.ndarray, ([7],), {"shape": then(())})})


@pytest.mark.parametrize("error", RAISED)
def test_what_a_phase_s_methods_raise(learnrate: ModuleType, error: type[BaseException]) -> None:
    whole = {"steps": 10, "learning_rate": 0.5}
    asked: tuple[tuple[Any, ...], ...] = (
        (object, "__class__"),
        *((UserDict, one, whole) for one in ("__iter__", "__getitem__")),
    )
    for base, method, *value in asked:
        passes(error, learnrate.Phases, 0.1, [raising(base, method, error, *value)])
    for field, number in (("steps", int), ("learning_rate", float), ("start", float)):
        value = raising(number, f"__{number.__name__}__", error, 5)
        passes(error, learnrate.Phases, 0.1, [whole | {field: value}])
        passes(error, learnrate.Phase, **whole | {field: value})
    for number in (int, float):
        value = raising(number, f"__{number.__name__}__", error, 5)
        passes(error, learnrate.Phase, **whole, shape="polynomial", power=value)


def test_phases_are_read_once(learnrate: ModuleType) -> None:
    given = OnceList([OnceDict({"steps": 10, "learning_rate": 0.5}), (10, 0.25)])
    assert learnrate.Phases(0.1, given) == learnrate.Phases(0.1, [(10, 0.5), (10, 0.25)])
    assert given == []


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("method", ["__iter__", "__getitem__", "__class__"])
def test_what_a_mapping_s_methods_raise(
    learnrate: ModuleType, row: Row, method: str, error: type[BaseException]
) -> None:
    config = raising(UserDict, method, error, row.first.config)
    envelope = raising(UserDict, method, error, row.envelope(row.first.config))
    for call, value in ((row.cls(learnrate).from_config, config), (learnrate.deserialize, envelope)):
        passes(error, call, value)


def test_mappings_are_read_once(learnrate: ModuleType, row: Row) -> None:
    schedule, config = row.first.make(learnrate), OnceDict(row.first.config)
    assert row.cls(learnrate).from_config(config) == schedule
    envelope = OnceDict(row.envelope(OnceDict(row.first.config)))
    assert learnrate.deserialize(envelope) == schedule
    assert (len(config), len(envelope)) == (0, 0)
