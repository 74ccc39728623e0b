"""Writes this version's files in `tests/data/`, which the tests of every later one read: `python tools/make_cases.py`.

`cases.json`: valid schedules of each class as configs, each with the JSON that is written of it and with the rates at
telling steps; each rate is checked against the formula in 200 bits before it is written. Invalid configs and steps,
each with its error text.
`pickles.json`: the same schedules as the backends pickle them, which may be in the same bytes.
`states.json`: what the adapters save. Needs the native module, and the extra `frameworks`.
"""

import json
import math
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"  # TensorFlow and PyTorch's Triton abort in one process
import keras
import numpy as np
import torch

import learnrate
from learnrate.keras import Schedule
from learnrate.torch import ScheduleLR

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
import oracle  # noqa: E402
from family import EXAMPLES, ROWS  # noqa: E402

DATA = ROOT / "tests/data" / learnrate.__version__
ABOUT = "Made by tools/make_cases.py. A point is a step, the bits of its float64 rate, and that rate in decimals."
FIELDS = ("initial_learning_rate", "decay_steps", "alpha", "warmup_target", "warmup_steps", "name")
VALID: list[tuple[tuple[Any, ...], list[float]]] = [  # (the first fields, steps beside those around the joints)
    ((0.1, 1000), [250, 333.25]),
    ((0, 1000, 0, 1, 1000), []),
    ((0.0, 90_000, 0.1, 1e-3, 10_000), [5000, 99_000, 99_900, 99_990]),
    ((0.0, 90_000.0, 0.1, 1e-3, 10_000.0, None), [5000.5]),  # R writes doubles, Keras 2 a null
    ((0.3, 1000, 0.5, None, 100, "Kühlung ❄"), []),
    ((0.3, 1000, 0.5, 0.2, 0), []),
    ((0.3, 500, 0.5, 0.0, 100), []),
    ((-0.0, 1, -0.0), []),
    ((0.1, 1, 0.3, 0.7, 1), []),
    ((1.0, 3, 1.0, 1e-6, 7), []),
    ((0.9, 10_000, 2.5, 0.99, 333), []),
    ((0.036438318650889215, 2642597, 1.5078103629551286e-06), [1443408]),
    ((0.1744860352224063, 140265959956, 4.337591025236024e-06), [136959761816]),
    ((1e-5, 2**27 + 1, 0.01, 6e-4, 2**26 - 1), [2**25, 2**27, 2**27 + 2**26]),
    ((3.0, 2**53 - 12_345, 1e-9, 2e-3, 12_345), [2**30, 2**40, 2**50]),
    ((5e-324, 1000, 0.5), [1]),
    ((1e-310, 1000, 1e-3, 3e-308, 100), [70]),
    ((1.7e308, 1000, 1.7, 1e308, 100), []),
    ((0.1, 4218.75), [4218.5]),
    ((0.0, 1e9 / 7, 0.1, 1e-3, 468.75), [5000, 1e8 / 3]),
]
PHASES: list[tuple[tuple[Any, ...], list[float]]] = [  # (initial rate and phases, steps beside those around the joints)
    ((0.1, []), [1000]),
    ((0, [(1000, 3e-4), (79_000.0, 3e-4), (20_000, 0)]), [500, 90_000, 99_990]),
    ((0.0, [(1000, 3e-4), (79_000, 3e-4), (20_000, 3e-5, "cosine")], "Kühlung ❄"), [500, 90_000, 99_990]),
    ((0.7, [(10, 0.2), (0, 0.5), (7, 0.1, "cosine", None, 0.9), (1, -0.0)]), []),
    ((1.0, [(100, 0.25, "cosine"), (100, 2.5, "cosine"), (50, 2.5), (50, 1e-9)], None), []),
    ((1e-5, [(2**27 + 1, 0.9), (2**40 - 1, 3e-7, "cosine")]), [2**26, 2**39]),
    ((3.0, [(12_345, 2e-3), (2**53 - 12_345, 1e-9)]), [2**30, 2**50]),
    ((1e-310, [(100, 3e-308), (1000, 5e-324, "cosine")]), [70, 900]),
    ((1.7e308, [(100, 0.0), (100, 1.7e308, "cosine")]), []),
    ((0.1, [(2.7, 0.5, "cosine"), (0.3, 0.02), (2**-20, 0.7), (7.25, 2e-6, "cosine")]), []),
    ((0.1, [(1e15, 0.5), (0.01, 0.7), (10, 0.2)]), []),
    ((0.3, [(1000, 0.02, "rex"), (99.5, 0.7, "rex"), (2**27 + 1, 3e-4, "rex")]), [500]),
    ((0.3, [(1000, 0.02, "sqrt"), (99.5, 0.7, "sqrt"), (2**27 + 1, 3e-4, "sqrt")]), [500]),
    ((0.3, [(1000, 0.02, "square"), (99.5, 0.7, "square"), (2**27 + 1, 3e-4, "square")]), [500]),
    ((0.3, [(1000, 0.02, "inverse_time"), (99.5, 0.7, "inverse_time"), (2**27, 3e-4, "inverse_time")]), [500]),
    ((0.3, [(1000, 0.02, "exponential"), (99.5, 0.7, "exponential"), (2**27, 3e-4, "exponential")]), [500]),
    ((0.3, [(1000, 0, "polynomial", 0.7), (99.5, 0.7, "polynomial", 2), (2**27, 3e-4, "polynomial", 64)]), [500]),
    ((0.5, [(3 * i + 1, i * 7 % 11 / 11, ("linear", "cosine")[i % 2]) for i in range(20)]), []),
]
PHASE = ("steps", "learning_rate", "shape", "power", "start")
RATE = "a finite number >= 0"
SHARE = "a number of steps, >= 1, not a share or a rate"
BAD_FIELDS: list[tuple[tuple[Any, ...], str, str, str]] = [  # (fields, which one is refused, its rule, how it is shown)
    ((-0.1, 1000), "initial_learning_rate", RATE, "-0.1"),
    (("nan", 1000), "initial_learning_rate", RATE, "nan"),
    ((0.1, 1000, -5e-324), "alpha", RATE, "-5e-324"),
    ((0.1, 1000, "inf"), "alpha", RATE, "inf"),
    ((0.1, 1000, 0.0, -1e16), "warmup_target", RATE, "-1e+16"),
    ((0.1, 0), "decay_steps", "> 0", "0"),
    ((0.1, -7), "decay_steps", "> 0", "-7"),
    ((0.1, 0.5), "decay_steps", SHARE, "0.5"),
    ((0.1, 2**53 + 2), "decay_steps", "<= 2**53", "9007199254740994"),
    ((0.1, 1000, 0.0, 0.2, -1), "warmup_steps", ">= 0", "-1"),
    ((0.1, 1000, 0.0, 0.2, 0.03), "warmup_steps", SHARE, "0.03"),
    ((0.1, 8, 0, 1, 2**53 + 2), "warmup_steps", "<= 2**53", "9007199254740994"),
    ((0.1, 8.5, 0, 1, 2**53), "warmup_steps", "<= 2**53 - decay_steps", "9007199254740992, decay_steps=8.5"),
    ((0.1, 8, 0, 1, 2**53), "warmup_steps", "<= 2**53 - decay_steps", "9007199254740992, decay_steps=8"),
    ((0.1, 8, 2.0, 1e308), "alpha", "so small that peak * alpha is finite", "2.0, peak=1e+308"),
    ((0.1, 0, -1.0), "decay_steps", "> 0", "0"),  # the first of two, in Keras's order
]
NOT_0 = "> 0 where the shape is 'inverse_time', from and to: 1 / rate has no end at 0; 'linear' leads there"
NEAR = "within a factor of 1e100 of the rate that the phase starts from"
NO_FACTOR = "> 0 where the shape is 'exponential', from and to: no factor leads to 0 or from it; 'linear' leads there"
BAD_PHASES: list[tuple[tuple[Any, ...], str, str, str]] = [  # likewise
    ((-0.1, []), "initial_learning_rate", RATE, "-0.1"),
    (("inf", []), "initial_learning_rate", RATE, "inf"),
    ((0.1, [(10, 0.1), (10, -1e-5)]), "phases[1].learning_rate", RATE, "-1e-05"),
    ((0.1, [(10, "nan")]), "phases[0].learning_rate", RATE, "nan"),
    ((0.1, [(2**53 + 2, 0.1)]), "phases[0].steps", "<= 2**53", "9007199254740994"),
    ((0.1, [(10, 0.1), (-3, 0.1)]), "phases[1].steps", ">= 0", "-3"),
    ((0.1, [(9e-7, 0.1)]), "phases[0].steps", "0 or >= 2**-20", "9e-07"),
    ((0.1, [(2**53, 0.1), (0.5, 0.1)]), "phases", "at most 2**53 steps long", "more than 9007199254740992 steps"),
    ((0.1, [(10, 0.1, "linear", None, -1.0)]), "phases[0].start", RATE, "-1.0"),
    ((0.1, [(10, 0.0, "inverse_time")]), "phases[0].learning_rate", NOT_0, "0.0, from 0.1"),
    ((0.0, [(10, 0.1, "inverse_time")]), "phases[0].learning_rate", NOT_0, "0.1, from 0.0"),
    ((0.1, [(10, 1e-120, "inverse_time")]), "phases[0].learning_rate", NEAR, "1e-120, from 0.1"),
    ((0.1, [(10, 0.0, "exponential")]), "phases[0].learning_rate", NO_FACTOR, "0.0, from 0.1"),
    ((0.1, [(10, 0.1, "polynomial")]), "phases[0].power", "a number for this shape", "None, shape='polynomial'"),
    ((0.1, [(10, 0.1, "polynomial", 1e3 + 1)]), "phases[0].power", "<= 1000", "1001.0"),
    ((0.1, [(10, 0.1, "linear", 2.0)]), "phases[0].power", "None for this shape", "2.0, shape='linear'"),
    ((0.1, [(2**53, 0.1), (1, 0.1)]), "phases", "at most 2**53 steps long", "9007199254740993 steps"),
]
LISTED = ("CosineDecay", "Phases")
"""Classes that are listed here; the others bring the examples of the family."""
BAD_VALUES: list[tuple[tuple[Any, ...], str, str, str]] = [  # likewise, of a PiecewiseConstantDecay
    (([10, -1], [0.1, 0.2, 0.3]), "boundaries[1]", ">= 0", "-1"),
    (([0.5], [0.1, 0.2]), "boundaries[0]", SHARE, "0.5"),
    (([2**53 + 2], [0.1, 0.2]), "boundaries[0]", "<= 2**53", "9007199254740994"),
    (([10, 5.5], [0.1, 0.2, 0.3]), "boundaries[1]", "> boundaries[0]", "5.5, boundaries[0]=10"),
    (([5, 10, 10], [0.1, 0.2, 0.3, 0.4]), "boundaries[2]", "> boundaries[1]", "10, boundaries[1]=10"),
    (([10], [0.1, -0.2]), "values[1]", RATE, "-0.2"),
]
BAD_TIMES: list[tuple[tuple[Any, ...], str, str, str]] = [  # likewise, of an InverseTimeDecay
    ((-0.1, 10, 0.5), "initial_learning_rate", RATE, "-0.1"),
    ((0.1, 0.5, 0.5), "decay_steps", SHARE, "0.5"),
    ((0.1, 0, 0.5), "decay_steps", "> 0", "0"),
    ((0.1, 10, -0.5), "decay_rate", RATE, "-0.5"),
    ((0.1, 10, 1e101), "decay_rate", "<= 1e100", "1e+101"),
]
BAD_FACTORS: list[tuple[tuple[Any, ...], str, str, str]] = [  # likewise, of an ExponentialDecay
    ((0.1, 10, 0.0), "decay_rate", "a finite number > 0", "0.0"),
    ((0.1, 10, "inf"), "decay_rate", "a finite number > 0", "inf"),
    ((0.1, 0, 0.5), "decay_steps", "> 0", "0"),
]
BAD_POWERS: list[tuple[tuple[Any, ...], str, str, str]] = [  # likewise, of a PolynomialDecay
    ((0.1, 10, -1.0, 1.0), "end_learning_rate", RATE, "-1.0"),
    ((0.1, 10, 0.0, 0.0), "power", "a finite number > 0", "0.0"),
    ((0.1, 10, 0.0, 1000.5), "power", "<= 1000", "1000.5"),
    ((0.1, 0.5, 0.0, 1.0), "decay_steps", SHARE, "0.5"),
]
BAD_ROOTS: list[tuple[tuple[Any, ...], str, str, str]] = [  # likewise, of an InverseSquareRootDecay
    ((-0.1, 10), "initial_learning_rate", RATE, "-0.1"),
    ((10_000, 1e-3), "timescale", SHARE, "0.001"),
    ((0.1, 0), "timescale", "> 0", "0"),
]
BAD_STEPS = [  # (a step or several, the place of the bad one, how it is shown)
    (-7.0, "", "-7.0"),
    ("nan", "", "nan"),
    ([0.0, 0.5, 1e30, -7.0, "nan"], "[3]", "-7.0"),
    ([1.0, "nan", "-inf"], "[1]", "nan"),
]


