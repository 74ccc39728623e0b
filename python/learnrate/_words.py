"""Wrong names of arguments: refused with the right one of what was called, and what the word means elsewhere."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn, TypeVar

    _C = TypeVar("_C", bound=type)
    _F = TypeVar("_F", bound=Callable[..., Any])

# A meaning, and how it is said here: by which arguments, all of which a callable must have, in which words. The first
# that fits is taken; no words are "here `argument`". `{}` is the word that was asked for.
FINAL = "the final rate"
PEAK = "the peak"
INITIAL = "the rate at step 0"
RISE = "the rate where the warmup starts"
FINAL_SHARE = "the final rate as a share of the peak"
INITIAL_SHARE = "the first rate as a share of the peak"
TOTAL = "the whole length, warmup included"
WARMUP = "the length of the warmup"
WARMUP_SHARE = "the warmup as a share of the whole length"
STABLE = "the length of the plateau"
DECAY = "the length of the decay"
STRETCH = "the length of one stretch"
SHAPE = "the shape of the decay"
FACTOR = "the factor of a drop or of an exponential decay"
DROPS = "the steps where the rate drops"
EXPONENT = "the exponent of a polynomial decay"
DIVISOR = "the peak over the rate at step 0"
FINAL_DIVISOR = "the rate at step 0 over the final rate"
UPDATES = "a factor of the number of updates"
HIGH_MOMENTUM = "the momentum at the start and at the end"
LOW_MOMENTUM = "the momentum where the rate is highest"
MOMENTUM = "whether the momentum goes against the rate"

NONE = "no argument here stands for it"
NO_END = "the decay has no end, and `decay_steps` is its period"
HERE: dict[str, dict[str, str]] = {
    FINAL: {
        "final_learning_rate": "",
        "final": "",
        "end_learning_rate": "",
        "alpha": "alpha = {} / peak, or CosineDecay.from_total_steps(final_learning_rate=...)",
        "steps learning_rate": "here `learning_rate`, to which the phase leads",
        "phases": "the last of `phases` leads to it",
        "final_div_factor": "final_div_factor = peak / div_factor / {}",
    },
    PEAK: {
        "peak_learning_rate": "",
        "peak": "",
        "warmup_target initial_learning_rate": "here `warmup_target`, or `initial_learning_rate` without a warmup",
        "steps learning_rate": "here `learning_rate`, to which the phase leads",
        "learning_rate": "",
        "phases": "one of `phases` leads to it, or `initial_learning_rate` is it",
        "initial factor": "here `initial`",
        "steps initial": "the warmup leads to the first rate of the schedule",
        "initial_learning_rate": "",
    },
    INITIAL: {
        "initial_learning_rate peak_learning_rate": "here `initial_learning_rate`, or `peak_learning_rate` without a "
        "warmup",
        "initial_learning_rate": "",
        "initial peak": "here `initial`, or `peak` without a warmup",
        "initial": "",
        "start": "",
        "learning_rate": "",
        "div_factor": "div_factor = peak / {}",
    },
    RISE: {"initial_learning_rate": "", "initial": "", "start": "", "div_factor": "div_factor = peak / {}"},
    FINAL_SHARE: {
        "alpha": "",
        "final": "final = {} * peak",
        "end_learning_rate": "end_learning_rate = {} * peak",
        "steps learning_rate": "learning_rate = {} * peak",
        "phases": "the last of `phases` leads to {} * peak",
        "final_div_factor": "final_div_factor = 1 / (div_factor * {})",
    },
    INITIAL_SHARE: {
        "initial_learning_rate": "initial_learning_rate = {} * peak",
        "initial": "initial = {} * peak",
        "start": "start = {} * peak",
        "div_factor": "div_factor = 1 / {}",
    },
    TOTAL: {
        "total_steps": "",
        "decay_steps decay_rate": NO_END,
        "decay_steps power": "here `decay_steps`, and there is no warmup",
        "decay_steps": "`decay_steps` is the length without the warmup, CosineDecay.from_total_steps takes the whole",
        "steps learning_rate": "here `steps`, of one phase",
        "phases": "the steps of all `phases` are it",
    },
    WARMUP: {
        "warmup_steps": "",
        "initial steps factor": NONE,
        "steps": "",
        "phases": "the first of `phases` has it",
        "learning_rate": "constant(...).with_warmup(steps) has it",
        "warmup_share": "warmup_share = ({} + 1) / total_steps",
    },
    WARMUP_SHARE: {
        "warmup_share": "",
        "warmup_steps": "warmup_steps = round({} * the whole length)",
        "initial steps factor": NONE,
        "steps": "steps = round({} * the whole length)",
        "phases": "the first of `phases` has round({} * the whole length) steps",
        "learning_rate": "constant(...).with_warmup(steps) takes steps",
    },
    STABLE: {
        "peak total_steps warmup_steps decay_steps": "what `warmup_steps` and `decay_steps` leave of `total_steps`",
        "steps learning_rate": "here `steps`",
        "phases": "one of `phases` has it",
    },
    DECAY: {
        "decay_steps decay_rate": NO_END,
        "decay_steps": "",
        "total_steps": "here `total_steps`, which includes the warmup",
        "steps learning_rate": "here `steps`",
        "phases": "the last of `phases` has it",
    },
    STRETCH: {
        "steps": "",
        "warmup_share total_steps": "what `warmup_share` makes of `total_steps`",
        "warmup_steps decay_steps": "here `warmup_steps` or `decay_steps`",
        "warmup_steps total_steps": "here `warmup_steps`, or what it leaves of `total_steps`",
        "decay_steps": "",
        "phases": "one of `phases` has it",
    },
    SHAPE: {"shape": "", "phases": "each of `phases` has one"},
    FACTOR: {
        "factor": "",
        "decay_rate": "the `decay_rate` of ExponentialDecay is it",
        "boundaries values": "each of `values` is a rate",
    },
    DROPS: {
        "milestones": "here `milestones`, each the first step after a drop",
        "boundaries": "here `boundaries`, each the last step before a drop",
        "phases": "each of `phases` may start with a jump",
    },
    EXPONENT: {"power": "", "phases": 'each of `phases` of the shape "polynomial" has one'},
    DIVISOR: {
        "initial_learning_rate": "initial_learning_rate = peak / {}",
        "peak initial": "initial = peak / {}",
        "start": "start = peak / {}",
    },
    FINAL_DIVISOR: {
        "final_learning_rate": "final_learning_rate = the rate at step 0 / {}",
        "final": "final = the rate at step 0 / {}",
        "end_learning_rate": "end_learning_rate = the rate at step 0 / {}",
        "phases": "the last of `phases` leads to the rate at step 0 / {}",
    },
    UPDATES: {
        "total_steps": "total_steps = epochs * steps_per_epoch",
        "decay_steps decay_rate": NO_END,
        "decay_steps power": "decay_steps = epochs * steps_per_epoch",
        "decay_steps": "decay_steps = epochs * steps_per_epoch, less the warmup",
        "phases": "the steps of all `phases` are epochs * steps_per_epoch",
    },
    HIGH_MOMENTUM: {"highest": "", "div_factor": "one_cycle_momentum(highest=...) has it"},
    LOW_MOMENTUM: {"lowest": "", "div_factor": "one_cycle_momentum(lowest=...) has it"},
    MOMENTUM: {"div_factor": "one_cycle_momentum(...) makes a schedule for it"},
}

# Whose a word is ("" where it is ours, or everybody's), and what it means there.
WORDS: dict[str, dict[str, str]] = {
    "": {
        "alpha": FINAL_SHARE,
        "boundaries": DROPS,
        "decay_steps": DECAY,
        "final": FINAL,
        "final_learning_rate": FINAL,
        "final_lr": FINAL,
        "initial": INITIAL,
        "initial_learning_rate": INITIAL,
        "peak": PEAK,
        "peak_learning_rate": PEAK,
        "peak_lr": PEAK,
        "total_steps": TOTAL,
        "warmup_share": WARMUP_SHARE,
        "warmup_steps": WARMUP,
        "warmup_target": PEAK,
    },
    "DeepSpeed's": {
        "cos_min_ratio": FINAL_SHARE,
        "total_num_steps": TOTAL,
        "warmup_max_lr": PEAK,
        "warmup_min_lr": RISE,
        "warmup_min_ratio": INITIAL_SHARE,
        "warmup_num_steps": WARMUP,
    },
    "Keras's": {"decay_rate": FACTOR, "end_learning_rate": FINAL},
    "Megatron's": {"init_lr": RISE, "lr_decay_iters": TOTAL, "lr_warmup_iters": WARMUP, "min_lr": FINAL},
    "optax's": {"end_value": FINAL, "init_value": INITIAL, "peak_value": PEAK, "transition_steps": STRETCH},
    "PyTorch's": {
        "T_max": DECAY,
        "anneal_strategy": SHAPE,
        "base_lr": RISE,
        "base_momentum": LOW_MOMENTUM,
        "cycle_momentum": MOMENTUM,
        "div_factor": DIVISOR,
        "epochs": UPDATES,
        "eta_min": FINAL,
        "final_div_factor": FINAL_DIVISOR,
        "gamma": FACTOR,
        "lr": PEAK,
        "max_lr": PEAK,
        "max_momentum": HIGH_MOMENTUM,
        "milestones": DROPS,
        "pct_start": WARMUP_SHARE,
        "power": EXPONENT,
        "start_factor": INITIAL_SHARE,
        "step_size": STRETCH,
        "steps_per_epoch": UPDATES,
        "total_iters": STRETCH,
    },
    "timm's": {"lr_min": FINAL, "t_initial": DECAY, "warmup_lr_init": RISE, "warmup_t": WARMUP},
    "transformers'": {
        "decay_type": SHAPE,
        "learning_rate": PEAK,
        "lr_end": FINAL,
        "min_lr_rate": FINAL_SHARE,
        "min_lr_ratio": FINAL_SHARE,
        "num_decay_steps": DECAY,
        "num_stable_steps": STABLE,
        "num_training_steps": TOTAL,
        "num_warmup_steps": WARMUP,
        "warmup_ratio": WARMUP_SHARE,
    },
}


def known(function: _F) -> _F:
    """The function, with a better error where a keyword is none of its arguments.

    It looks at names only once a TypeError is there. Python binds them before it runs the function, so that a wrong one
    is the reason; any other TypeError passes through.
    """
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    names = names[1:] if names[0] in ("self", "cls") else names

    def call(*args: Any, **keywords: Any) -> Any:
        try:
            return function(*args, **keywords)
        except TypeError:
            for word in keywords:
                if word not in names:
                    refuse(function.__qualname__.removesuffix(".__new__").removesuffix(".__init__"), word, names)
            raise

    # What `functools.wraps` does, whose import takes longer than that of this package. Signatures are found by
    # `__wrapped__`.
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__"):
        setattr(call, attribute, getattr(function, attribute))
    call.__wrapped__ = function  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]


def of_class(cls: _C) -> _C:
    """The class, for whose constructor the same holds. (Type checkers do not see through a decorated `__new__`.)"""
    if "__new__" in vars(cls):
        setattr(cls, "__new__", staticmethod(known(vars(cls)["__new__"].__func__)))  # noqa: B010  # as mypy wants it
    else:
        setattr(cls, "__init__", known(vars(cls)["__init__"]))  # noqa: B010
    return cls


def refuse(callee: str, word: str, names: Sequence[str]) -> NoReturn:
    """Says that `callee` has arguments of these names, and not of that one."""
    raise TypeError(
        f"{callee}() has no argument `{word}`. {_advice(word, names)}Its arguments: {', '.join(names)}"
    ) from None


def _advice(word: str, names: Sequence[str]) -> str:
    for whose, meanings in WORDS.items():
        if word in meanings:
            meaning = meanings[word]
            return f"{f'{whose} `{word}`'.strip()} {_is(meaning)} {meaning}: {_said(meaning, word, names)}. "
    from difflib import get_close_matches

    near = get_close_matches(word, names, n=1)
    return f"Did you mean `{near[0]}`? " if near else ""


def _is(meaning: str) -> str:
    return "are" if meaning == DROPS else "is"


def _said(meaning: str, word: str, names: Sequence[str]) -> str:
    if "optimizer" in names:
        return "the `schedule` has it"
    for needed, words in HERE[meaning].items():
        if set(needed.split()) <= set(names):
            return words.format(word) or f"here `{needed}`"
    return NONE
