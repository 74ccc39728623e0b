"""R gets Python's rates and configs through reticulate and jsonlite, to the last bit, and `examples/from_r.R` runs.

Each call of `r` is one process of R, with a Python of its own inside: on the backend that the fixture has chosen.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from family import EXAMPLES, ROWS

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

ROOT = Path(__file__).parent.parent.parent
FILES = sorted(f"examples/{file.name}" for file in (ROOT / "examples").glob("*.json"))

# An environment of its own, because a reticulate older than 1.38, such as Debian 12's, does not understand NumPy 2.
SETUP = """
    apt-get install --no-install-recommends r-base-core r-cran-reticulate r-cran-jsonlite
    python3 -m venv .venv-r && .venv-r/bin/pip install 'numpy<2' .
    export LEARNRATE_R_PYTHON=$PWD/.venv-r/bin/python
"""

PRELUDE = """
    suppressPackageStartupMessages({library(jsonlite); library(reticulate)})
    learnrate <- import("learnrate")
    stopifnot(learnrate$BACKEND == Sys.getenv("LEARNRATE_BACKEND"))
    given <- read_json(commandArgs(trailingOnly = TRUE), simplifyVector = TRUE)
    answer <- function(x) cat(toJSON(x, auto_unbox = TRUE))
"""


def r(*arguments: str | Path) -> str:
    """What Rscript prints."""
    rscript, python = shutil.which("Rscript"), os.environ.get("LEARNRATE_R_PYTHON", "")
    if not rscript:
        pytest.fail(f"Rscript is not on the PATH. What these tests need:\n{SETUP}")
    if not os.access(python, os.X_OK):
        pytest.fail(f"LEARNRATE_R_PYTHON={python!r} is not a Python to run in R. What these tests need:\n{SETUP}")
    result = subprocess.run(
        [rscript, *arguments],
        cwd=ROOT,
        env={**os.environ, "RETICULATE_PYTHON": os.path.abspath(python)},  # abspath: of a link, not of its target
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def ask(directory: Path, code: str, given: object) -> Any:
    """What R code answers to what it is given: both travel as JSON, and floats in answers as hexadecimal text."""
    (directory / "code.R").write_text(PRELUDE + code, "utf-8")
    (directory / "given.json").write_text(json.dumps(given), "utf-8")
    return json.loads(r(directory / "code.R", directory / "given.json"))


def test_the_example_runs(CosineDecay: type[Schedule]) -> None:
    first, *_, last = r("examples/from_r.R").splitlines()
    assert first == repr(CosineDecay(0, 1000, alpha=0.01, warmup_target=0.1, warmup_steps=1000))
    assert last.startswith("ValueError: Argument `decay_steps` must be ")


RATES = """
    passed <- function(schedule, steps, as = identity) {
      list(steps = sprintf("%a", steps), rates = sprintf("%a", schedule(as(steps))))
    }
    answer(sapply(names(given), function(file) {
      schedule <- learnrate$deserialize(read_json(file))
      steps <- given[[file]]
      small <- steps[steps == floor(steps) & steps <= .Machine$integer.max]
      list(
        doubles = passed(schedule, steps),
        array = passed(schedule, steps, array),
        matrix = passed(schedule, steps, function(steps) matrix(steps, nrow = 2)),
        one_by_one = passed(function(steps) vapply(steps, schedule, numeric(1)), steps),
        integers = passed(schedule, small, as.integer)
      )
    }, simplify = FALSE))