def config(fields: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(FIELDS, fields, strict=False))


def phases_config(fields: tuple[Any, ...]) -> dict[str, Any]:
    initial, phases, *name = fields
    rows = [dict(zip(PHASE, phase, strict=False)) for phase in phases]
    return {"initial_learning_rate": initial, "phases": rows, **({"name": name[0]} if name else {})}


def first(*names: str) -> Callable[[tuple[Any, ...]], dict[str, Any]]:
    return lambda fields: dict(zip(names, fields, strict=True))


def valid(class_name: str, config: dict[str, Any], more: list[float]) -> dict[str, Any]:
    with warnings.catch_warnings(action="ignore"):  # one has a warmup without a target
        schedule = learnrate.deserialize({"class_name": class_name, "config": config})
    total = schedule.total_steps
    found: set[float] = {5e-324, 0.5, 1e30, math.inf, *more}
    for segment in schedule.segments:
        start, end = segment.start, min(segment.end, 2**40 if total is None else total)
        length = end - start
        found |= {joint + by for joint in (start, start + length // 2, end) for by in range(-2, 3)}
        found |= {start + 0.125, start + length / 3, end - 0.5}
        found |= set(range(math.ceil(start), math.floor(end), int(length) // 24 + 1))
    steps = sorted(step for step in found if step >= 0)
    row = next(row for row in ROWS if row.name == class_name)
    oracle.errors(schedule, row.exact(*map(plain, schedule._values())), steps)
    rates = np.array([schedule(step) for step in steps])
    points = list(zip([*steps[:-1], "inf"], [f"0x{bits:016x}" for bits in rates.view("u8")], rates, strict=True))
    return {"class_name": class_name, "config": config, "json": schedule.to_json(), "points": points}


def plain(field: Any) -> Any:
    """Without phases in it."""
    is_phases = isinstance(field, tuple) and field and isinstance(field[0], learnrate.Phase)
    return [phase._values() for phase in field] if is_phases else field


def error(argument: str, rule: str, shown: str, place: str = "") -> str:
    return f"Argument `{argument}` must be {rule}. Received: {argument}{place}={shown}"


PICKLE = """
import json, pickle, sys, warnings, learnrate
warnings.simplefilter("ignore")
schedules = [learnrate.from_json(text) for text in json.load(sys.stdin)]
protocols = range(pickle.HIGHEST_PROTOCOL + 1)
json.dump([[pickle.dumps(schedule, protocol).hex() for protocol in protocols] for schedule in schedules], sys.stdout)
"""


def pickles(backend: str, texts: list[str]) -> Any:
    command, environment = [sys.executable, "-c", PICKLE], {**os.environ, "LEARNRATE_BACKEND": backend}
    text = json.dumps(texts)
    return json.loads(
        subprocess.run(command, input=text, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    )


def state(schedule: Any, scales: tuple[float, ...]) -> dict[str, Any]:
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.1, "lr_scale": scale} for scale in scales]
    optimizer = torch.optim.SGD(groups)
    scheduler = ScheduleLR(optimizer, schedule)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    return scheduler.state_dict()


def write(file: str, data: Any) -> None:
    text = json.dumps(data, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\s+([^][{}]+?)\s+]", lambda row: f"[{' '.join(row[1].split())}]", text)  # one point a line
    (DATA / file).write_text(text + "\n", encoding="utf-8", newline="\n")


if re.search(rf"(?m)^## \[?{re.escape(learnrate.__version__)}\b", (ROOT / "CHANGELOG.md").read_text("utf-8")):
    sys.exit(f"Version {learnrate.__version__} is released: what it has written stays as it is")
DATA.mkdir(exist_ok=True)
bad_fields = [
    {"class_name": class_name, "config": config_of(fields), "error": error(*text)}
    for class_name, config_of, rows in (
        ("CosineDecay", config, BAD_FIELDS),
        ("Phases", phases_config, BAD_PHASES),
        ("PiecewiseConstantDecay", first("boundaries", "values"), BAD_VALUES),
        ("InverseTimeDecay", first("initial_learning_rate", "decay_steps", "decay_rate"), BAD_TIMES),
        ("ExponentialDecay", first("initial_learning_rate", "decay_steps", "decay_rate"), BAD_FACTORS),
        ("PolynomialDecay", first("initial_learning_rate", "decay_steps", "end_learning_rate", "power"), BAD_POWERS),
        ("InverseSquareRootDecay", first("initial_learning_rate", "timescale"), BAD_ROOTS),
    )
    for fields, *text in rows
]
bad_steps = [{"steps": steps, "error": error("step", ">= 0", shown, place)} for steps, place, shown in BAD_STEPS]
cases: dict[str, Any] = {
    "about": ABOUT,
    "valid": [
        *(valid("CosineDecay", config(fields), more) for fields, more in VALID),
        *(valid("Phases", phases_config(fields), more) for fields, more in PHASES),
        *(valid(row.name, example.config, []) for example in EXAMPLES if (row := example.row).name not in LISTED),
    ],
    "bad_fields": bad_fields,
    "bad_steps": bad_steps,
}
write("cases.json", cases)
texts = [case["json"] for case in cases["valid"]]
rows = zip(texts, pickles("native", texts), pickles("python", texts), strict=True)
made = [
    {**{key: json.loads(text)[key] for key in ("class_name", "config")}, "pickles": [*dict.fromkeys(native + python)]}
    for text, native, python in rows
]
write("pickles.json", {"about": "Made by tools/make_cases.py, by every protocol, in hex.", "valid": made})
short, other = learnrate.CosineDecay(0.1, 9, 0.1, "short", 0.7, 4), learnrate.CosineDecay(0.3, 7)
stable = learnrate.warmup_stable_decay(0.7, 9, warmup_steps=2, decay_steps=3)
torch_states = [
    state(short, (1.0,)),
    state(short, (1.0, 0.5)),
    state([short, other], (1.0, 0.5)),
    state(stable, (1.0,)),
]
keras_schedules = [Schedule(short), Schedule(short, 4), Schedule(stable)]
keras_states = [keras.optimizers.schedules.serialize(schedule) for schedule in keras_schedules]
write("states.json", {"about": "Made by tools/make_cases.py.", "torch": torch_states, "keras": keras_states})
