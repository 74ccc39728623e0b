"""Who takes a wrong word is told the right one: for arguments, and for a call without a step."""

from __future__ import annotations

import inspect
import re
import traceback
from types import ModuleType
from typing import Any

import pytest
from checks import python, refused

FIELDS = "initial_learning_rate, decay_steps, alpha, name, warmup_target, warmup_steps"
FROM_TOTAL = "total_steps, peak_learning_rate, warmup_steps, initial_learning_rate, final_learning_rate, alpha, name"
DERIVED = "total_steps, peak_learning_rate, final_learning_rate"
LINEAR = "peak, total_steps, warmup_steps, initial, final"
WSD = "peak, total_steps, warmup_steps, decay_steps, shape, initial, final"
ONE_CYCLE = "peak, total_steps, warmup_share, div_factor, final_div_factor, shape, three_phase"
CALLS: dict[str, str] = {
    "CosineDecay": FIELDS,
    "CosineDecay.from_total_steps": FROM_TOTAL,
    "CosineDecay.with_warmup": "steps, initial",
    "CosineDecay.replace": f"{FIELDS}, {DERIVED}",
    "ExponentialDecay": "initial_learning_rate, decay_steps, decay_rate, staircase, name",
    "InverseTimeDecay": "initial_learning_rate, decay_steps, decay_rate, staircase, name",
    "PolynomialDecay": "initial_learning_rate, decay_steps, end_learning_rate, power, cycle, name",
    "Phase": "steps, learning_rate, shape, power, start",
    "Phases": "initial_learning_rate, phases, name",
    "Phases.with_warmup": "steps, initial",
    "Phases.replace": "initial_learning_rate, phases, name",
    "constant": "learning_rate",
    "linear_decay": LINEAR,
    "warmup_stable_decay": WSD,
    "one_cycle": ONE_CYCLE,
    "one_cycle_momentum": "total_steps, highest, lowest, warmup_share, shape, three_phase",
    "step_decay": "initial, steps, factor",
    "multistep_decay": "initial, milestones, factor",
}


def found(learnrate: ModuleType, name: str) -> Any:
    """What is called so; methods are those of a schedule."""
    owner, _, method = name.partition(".")
    one: Any = getattr(learnrate, owner)
    if method:
        one = learnrate.CosineDecay(0.1, 1000) if owner == "CosineDecay" else learnrate.constant(0.1)
    return getattr(one, method) if method else one