"""


def test_the_rates_have_pythons_bits(learnrate: ModuleType, tmp_path: Path) -> None:
    rng = random.Random(0)
    files = [*FILES]
    for row in ROWS:  # of no class is there a recipe for certain
        files.append(str(tmp_path / f"{row.name}.json"))
        Path(files[-1]).write_text(row.first.make(learnrate).to_json(), "utf-8")
    schedules = {file: learnrate.from_json((ROOT / file).read_bytes()) for file in files}
    assert {type(schedule).__name__ for schedule in schedules.values()} == {row.name for row in ROWS}
    steps: dict[str, list[float]] = {}
    for file, schedule in schedules.items():
        total = schedule.total_steps or 100_000  # or some of what has no end
        joints = [segment.start for segment in schedule.segments]
        whole = [0, 1, total - 1, total, *joints, *(joint + 1 for joint in joints)]
        whole += [rng.randrange(total) for _ in range(200)]
        whole += [0] * (len(whole) % 2)  # for a matrix of two rows
        parts = [rng.random() * total for _ in range(200)]
        steps[file] = [*whole, *parts]
    answers = ask(tmp_path, RATES, steps)
    assert list(answers) == files
    for file, schedule in schedules.items():
        for way, answer in answers[file].items():
            arrived = [float.fromhex(step) for step in answer["steps"]]
            if way == "integers":
                assert arrived == [step for step in steps[file] if step == int(step) and step < 2**31]
                assert len(arrived) >= 4, file
            else:
                assert arrived == steps[file], (file, way)
            rates = [float.fromhex(rate) for rate in answer["rates"]]
            assert rates == [schedule(step) for step in arrived], (file, way)
            assert rates == schedule(arrived).tolist(), (file, way)


CONFIGS = """
    answer(lapply(given, function(text) {
      data <- fromJSON(text, simplifyVector = FALSE)
      config <- data$config
      class <- learnrate[[data$class_name]]
      list(
        deserialize = learnrate$deserialize(data)$to_json(),
        from_config = class$from_config(config)$to_json(),
        constructor = do.call(class, config)$to_json(),
        from_json = learnrate$from_json(text)$to_json()
      )
    }))
"""
WRITTEN = """
    answer(lapply(given, function(text) {
      data <- fromJSON(text, simplifyVector = FALSE)
      learnrate$from_json(toJSON(data, auto_unbox = TRUE, digits = NA, null = "null"))$to_json()
    }))
"""


def awkward(CosineDecay: type[Schedule]) -> list[Schedule]:
    """Schedules whose floats need all their digits, and whose counts do not fit an R integer."""
    rng = random.Random(1)

    def rate() -> float:
        return math.ldexp(rng.random(), rng.choice([0, -3, -20, -1070]))

    return [
        CosineDecay(5e-324, 2**53, alpha=1 / 3, warmup_target=None),
        CosineDecay(0.0, 2**31, warmup_target=1.2345678901234567e308, warmup_steps=2**31 - 1),
        CosineDecay(0.1, 1000, name='ein "Name" \\ µ €'),
        *(
            CosineDecay(
                rate(), rng.randint(1, 2**40), alpha=rate(), warmup_target=rate(), warmup_steps=rng.randrange(99)
            )
            for _ in range(50)
        ),
    ]


def test_configs_of_each_class_keep_their_bits(learnrate: ModuleType, tmp_path: Path) -> None:
    schedules = [example.make(learnrate) for example in EXAMPLES]
    answers = ask(tmp_path, CONFIGS, [schedule.to_json() for schedule in schedules])
    for schedule, answer in zip(schedules, answers, strict=True):
        assert len(answer) == 4
        assert {way: learnrate.from_json(text) for way, text in answer.items()} == dict.fromkeys(answer, schedule)


STAGES = """
    stages <- learnrate$warmup_stable_decay(3e-4, 1000, warmup_steps = 100, decay_steps = 200, shape = "cosine")
    phases <- learnrate$Phases(0, list(
      learnrate$Phase(100, 3e-4),
      tuple(700, 3e-4),
      list(steps = 200, learning_rate = 0, shape = "cosine")
    ))
    line <- learnrate$constant(0.5)$with_warmup(8)
    refused <- tryCatch(learnrate$Phases(0, list(list(700, 3e-4))), error = conditionMessage)
    answer(list(stages = stages$to_json(), phases = phases$to_json(), line = line(0:9), refused = refused))
