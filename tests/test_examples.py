"""The promise: every recipe in `examples/` is what its source says, to the last bit at the joints, and stands in
`examples/README.md`. Keras takes the file, and Rust gets the same bits from it as Python.
"""

from __future__ import annotations

import decimal
import json
import math
import os
import re
import shutil
import subprocess
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

os.environ["KERAS_BACKEND"] = "jax"  # before the import

import keras
import numpy as np
import pytest

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule
    from learnrate import Phases

ROOT = Path(__file__).parent.parent
README = (ROOT / "examples" / "README.md").read_text("utf-8")
FILES = sorted((ROOT / "examples").glob("*.json"))
MILLION, BILLION = 10**6, 10**9
IMAGENET = 1_281_167  # training images of ImageNet-1k
CIFAR = 50_000


class Recipe(NamedTuple):
    """As published: the total includes the warmup; alpha is the share of the peak that the floor is."""

    first: float
    peak: float
    alpha: float
    floor: float
    warmup: int
    total: int


RECIPES = {
    "nanogpt-124m": Recipe(0.0, 6e-4, 0.1, 6e-5, 2_000, 600_000),
    "llama2-7b": Recipe(0.0, 3e-4, 0.1, 3e-5, 2_000, 2_000 * BILLION // (4 * MILLION)),
    "gpt3-175b": Recipe(0.0, 0.6e-4, 0.1, 0.6e-5, 375 * MILLION, 260 * BILLION),
    "vit-b16-imagenet": Recipe(0.0, 3e-3, 0.0, 0.0, 10_000, round(300 * IMAGENET / 4096)),
    "resnet50-bag-of-tricks": Recipe(
        0.0, 0.1 * 1024 / 256, 0.0, 0.0, round(5 * IMAGENET / 1024), round(120 * IMAGENET / 1024)
    ),
    "sgdr-cifar10": Recipe(0.05, 0.05, 0.0, 0.0, 0, 200 * math.ceil(CIFAR / 128)),
    "byol-teacher-momentum": Recipe(0.996, 0.996, 1 / 0.996, 1.0, 0, round(1000 * IMAGENET / 4096)),
    "keras-documentation": Recipe(0.0, 0.1, 0.0, 0.0, 1000, 1000 + 1000),
}

WARMUP_V3 = 2_000 * 3_072 * 4_096
STAGES = {  # the rate at step 0; then tokens or steps, where the rate starts, where it leads to, and how
    "bert-base": (0.0, [(10_000, 0.0, 1e-4, "linear"), (990_000, 9.9e-5, 0.0, "linear")]),
    "deepseek-v3": (
        0.0,
        [
            (WARMUP_V3, 0.0, 2.2e-4, "linear"),
            (10_000 * BILLION - WARMUP_V3, 2.2e-4, 2.2e-4, "hold"),
            (4_300 * BILLION, 2.2e-4, 2.2e-5, "cosine"),
            (333 * BILLION, 2.2e-5, 2.2e-5, "hold"),
            (167 * BILLION, 7.3e-6, 7.3e-6, "hold"),
        ],
    ),
    "llama-213m-cooldown": (
        1e-3 / 100,
        [(300, 1e-5, 1e-3, "linear"), (11_700, 1e-3, 1e-3, "hold"), (int(0.2 * 15_000), 1e-3, 0.0, "sqrt")],
    ),
    "minicpm-2.4b": (
        0.01,
        [(round(BILLION * 1_000 / 3.93e6), 0.01, 0.01, "hold"), (5 * 5_000, 0.01, 0.01 / 2**5, "exponential")],
    ),
}

every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
every_cosine = pytest.mark.parametrize("file", [file for file in FILES if file.stem in RECIPES], ids=lambda f: f.stem)


def test_the_readme_lists_every_example() -> None:
    table = re.findall(r"^\| \[(.+)\]\(\1\) \|.*\| (.+) \| (.+) \| (.+) \|$", README, re.MULTILINE)
    assert sorted(name for name, *_ in table) == [file.name for file in FILES]
    for name, *cells in table:
        # Each number is the result of its part of the cell, and ends it.
        total, warmup, rest = (
            [int(part.split()[-1].replace(",", "")) for part in cell.split(", then ")] for cell in cells
        )
        if recipe := RECIPES.get(Path(name).stem):
            assert (total, warmup, rest) == ([recipe.total], [recipe.warmup], [recipe.total - recipe.warmup]), name
        else:
            steps = [steps for steps, *_ in STAGES[Path(name).stem][1]]
            assert (total, [part for part in warmup + rest if part]) == ([sum(steps)], steps), name


@every_file
def test_the_file_is_its_round_trip(learnrate: ModuleType, file: Path) -> None:
    text = file.read_text("utf-8")
    schedule = learnrate.from_json(text)
    assert learnrate.from_json(schedule.to_json()) == schedule
    # As text, for the order of the keys and the types of the numbers.
    assert json.dumps(json.loads(schedule.to_json()), indent=2) + "\n" == text


@every_cosine
def test_keras_takes_it(learnrate: ModuleType, file: Path) -> None:
    data = json.loads(file.read_bytes())
    theirs = keras.optimizers.schedules.deserialize(data)
    assert type(theirs) is keras.optimizers.schedules.CosineDecay
    back = keras.optimizers.schedules.serialize(theirs)
    assert json.dumps(back) == json.dumps(data)
    assert learnrate.deserialize(back) == learnrate.CosineDecay.from_json(file.read_bytes())


@every_cosine
def test_the_joints_are_the_published_ones(CosineDecay: type[Schedule], file: Path) -> None:
    schedule = CosineDecay.from_json(file.read_bytes())
    first, peak, alpha, floor, warmup, total = RECIPES[file.stem]
    joints = [0, warmup, total, total + 1, 10 * total]
    assert [schedule(step) for step in joints] == [first, peak, peak * alpha, peak * alpha, peak * alpha]
    assert schedule(np.array(joints)).tolist() == [schedule(step) for step in joints]
    assert (schedule.total_steps, schedule.decay_steps) == (total, total - warmup)
    # Peak, alpha and their product are rounded to float64, by at most 2**-53 of their size: in all below 4 * 2**-53.
    published = Fraction(str(floor))
    assert abs(Fraction(schedule(total)) - published) <= published / 2**51


@every_cosine
def test_the_rates_between_are_the_published_ones(CosineDecay: type[Schedule], file: Path) -> None:
    schedule, recipe = CosineDecay.from_json(file.read_bytes()), RECIPES[file.stem]
    peak, floor = Fraction(str(recipe.peak)), Fraction(str(recipe.floor))
    if recipe.warmup:
        # The peak, 1 / warmup and their product are rounded: below 4 * 2**-53, as above.
        assert abs(Fraction(schedule(1)) - peak / recipe.warmup) <= peak / recipe.warmup / 2**51
    # Half a cosine is half-way in its middle. The schedule is within 7 ULP of the formula on its fields, an ULP being
    # 2**-52 of the rate at most; peak and alpha are rounded by 2**-53 each: 7 * 2**-52 + 2 * 2**-53 = 2**-49.
    middle = schedule((recipe.warmup + recipe.total) / 2)
    assert abs(Fraction(middle) - (peak + floor) / 2) <= (peak + floor) / 2 / 2**49


def test_the_momentum_of_byol_is_its_formula(CosineDecay: type[Schedule]) -> None:
    schedule = CosineDecay.from_json((ROOT / "examples" / "byol-teacher-momentum.json").read_bytes())
    total = RECIPES["byol-teacher-momentum"].total
    for step in range(0, total, total // 100):
        published = 1 - (1 - 0.996) * (math.cos(math.pi * step / total) + 1) / 2
        # Below 1 an ULP is 2**-53: 7 for the schedule, 1 for the rounding of alpha, 1 for the last of `published`. What
        # goes before that one is scaled by 0.004 and weighs less than 1 more.
        assert abs(schedule(step) - published) <= 10 * 2**-53
    assert schedule(total) == schedule.final_learning_rate == 1.0


@pytest.mark.parametrize("name", STAGES)
def test_the_stages_are_the_published_ones(learnrate: ModuleType, name: str) -> None:
    schedule: Phases = learnrate.from_json((ROOT / "examples" / f"{name}.json").read_bytes())
    first, stages = STAGES[name]
    assert schedule(0) == first
    *segments, hold = schedule.segments
    told = [(s.end - s.start, s.first_rate, s.last_rate, s.shape) for s in segments]
    assert told == stages
    assert [schedule(segment.start) for segment in segments] == [rate for _, rate, *_ in stages]
    assert schedule.total_steps == hold.start == sum(steps for steps, *_ in stages)
    last = stages[-1][2]
    assert [schedule(step) for step in (hold.start, hold.start + 1, 10 * hold.start)] == [last] * 3


def test_bert_s_decay_is_that_of_its_program(learnrate: ModuleType) -> None:
    schedule = learnrate.from_json((ROOT / "examples" / "bert-base.json").read_bytes())
    for step in range(10_000, 1_000_001, 9_999):
        published = Fraction(1, 10_000) * (1 - Fraction(step, 1_000_000))
        # 9.9e-5 is rounded by 2**-53 of itself. The line is within 2.5 ULP, each 2**-52 of the rate at most.
        assert abs(Fraction(schedule(step)) - published) <= published * Fraction(6, 2**53)


def test_the_cooldown_is_that_of_its_program(learnrate: ModuleType) -> None:
    schedule = learnrate.from_json((ROOT / "examples" / "llama-213m-cooldown.json").read_bytes())
    iterations, warmup, share = 15_000, 300, 0.2
    anneal = int(share * iterations)
    hold = iterations - anneal

    def factor(step: int) -> Decimal:
        """Of the peak, as in its `wsd_schedule`."""
        if step < warmup:
            done = Decimal(step) / warmup
            return done + (1 - done) / 100
        if step < hold:
            return Decimal(1)
        return 1 - (Decimal(step - hold) / anneal).sqrt() if step < iterations else Decimal(0)

    # Peak and first rate are rounded, by 2**-53 of each. An ULP is 2**-52 of the rate at most: the line is within 2.5,
    # what is held within 0, the root within 4. In roundings of 2**-53, with those of the fields: 6, 1 and 9.
    with decimal.localcontext(prec=60):
        for step in range(iterations + 2):
            published = Decimal("1e-3") * factor(step)
            roundings = 6 if step < warmup else 1 if step < hold else 9
            assert abs(Decimal(schedule(step)) - published) <= published * roundings / 2**53, step


def test_the_annealing_is_that_of_its_paper(learnrate: ModuleType) -> None:
    schedule = learnrate.from_json((ROOT / "examples" / "minicpm-2.4b.json").read_bytes())
    stable = round(BILLION * 1_000 / 3.93e6)
    with decimal.localcontext(prec=60):
        for step in range(stable, stable + 25_000, 7):
            published = Decimal("0.01") * Decimal("0.5") ** (Decimal(step - stable) / 5_000)
            # 0.01 is rounded by 2**-53 of itself, and so is the last rate, by as much. The exponential is within 2.75
            # ULP, each 2**-52 of the rate at most.
            assert abs(Decimal(schedule(step)) - published) <= published * Decimal("6.5") / 2**53, step


@pytest.fixture(scope="module")
def printed_by_rust(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """What `examples/show.rs` prints, by file."""
    if not shutil.which("cargo") and ("CI" not in os.environ or request.config.getoption("backend") == ["python"]):
        pytest.skip("no cargo")
    names = [f"examples/{file.name}" for file in FILES]
    # --locked: nothing is looked up on the network, apart from crates that are not there yet.
    command = ["cargo", "run", "--quiet", "--locked", "--example", "show", "--", *names]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert result.returncode == 0, result.stderr
    blocks = re.split(r"^(examples/.+)\n", result.stdout, flags=re.MULTILINE)
    assert blocks[1::2] == names
    return {name: lines.splitlines() for name, lines in zip(names, blocks[2::2], strict=True)}


@every_file
def test_rust_prints_the_same_bits(learnrate: ModuleType, file: Path, printed_by_rust: dict[str, list[str]]) -> None:
    schedule = learnrate.from_json(file.read_bytes())
    lines = [line.split(" ") for line in printed_by_rust[f"examples/{file.name}"]]
    steps = [int(step) for step, *_ in lines]
    starts = [int(segment.start) for segment in schedule.segments]
    assert steps == sorted({*steps, *starts, 1, schedule.total_steps - 1})  # at least where segments start and end
    rates = schedule(np.array(steps))
    assert rates.tolist() == [schedule(step) for step in steps]
    assert [float(rate) for _, rate, _ in lines] == rates.tolist()
    assert [bits for *_, bits in lines] == [f"{bits:#018x}" for bits in rates.view(np.uint64).tolist()]