@pytest.mark.parametrize(
    ("name", "word", "advice"),
    [
        (
            "CosineDecay",
            "eta_min",
            "PyTorch's `eta_min` is the final rate: alpha = eta_min / peak, or "
            "CosineDecay.from_total_steps(final_learning_rate=...). ",
        ),
        ("CosineDecay", "decay_step", "Did you mean `decay_steps`? "),
        ("CosineDecay", "warmup", "Did you mean `warmup_steps`? "),
        ("CosineDecay", "cls", ""),
        (
            "CosineDecay",
            "min_lr_ratio",
            "transformers' `min_lr_ratio` is the final rate as a share of the peak: here `alpha`. ",
        ),
        ("CosineDecay", "T_max", "PyTorch's `T_max` is the length of the decay: here `decay_steps`. "),
        (
            "CosineDecay",
            "lr",
            "PyTorch's `lr` is the peak: here `warmup_target`, or `initial_learning_rate` without a warmup. ",
        ),
        (
            "CosineDecay",
            "total_steps",
            "`total_steps` is the whole length, warmup included: `decay_steps` is the length without the warmup, "
            "CosineDecay.from_total_steps takes the whole. ",
        ),
        (
            "CosineDecay.from_total_steps",
            "min_lr",
            "Megatron's `min_lr` is the final rate: here `final_learning_rate`. ",
        ),
        (
            "CosineDecay.from_total_steps",
            "decay_steps",
            "`decay_steps` is the length of the decay: here `total_steps`, which includes the warmup. ",
        ),
        ("CosineDecay.replace", "end_value", "optax's `end_value` is the final rate: here `final_learning_rate`. "),
        ("CosineDecay.replace", "alpah", "Did you mean `alpha`? "),
        ("CosineDecay.with_warmup", "self", ""),
        (
            "CosineDecay.with_warmup",
            "num_warmup_steps",
            "transformers' `num_warmup_steps` is the length of the warmup: here `steps`. ",
        ),
        *(
            (
                name,
                "gamma",
                "PyTorch's `gamma` is the factor of a drop or of an exponential decay: the `decay_rate` of "
                "ExponentialDecay is it. ",
            )
            for name in ("ExponentialDecay", "InverseTimeDecay")
        ),
        (
            "ExponentialDecay",
            "total_steps",
            "`total_steps` is the whole length, warmup included: the decay has no end, and `decay_steps` is its "
            "period. ",
        ),
        ("ExponentialDecay", "lr", "PyTorch's `lr` is the peak: here `initial_learning_rate`. "),
        ("ExponentialDecay", "step_size", "PyTorch's `step_size` is the length of one stretch: here `decay_steps`. "),
        (
            "ExponentialDecay",
            "transition_steps",
            "optax's `transition_steps` is the length of one stretch: here `decay_steps`. ",
        ),
        ("ExponentialDecay", "end_value", "optax's `end_value` is the final rate: no argument here stands for it. "),
        ("PolynomialDecay", "lr_end", "transformers' `lr_end` is the final rate: here `end_learning_rate`. "),
        (
            "PolynomialDecay",
            "total_iters",
            "PyTorch's `total_iters` is the length of one stretch: here `decay_steps`. ",
        ),
        (
            "PolynomialDecay",
            "min_lr_ratio",
            "transformers' `min_lr_ratio` is the final rate as a share of the peak: end_learning_rate = min_lr_ratio * "
            "peak. ",
        ),
        (
            "PolynomialDecay",
            "total_steps",
            "`total_steps` is the whole length, warmup included: here `decay_steps`, and there is no warmup. ",
        ),
        (
            "Phases",
            "power",
            'PyTorch\'s `power` is the exponent of a polynomial decay: each of `phases` of the shape "polynomial" has '
            "one. ",
        ),
        (
            "linear_decay",
            "power",
            "PyTorch's `power` is the exponent of a polynomial decay: no argument here stands for it. ",
        ),
        (
            "step_decay",
            "gamma",
            "PyTorch's `gamma` is the factor of a drop or of an exponential decay: here `factor`. ",
        ),
        ("step_decay", "step_size", "PyTorch's `step_size` is the length of one stretch: here `steps`. "),
        ("step_decay", "lr", "PyTorch's `lr` is the peak: here `initial`. "),
        ("step_decay", "warmup_steps", "`warmup_steps` is the length of the warmup: no argument here stands for it. "),
        ("Phase", "power_", "Did you mean `power`? "),
        ("Phase", "init_value", "optax's `init_value` is the rate at step 0: here `start`. "),
        (
            "Phases",
            "milestones",
            "PyTorch's `milestones` are the steps where the rate drops: each of `phases` may start with a jump. ",
        ),
        ("Phases.replace", "phase", "Did you mean `phases`? "),
        ("Phases.with_warmup", "warmup_steps", "`warmup_steps` is the length of the warmup: here `steps`. "),
        ("constant", "eta_min", "PyTorch's `eta_min` is the final rate: no argument here stands for it. "),
        ("constant", "learning_rat", "Did you mean `learning_rate`? "),
        ("linear_decay", "eta_min", "PyTorch's `eta_min` is the final rate: here `final`. "),
        (
            "linear_decay",
            "alpha",
            "`alpha` is the final rate as a share of the peak: final = alpha * peak. ",
        ),
        (
            "linear_decay",
            "warmup_ratio",
            "transformers' `warmup_ratio` is the warmup as a share of the whole length: "
            "warmup_steps = round(warmup_ratio * the whole length). ",
        ),
        ("warmup_stable_decay", "decay_type", "transformers' `decay_type` is the shape of the decay: here `shape`. "),
        (
            "warmup_stable_decay",
            "num_stable_steps",
            "transformers' `num_stable_steps` is the length of the plateau: what `warmup_steps` and `decay_steps` "
            "leave of `total_steps`. ",
        ),
        ("warmup_stable_decay", "nonsense", ""),
        ("one_cycle", "max_lr", "PyTorch's `max_lr` is the peak: here `peak`. "),
        (
            "one_cycle",
            "pct_start",
            "PyTorch's `pct_start` is the warmup as a share of the whole length: here `warmup_share`. ",
        ),
        ("one_cycle", "anneal_strategy", "PyTorch's `anneal_strategy` is the shape of the decay: here `shape`. "),
        (
            "one_cycle",
            "epochs",
            "PyTorch's `epochs` is a factor of the number of updates: total_steps = epochs * steps_per_epoch. ",
        ),
        (
            "one_cycle",
            "warmup_steps",
            "`warmup_steps` is the length of the warmup: warmup_share = (warmup_steps + 1) / total_steps. ",
        ),
        (
            "one_cycle",
            "max_momentum",
            "PyTorch's `max_momentum` is the momentum at the start and at the end: one_cycle_momentum(highest=...) has "
            "it. ",
        ),
        (
            "one_cycle_momentum",
            "max_momentum",
            "PyTorch's `max_momentum` is the momentum at the start and at the end: here `highest`. ",
        ),
        (
            "one_cycle_momentum",
            "base_momentum",
            "PyTorch's `base_momentum` is the momentum where the rate is highest: here `lowest`. ",
        ),
        (
            "linear_decay",
            "div_factor",
            "PyTorch's `div_factor` is the peak over the rate at step 0: initial = peak / div_factor. ",
        ),
        (
            "multistep_decay",
            "gamma",
            "PyTorch's `gamma` is the factor of a drop or of an exponential decay: here `factor`. ",
        ),
        ("multistep_decay", "lr", "PyTorch's `lr` is the peak: here `initial`. "),
        (
            "multistep_decay",
            "boundaries",
            "`boundaries` are the steps where the rate drops: here `milestones`, each the first step after a drop. ",
        ),
    ],
)
def test_a_wrong_name(learnrate: ModuleType, name: str, word: str, advice: str) -> None:
    text = f"{name}() has no argument `{word}`. {advice}Its arguments: {CALLS[name]}"
    refused(TypeError, text, found(learnrate, name), **{word: 1})
    if name.endswith("replace"):
        refused(TypeError, text, found(learnrate, name.replace("replace", "__replace__")), **{word: 1})