"""


def test_phases_are_made_in_r(learnrate: ModuleType, tmp_path: Path) -> None:
    answer = ask(tmp_path, STAGES, [])
    decay = learnrate.warmup_stable_decay(3e-4, 1000, warmup_steps=100, decay_steps=200, shape="cosine")
    assert learnrate.from_json(answer["stages"]) == decay
    given = [learnrate.Phase(100, 3e-4), (700, 3e-4), (200, 0.0, "cosine")]
    assert learnrate.from_json(answer["phases"]) == learnrate.Phases(0.0, given)
    assert answer["line"] == [k / 16 for k in range(8)] + [0.5, 0.5]
    # R's list is Python's where it has no names.
    assert answer["refused"].startswith(
        "TypeError: Argument `phases[0]` must be a Phase, or a tuple or dict of its fields"
    )


def test_configs_keep_their_bits(CosineDecay: type[Schedule], tmp_path: Path) -> None:
    schedules = awkward(CosineDecay)
    texts = [schedule.to_json() for schedule in schedules]
    for schedule, answer in zip(schedules, ask(tmp_path, CONFIGS, texts), strict=True):
        assert {way: CosineDecay.from_json(text) for way, text in answer.items()} == dict.fromkeys(answer, schedule)
    changed = 0
    for schedule, text in zip(schedules, ask(tmp_path, WRITTEN, texts), strict=True):
        written = CosineDecay.from_json(text)
        # jsonlite's toJSON is the one way that loses some: it writes 15 significant digits.
        digits = {k: float(f"{v:.15g}") for k, v in schedule.get_config().items() if isinstance(v, (int, float))}
        assert written == schedule.replace(**digits)
        changed += written != schedule
    assert changed > 40


STEP = "Argument `step` must be"
KINDS = "a number, or an array, range or nested sequence of numbers"
ERRORS = {
    "schedule(-1)": f"ValueError: {STEP} >= 0. Received: step=-1.0",
    "schedule(-1L)": f"ValueError: {STEP} >= 0. Received: step=-1",
    "schedule(c(0, 5, -1))": f"ValueError: {STEP} >= 0. Received: step[2]=-1.0",
    "schedule(matrix(c(0, 1, 2, -7, 3, 4), 2))": f"ValueError: {STEP} >= 0. Received: step[1, 1]=-7.0",
    "schedule('5')": f"TypeError: {STEP} {KINDS}. Received: step='5'",
    "schedule(NULL)": f"TypeError: {STEP} {KINDS}. Received: step=None",
    "schedule(c(TRUE, FALSE))": f"TypeError: {STEP} a number. Received: step[0]=True",
    # R's NA arrives as something else for each type. None may pass for a number.
    "schedule(NA)": f"TypeError: {STEP} {KINDS}. Received: step=True",
    "schedule(NA_real_)": f"ValueError: {STEP} >= 0. Received: step=nan",
    "schedule(c(5, NA))": f"ValueError: {STEP} >= 0. Received: step[1]=nan",
    "schedule(array(c(5, NA)))": f"ValueError: {STEP} >= 0. Received: step[1]=nan",
    "schedule(NA_integer_)": f"ValueError: {STEP} >= 0. Received: step=-2147483648",
    "schedule(c(5L, NA))": f"ValueError: {STEP} >= 0. Received: step[1]=-2147483648",
    "learnrate$CosineDecay(NA_real_, 5)": (
        "ValueError: Argument `initial_learning_rate` must be a finite number >= 0. Received: initial_learning_rate=nan"
    ),
    "learnrate$CosineDecay(1, NA_integer_)": (
        "ValueError: Argument `decay_steps` must be > 0. Received: decay_steps=-2147483648"
    ),
    "learnrate$CosineDecay(1, 5, warmup_target = NA)": (
        "TypeError: Argument `warmup_target` must be a number. Received: warmup_target=True"
    ),
    "learnrate$CosineDecay(1, 0.5)": (
        "ValueError: Argument `decay_steps` must be a number of steps, >= 1, not a share or a rate. "
        "Received: decay_steps=0.5"
    ),
    "learnrate$deserialize(list(class_name = 'Other', config = list()))": (
        f"ValueError: Unknown `class_name`. Known: {', '.join(repr(row.name) for row in ROWS)}. Received: 'Other'"
    ),
    # Without auto_unbox, toJSON makes an array of every value.
    "learnrate$CosineDecay$from_json(toJSON(list(class_name = 'CosineDecay', config = list(decay_steps = 5))))": (
        "ValueError: Unknown `class_name`. Known: 'CosineDecay'. Received: ['CosineDecay']"
    ),
}

COMPLAINTS = """
    schedule <- learnrate$CosineDecay(0.1, 1000)
    answer(sapply(given, function(code) {
      tryCatch({eval(parse(text = code)); "no error"}, error = conditionMessage)
    }))
"""


def test_errors_arrive(learnrate: ModuleType, tmp_path: Path) -> None:
    answers = ask(tmp_path, COMPLAINTS, list(ERRORS))
    # Below the message, newer versions of reticulate say where to look for details.
    assert dict(zip(ERRORS, [text.splitlines()[0] for text in answers], strict=True)) == ERRORS
