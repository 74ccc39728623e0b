"""The promise: a schedule survives wherever Keras saves one, and what cannot be one is refused.

`test_keras_backends.py` runs this on each backend; the name keeps it from being collected where no backend is chosen.
"""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from family import Example, Row
from float32 import BEYOND_FLOAT32, IN_FLOAT32

import learnrate
from learnrate import CosineDecay
from learnrate.keras import Schedule

# Keras copies its variables, and PyTorch's tensors, in a way for which NumPy 2 wants one more argument of theirs.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
GPT3 = CosineDecay.from_json((EXAMPLES / "gpt3-175b.json").read_text("utf-8"))


@pytest.fixture
def warmed() -> CosineDecay:
    return CosineDecay(0.25, 900, alpha=0.1, warmup_target=0.5, warmup_steps=100)


def training(optimizer: Any) -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(1)])
    model.compile(optimizer=optimizer, loss="mse")
    return model


SHORT: list[Any] = [
    CosineDecay(0.01, 20, alpha=1 / 3, warmup_target=0.05, warmup_steps=10),
    learnrate.warmup_stable_decay(0.05, 20, warmup_steps=4, decay_steps=12, shape="cosine", initial=1 / 300),
    learnrate.warmup_stable_decay(0.05, 20, warmup_steps=4, decay_steps=12, final=1 / 3000),
]
"""At step 12, where a run is saved, none of them is held."""


@pytest.mark.parametrize("schedule", SHORT, ids=["CosineDecay", "cosine", "linear"])
def test_a_saved_run_goes_on_as_if_it_had_not_stopped(schedule: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    inputs, outputs = rng.random((24, 3), np.float32), rng.random((24, 1), np.float32)
    halves = [(inputs[:12], outputs[:12]), (inputs[12:], outputs[12:])]

    def fit(model: Any, half: int) -> None:
        model.fit(*halves[half], batch_size=1, shuffle=False, verbose=0)

    whole, saved = (training(keras.optimizers.Adam(Schedule(schedule))) for _ in range(2))
    for half in (0, 1):
        fit(whole, half)
    fit(saved, 0)
    saved.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.optimizer._learning_rate.schedule == schedule
    assert int(loaded.optimizer.iterations) == 12
    assert float(loaded.optimizer.learning_rate) == float(saved.optimizer.learning_rate)
    fit(loaded, 1)
    assert int(loaded.optimizer.iterations) == 24
    for ours, theirs in zip(loaded.get_weights(), whole.get_weights(), strict=True):
        assert (ours == theirs).all()


@pytest.mark.parametrize("fitting", IN_FLOAT32, ids=str)
def test_an_optimizers_config_carries_it_as_text(fitting: Example) -> None:
    schedule = fitting.make(learnrate)
    optimizer = keras.optimizers.SGD(Schedule(schedule, 4), gradient_accumulation_steps=4)
    config = json.loads(json.dumps(optimizer.get_config()))
    whole = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
    assert config["learning_rate"]["registered_name"] == "learnrate>Schedule"
    for again in (keras.optimizers.SGD.from_config(config), keras.optimizers.deserialize(whole)):
        assert isinstance(again._learning_rate, Schedule)
        assert again._learning_rate.get_config() == Schedule(schedule, 4).get_config()
        assert again._learning_rate.schedule == schedule
    assert Schedule.from_config({"schedule": learnrate.serialize(schedule)}).gradient_accumulation_steps is None


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({}, r"Missing key in `config`: schedule\. Received: \{\}"),
        ({"schedule": None}, "Argument `data` must be an object"),
        ({"schedule": {"class_name": "Cosine", "config": {}}}, "Unknown `class_name`"),
        ({"schedule": {"class_name": "CosineDecay", "config": {"decay_steps": 1}}}, "Missing key in `config`: initial"),
        ({"steps": 3}, r"Unknown key in `config`\. Known: schedule, gradient_accumulation_steps\. Received: 'steps'"),
        (
            {"schedule": {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 0}}},
            "Argument `decay_steps` must be > 0. Received: decay_steps=0",
        ),
        ({"schedule": learnrate.serialize(GPT3), "gradient_accumulation_steps": 0}, "gradient_accumulation_steps=0"),
    ],
)
def test_bad_configs_are_value_errors(config: dict[str, Any], text: str) -> None:
    data = {**keras.optimizers.schedules.serialize(Schedule(GPT3)), "config": config}
    with pytest.raises(ValueError, match=text):
        keras.optimizers.schedules.deserialize(data)


def test_what_is_no_schedule_is_a_type_error(warmed: CosineDecay) -> None:
    stock = keras.optimizers.schedules.CosineDecay(0.1, 1000)
    for bad in (0.1, None, stock, Schedule(warmed), CosineDecay, learnrate.serialize(warmed)):
        with pytest.raises(TypeError, match=r"Argument `schedule` must be a learnrate schedule\. Received: schedule="):
            Schedule(bad)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Argument `gradient_accumulation_steps` must be a whole number"):
        Schedule(warmed, True)
    with pytest.raises(ValueError, match=r"Argument `gradient_accumulation_steps` must be > 0\. Received: .*=-2"):
        Schedule(warmed, -2)


@pytest.mark.parametrize("beyond", BEYOND_FLOAT32, ids=str)
def test_rates_beyond_float32_are_refused(beyond: Example) -> None:
    with pytest.raises(ValueError, match=r"^A rate of the schedule is too large for float32\. Received: "):
        Schedule(beyond.make(learnrate))


def test_copies(row: Row) -> None:
    schedule = Schedule(row.first.make(learnrate), 2)
    for again in (pickle.loads(pickle.dumps(schedule)), copy.copy(schedule), copy.deepcopy(schedule)):
        assert (type(again), again.get_config()) == (Schedule, schedule.get_config())
        assert float(again(9)) == float(schedule(9)) == np.float32(schedule.schedule(4))


FILES = sorted(Path(__file__).parents[1].glob("data/*/states.json"))


@pytest.mark.parametrize("state", [state for file in FILES for state in json.loads(file.read_text("utf-8"))["keras"]])
def test_what_any_version_saved_is_read(state: dict[str, Any]) -> None:
    schedule = keras.optimizers.schedules.deserialize(state)
    assert isinstance(schedule, Schedule)
    stable = learnrate.warmup_stable_decay(0.7, 9, warmup_steps=2, decay_steps=3)
    assert schedule.schedule in (CosineDecay(0.1, 9, 0.1, "short", 0.7, 4), stable)
    assert schedule.schedule.get_config() == state["config"]["schedule"]["config"]
    assert schedule.gradient_accumulation_steps == state["config"]["gradient_accumulation_steps"]