@pytest.mark.parametrize("name", CALLS)
def test_no_advice_names_what_the_callable_lacks(learnrate: ModuleType, name: str) -> None:
    from learnrate import _words

    names = CALLS[name].split(", ")
    words = {word: whose for whose, meanings in _words.WORDS.items() for word in meanings}
    assert len(words) == sum(map(len, _words.WORDS.values()))  # no word is two libraries'
    wrong = sorted(words.keys() - {*names, *DERIVED.split(", ")})
    assert len(wrong) > 40
    for word in wrong:
        with pytest.raises(TypeError) as info:
            found(learnrate, name)(**{word: 1})
        start, end = f"{name}() has no argument `{word}`. ", f". Its arguments: {CALLS[name]}"
        assert str(info.value).startswith(f"{start}{words[word]} `{word}` ".replace("  ", " "))
        assert str(info.value).endswith(end)
        advice = str(info.value).removeprefix(start).removesuffix(end)
        assert {*re.findall("`(.+?)`", advice)} <= {word, *names}
        assert {*re.findall(r"(\w+) = ", advice)} <= {*names}
        assert "{" not in advice


def test_what_takes_a_schedule_refers_to_it() -> None:
    from learnrate import _words

    text = "A() has no argument `T_max`. PyTorch's `T_max` is the length of the decay: the `schedule` has it. "
    names = ["optimizer", "schedule", "total_steps"]
    refused(TypeError, f"{text}Its arguments: {', '.join(names)}", _words.refuse, "A", "T_max", names)


def test_each_meaning_is_said() -> None:
    from learnrate import _words

    assert {one for meanings in _words.WORDS.values() for one in meanings.values()} == _words.HERE.keys()


@pytest.mark.parametrize("name", CALLS)
def test_tools_see_the_arguments(learnrate: ModuleType, name: str) -> None:
    one = found(learnrate, name)
    assert one.__doc__
    parameters = inspect.signature(one).parameters
    assert ", ".join(parameters) == ("changes" if name.endswith("replace") else CALLS[name])
    if name.endswith("with_warmup") or name.islower():  # a wrapped function goes by its own name
        assert (one.__name__, one.__qualname__) == (name.rpartition(".")[2], name)
        assert one.__module__ == inspect.unwrap(one).__globals__["__name__"]
        assert one.__annotations__.keys() == {*parameters, "return"}


def test_other_errors_pass_through(learnrate: ModuleType) -> None:
    class Sequence(list):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            raise error

    error = TypeError("mine")
    with pytest.raises(TypeError) as info:
        learnrate.Phases(0.1, phases=Sequence([1]))
    assert info.value is error
    assert error.__cause__ is error.__context__ is None
    assert traceback.extract_tb(error.__traceback__)[-1].name == "__iter__"
    for call in (learnrate.CosineDecay, learnrate.linear_decay, learnrate.Phase):
        with pytest.raises(TypeError, match="missing 1 required positional argument"):
            call(0.1)
        with pytest.raises(TypeError, match="multiple values"):
            call(0.1, **{next(iter(inspect.signature(call).parameters)): 0.1})


def test_a_call_without_a_step(learnrate: ModuleType) -> None:
    text = (
        "A schedule needs a step: schedule(step). Keras's optimizers, which call without one, take "
        "learnrate.keras.Schedule(schedule)"
    )
    for schedule in (learnrate.CosineDecay(0.1, 1000), learnrate.constant(0.1)):
        refused(TypeError, text, schedule)
        refused(TypeError, text, schedule, out=None)
        refused(TypeError, text, schedule, out=[0.0])
        rule = "a number, or an array, range or nested sequence of numbers"
        refused(TypeError, f"Argument `step` must be {rule}. Received: step=None", schedule, None)


DIR = """
import learnrate
before = dir(learnrate)
import learnrate._plot, learnrate.cli
print(before == sorted(learnrate.__all__), *set(dir(learnrate)) ^ set(before))
"""


def test_dir_is_what_is_public(learnrate: ModuleType) -> None:
    assert python(DIR, LEARNRATE_BACKEND=learnrate.BACKEND) == "True cli"
