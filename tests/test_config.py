"""Config exchange: Keras's JSON out and in, to the key order; the other shapes that are read; and what is refused.

The other side is the real Keras. Hostile input is an error or a value, and soon.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import json
import math
import os
import pickle
import sys
import types
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

os.environ["KERAS_BACKEND"] = "jax"  # before the import

import keras
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

schedules = keras.optimizers.schedules

KEYS = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")
BARE: dict[str, Any] = dict(zip(KEYS, (0.1, 1000, 0.0, "CosineDecay", None, 0), strict=True))
FULL: dict[str, Any] = dict(
    zip(KEYS, (1e-05, 90_000, 0.1, '\N{SNOWMAN}\N{GRINNING FACE}\\"[{', 0.001, 10_000), strict=True)
)
REQUIRED: dict[str, Any] = {"initial_learning_rate": 0.1, "decay_steps": 1000}
MILLION = 1_000_000


def envelope(config: Any, **changes: Any) -> dict[str, Any]:
    names = {"module": "keras.optimizers.schedules", "class_name": "CosineDecay"}
    return {**names, "config": config, "registered_name": None, **changes}


def readers(learnrate: ModuleType) -> tuple[Callable[[Any], Schedule], ...]:
    """Every way in, each for a config."""
    from_config, from_json = learnrate.CosineDecay.from_config, learnrate.CosineDecay.from_json
    return (
        from_config,
        lambda config: learnrate.deserialize(envelope(config)),
        lambda config: from_json(json.dumps(envelope(config))),
        lambda config: from_json(json.dumps(envelope(config), ensure_ascii=False, indent=2).encode()),
    )


def refused(text: str, function: Callable[..., object], *args: Any, error: type[Exception] = ValueError) -> None:
    with pytest.raises(error) as info:
        function(*args)
    assert type(info.value) is error
    assert str(info.value) == text


def refused_both(learnrate: ModuleType, data: Any, text: str) -> None:
    refused(text, learnrate.deserialize, data)
    refused(text, learnrate.CosineDecay.from_json, json.dumps(data))


def malformed(CosineDecay: type[Schedule], text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^Invalid schedule JSON: ") as info:
        CosineDecay.from_json(text)
    assert len(str(info.value)) < 2000


def nested(depth: int) -> list[Any]:
    return functools.reduce(lambda value, _: [value], range(depth - 1), [])


@pytest.mark.parametrize("config", [BARE, FULL])
def test_the_wire_form(learnrate: ModuleType, config: Any) -> None:
    schedule = learnrate.CosineDecay(**config)
    data = learnrate.serialize(schedule)
    assert data == envelope(config)
    assert list(data) == ["module", "class_name", "config", "registered_name"]
    assert list(data["config"].items()) == list(config.items())
    assert [type(value) for value in data["config"].values()] == [type(value) for value in config.values()]
    assert list(schedule.get_config().items()) == list(config.items())
    assert schedule.to_json() == json.dumps(envelope(config))


@pytest.mark.parametrize("thing", [None, 5, "CosineDecay", BARE, schedules.CosineDecay(0.1, 1000), float], ids=type)
def test_only_schedules_are_serialized(learnrate: ModuleType, thing: Any) -> None:
    text = f"Argument `schedule` must be a learnrate schedule. Received: schedule={thing!r}"
    refused(text, learnrate.serialize, thing, error=TypeError)


@pytest.mark.parametrize("config", [BARE, FULL])
def test_keras_reads_ours_and_we_read_keras_s(learnrate: ModuleType, config: Any) -> None:
    schedule, stock = learnrate.CosineDecay(**config), schedules.CosineDecay(**config)
    read = schedules.deserialize(json.loads(schedule.to_json()))
    assert type(read) is type(stock)
    assert list(read.get_config().items()) == list(stock.get_config().items()) == list(config.items())
    assert learnrate.CosineDecay.from_json(json.dumps(schedules.serialize(stock))) == schedule
    # Through an optimizer's config
    written = json.loads(json.dumps(keras.optimizers.serialize(keras.optimizers.SGD(stock))))
    assert learnrate.deserialize(written["config"]["learning_rate"]) == schedule
    written["config"]["learning_rate"] = learnrate.serialize(schedule)
    read = keras.optimizers.deserialize(written).get_config()["learning_rate"]
    assert learnrate.deserialize(read) == schedule


@pytest.mark.parametrize(
    "changes",
    [
        {},  # before 2023 there were no warmup keys
        {"alpha": 0.0, "name": None},  # tf.keras 2 wrote null
        {"warmup_target": None, "warmup_steps": 0},
        {"decay_steps": 1000.0, "alpha": 0, "warmup_steps": 0.0},  # R writes doubles
        {"decay_steps": 1e3, "alpha": -0.0, "name": "CosineDecay"},
    ],
)
def test_older_and_other_shapes(learnrate: ModuleType, changes: Any) -> None:
    for read in readers(learnrate):
        assert read({**REQUIRED, **changes}) == learnrate.CosineDecay(0.1, 1000)
        assert read({**REQUIRED, **changes, "initial_learning_rate": 1}) == learnrate.CosineDecay(1.0, 1000)


def test_keys_may_be_missing_and_in_any_order(learnrate: ModuleType) -> None:
    for data in map(dict, itertools.permutations(envelope(FULL).items())):
        assert learnrate.CosineDecay.from_json(json.dumps(data)) == learnrate.CosineDecay(**FULL)
    for config in map(dict, itertools.permutations(FULL.items())):
        data = {"config": config, "class_name": "CosineDecay"}  # Keras's old form
        assert learnrate.deserialize(data) == learnrate.CosineDecay(**FULL)
        assert learnrate.deserialize(types.MappingProxyType(data)) == learnrate.CosineDecay(**FULL)


@pytest.mark.parametrize("name", ["keras.src.elsewhere", "my>CosineDecay", "no such module", "", None])
def test_module_and_registered_name_are_ignored(learnrate: ModuleType, name: str | None) -> None:
    for data in (envelope(FULL, module=name), envelope(FULL, registered_name=name)):
        assert learnrate.deserialize(data) == learnrate.CosineDecay(**FULL)
        assert learnrate.CosineDecay.from_json(f" \t\r\n{json.dumps(data)}\n") == learnrate.CosineDecay(**FULL)


def test_numbers_inside_float64_are_read(CosineDecay: type[Schedule]) -> None:
    text = json.dumps(envelope(FULL))
    for number in (
        *("1.7976931348623158e308", "1" + "0" * 308, "1e-999", "-0", "-0.0", "0.1" + "0" * 5000, "1E+0", "4.9e-324"),
        *("0e999", "9007199254740993", "0." + "0" * 5000 + "1", "0.1000000000000000055511151231257827021181583404541"),
    ):
        assert CosineDecay.from_json(text.replace("1e-05", number)).initial_learning_rate == float(number)


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    rates = st.floats(min_value=0.0, allow_infinity=False)
    initial, target, decay = draw(rates), draw(st.none() | rates), draw(st.integers(1, 2**53))
    peak = initial if target is None else target
    alpha = draw(rates.filter(lambda alpha: peak * alpha < math.inf))
    warmup = 0 if target is None else draw(st.integers(0, 2**53 - decay))
    return dict(zip(KEYS, (initial, decay, alpha, draw(st.text()), target, warmup), strict=True))


@given(configs())
@example({**BARE, "initial_learning_rate": 5e-324, "alpha": sys.float_info.max})
@example({**BARE, "initial_learning_rate": 2.2250738585072011e-308, "alpha": 1.0000000000000002})
@example({**BARE, "initial_learning_rate": sys.float_info.max, "decay_steps": 2**53})
@example({**BARE, "initial_learning_rate": 9007199254740993.0, "alpha": 1e23})
def test_every_bit_survives(learnrate: ModuleType, config: Any) -> None:
    schedule = learnrate.CosineDecay(**config)
    text = schedule.to_json()
    assert text == json.dumps(envelope(config))
    for back in (
        *(read(schedule.get_config()) for read in readers(learnrate)),
        learnrate.CosineDecay.from_json(text),
        learnrate.deserialize(learnrate.serialize(schedule)),
        pickle.loads(pickle.dumps(schedule)),
        eval(repr(schedule), {"CosineDecay": learnrate.CosineDecay}),
    ):
        assert back == schedule
        assert back.get_config() == config
    assert schedules.deserialize(json.loads(text)).get_config() == config


@pytest.mark.parametrize("key", ["beta", "Alpha", "warmupSteps", "build_config", "", "\ud7ff", 'a"b'])
def test_unknown_keys(learnrate: ModuleType, key: str) -> None:
    for read in readers(learnrate):
        refused(f"Unknown key in `config`. Known: {', '.join(KEYS)}. Received: {key!r}", read, {**FULL, key: 0.1})
    text = f"Unknown key in `data`. Known: module, class_name, config, registered_name. Received: {key!r}"
    refused_both(learnrate, {**envelope(FULL), key: None}, text)


def test_missing_keys(learnrate: ModuleType) -> None:
    for key in REQUIRED:
        config = {name: value for name, value in FULL.items() if name != key}
        for read in readers(learnrate):
            refused(f"Missing key in `config`: {key}. Received: {config!r}", read, config)
    for key in ("class_name", "config"):
        data = {name: value for name, value in envelope(FULL).items() if name != key}
        refused_both(learnrate, data, f"Missing key in `data`: {key}. Received: {data!r}")


@pytest.mark.parametrize(
    ("rule", "keys", "values"),
    [
        ("a number", KEYS[:5:2], (True, "0.1", [0.1], {"a": 1})),
        ("a number", ("initial_learning_rate", "alpha"), (None,)),
        ("a whole number", KEYS[1::4], (False, "5", [], {}, None, 10.5)),
        ("a string", ("name",), (5, True, ["x"], {}, 0.5)),
        ("a finite number >= 0", KEYS[:5:2], (-1, -0.1)),
        ("> 0", ("decay_steps",), (0, -1, -1.0)),
        ("<= 2**53", KEYS[1::4], (2**53 + 1, 10**30, 1e300)),
    ],
)
def test_wrong_values(learnrate: ModuleType, rule: str, keys: tuple[str, ...], values: tuple[object, ...]) -> None:
    # A ValueError also where the constructor, which programmers call, raises a TypeError.
    for key, value, read in itertools.product(keys, values, readers(learnrate)):
        refused(f"Argument `{key}` must be {rule}. Received: {key}={value!r}", read, {**FULL, key: value})


def test_unknown_classes(learnrate: ModuleType) -> None:
    names: list[Any] = [
        *("CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay", "PolynomialDecay"),
        *("LinearCosineDecay", "NoisyLinearCosineDecay", "serialize", "math"),  # TensorFlow 1's; Keras finds functions
        *("cosinedecay", " CosineDecay", "keras>CosineDecay", "", None, 5, True, ["CosineDecay"], {}),
    ]
    for name in names:
        text = f"Unknown `class_name`. Known: 'CosineDecay'. Received: {name!r}"
        refused_both(learnrate, envelope(FULL, class_name=name), text)
        refused_both(learnrate, envelope({"boundaries": [1], "values": [1, 0]}, class_name=name), text)


@pytest.mark.parametrize("thing", [None, 5, 0.5, True, "CosineDecay", [], [["class_name", "CosineDecay"]]])
def test_what_is_no_object(learnrate: ModuleType, thing: Any) -> None:
    refused_both(learnrate, thing, f"Argument `data` must be an object (a dict). Received: data={thing!r}")
    for read in readers(learnrate):
        refused(f"Argument `config` must be an object (a dict). Received: config={thing!r}", read, thing)
    for key in ("module", "registered_name"):
        if not isinstance(thing, (str, type(None))):
            text = f"Key `{key}` must be a string or null. Received: {key}={thing!r}"
            refused_both(learnrate, envelope(FULL, **{key: thing}), text)


@pytest.mark.parametrize("key", [*KEYS, *envelope({})])
def test_duplicate_keys(CosineDecay: type[Schedule], key: str) -> None:
    text = json.dumps(envelope(FULL))
    member = f'"{key}": {json.dumps({**FULL, **envelope(FULL)}[key])}'
    for first in (member, f'"{key}": null', f'"\\u{ord(key[0]):04x}{key[1:]}": null'):
        refused(f"Duplicate key: {key!r}", CosineDecay.from_json, text.replace(member, f"{first}, {member}"))


def test_the_first_of_two_duplicate_keys_is_named(CosineDecay: type[Schedule]) -> None:
    refused("Duplicate key: 'b'", CosineDecay.from_json, '{"a": 1, "b": 1, "b": 2, "a": 2}')


@pytest.mark.parametrize("thing", [None, 5, envelope(FULL), [], bytearray(b"{}"), memoryview(b"{}"), os], ids=type)
def test_json_is_text(CosineDecay: type[Schedule], thing: Any) -> None:
    text = f"Argument `text` must be str or bytes. Received: text={thing!r}"
    refused(text, CosineDecay.from_json, thing, error=TypeError)


@pytest.mark.parametrize(
    "value",
    [
        # Numbers that JSON does not have, or float64
        *("NaN", "Infinity", "-Infinity", "nan", "inf", "1e999", "-1e999", "1e" + "9" * 5000, "1.7976931348623159e308"),
        *("1" + "0" * 400, "-1" + "0" * 400, "9" * 5000, "-" + "9" * 5000, "1" + "0" * 5000 + ".0"),
        *("01", "1.", ".5", "+1", "1e", "0x10", "1_000", "--1", "1 2", "\N{ARABIC-INDIC DIGIT ONE}"),
        # Strings that are not text
        *('"\\ud800"', '"\\udc00\\ud800"', '"\ud800"', '{"\\ud800": 1}', '"\t"', '"\\x"', '"\\u12"', "'a'", '"\0"'),
        *("", "True", "None", "nul", "[1,]", '{"a": 1,}', '{"a"}', "{1: 2}", "[", "}", "[}", "/**/ 1", "1; 2"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_malformed_values(CosineDecay: type[Schedule], value: Any) -> None:
    malformed(CosineDecay, value)
    for key in (*KEYS, "beta"):
        malformed(CosineDecay, json.dumps(envelope({**FULL, key: "HERE"})).replace('"HERE"', value))
        malformed(CosineDecay, json.dumps(envelope(FULL, **{key: "HERE"})).replace('"HERE"', value))


def test_malformed_texts(CosineDecay: type[Schedule]) -> None:
    text = json.dumps(envelope(FULL))
    for end in range(len(text)):
        malformed(CosineDecay, text[:end])
    for garbage in ("x", ",", "{}", "null", "]", "\0", "# comment", text):
        malformed(CosineDecay, text + garbage)
        malformed(CosineDecay, garbage + text)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        malformed(CosineDecay, text.encode(encoding))
    for bad in (b"\xff", b"\xe9", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"):
        malformed(CosineDecay, text.encode().replace(b"Decay", b"Decay" + bad))
    malformed(CosineDecay, "\ufeff" + text)


NO_SCHEDULE = r"^(Argument|Unknown key in) `data`"  # it is JSON, though


@pytest.mark.parametrize(("opening", "closing", "most"), [("[", "]", 128), ('{"a":', "}", 128), ('[{"a":', "}]", 64)])
def test_nesting(CosineDecay: type[Schedule], opening: str, closing: str, most: int) -> None:
    with pytest.raises(ValueError, match=NO_SCHEDULE):
        CosineDecay.from_json(opening * most + "1" + closing * most)
    for depth in (most + 1, 1000, 100_000):
        malformed(CosineDecay, opening * depth + "1" + closing * depth)
        malformed(CosineDecay, opening * depth)


def test_nested_values(learnrate: ModuleType) -> None:
    text = json.dumps(envelope({**FULL, "alpha": nested(126)}))
    with pytest.raises(ValueError, match=r"^Argument `alpha` must be a number\. Received: alpha=\[\["):
        learnrate.CosineDecay.from_json(text)
    malformed(learnrate.CosineDecay, text.replace("[]", "[[]]"))
    deep = nested(100_000)
    for data in (deep, envelope(deep), envelope({**FULL, "alpha": deep}), envelope(FULL, class_name=deep)):
        with pytest.raises(ValueError, match=r"Received: (\w+=)?<list>$"):
            learnrate.deserialize(data)


def test_near_the_recursion_limit(CosineDecay: type[Schedule]) -> None:
    def descend(frames: int, text: str) -> Schedule:
        return CosineDecay.from_json(text) if frames <= 0 else descend(frames - 1, text)

    depth = len(inspect.stack(0))
    for frames in range(sys.getrecursionlimit() - depth - 400, sys.getrecursionlimit() - depth - 40, 6):
        assert descend(frames, json.dumps(envelope(FULL))) == CosineDecay(**FULL)
        for text in ("[" * 128 + "]" * 128, json.dumps(envelope({**FULL, "alpha": nested(126)}))):
            with pytest.raises(ValueError, match=r"JSON|Received"):
                descend(frames, text)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("start", ["", '"', "[", '{"'])
@pytest.mark.parametrize(
    "piece", ['\\"', '"', "\\", "[", "[]", "{", " ", "1", "0,", "\\ud800", '"a":', 'a": 0, "', "NaN"]
)
def test_long_malformed_texts(CosineDecay: type[Schedule], start: str, piece: str) -> None:
    malformed(CosineDecay, start + piece * MILLION)


@pytest.mark.timeout(30)
def test_long_texts(CosineDecay: type[Schedule]) -> None:
    for piece in ("x", "[{", '"[\\{', '\\"', "\N{SNOWMAN}\0"):
        name = piece * MILLION
        assert CosineDecay.from_json(CosineDecay(0.1, 1000, name=name).to_json()).name == name
    for thing in ([0] * MILLION, "x" * MILLION, dict.fromkeys(map(str, range(100_000)))):
        with pytest.raises(ValueError, match=NO_SCHEDULE) as info:
            CosineDecay.from_json(json.dumps(thing))
        assert len(str(info.value)) < 2000


PIECES = st.sampled_from([*FULL.values(), *REQUIRED.values()]) | st.none() | st.floats() | st.integers() | st.text()
SOME_KEYS = st.sampled_from([*KEYS, *envelope({}), "a"])
VALUES = st.recursive(PIECES, lambda inner: st.lists(inner) | st.dictionaries(SOME_KEYS, inner))


@given(VALUES.map(json.dumps) | st.text('[]{}:,"\\0123456789eE.-+ntrufalse ') | st.text() | st.binary())
def test_anything_else_is_an_error(CosineDecay: type[Schedule], text: str) -> None:
    with pytest.raises(ValueError, match=r"^(Invalid schedule JSON: |Duplicate key|Argument|Unknown|Missing|Key)"):
        CosineDecay.from_json(text)
