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
import random
import sys
import types
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

os.environ["KERAS_BACKEND"] = "jax"  # before the import

import keras
import pytest
from checks import refused
from family import EXAMPLES, ROWS, RULES, SEQUENCES, Example, Row
from hypothesis import example, given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from learnrate import CosineDecay as Schedule

schedules = keras.optimizers.schedules

COSINE, *_ = ROWS
KEYS = tuple(COSINE.fields)
BARE: dict[str, Any] = COSINE.config((0.1, 1000))
FULL: dict[str, Any] = COSINE.config((1e-05, 90_000, 0.1, '\N{SNOWMAN}\N{GRINNING FACE}\\"[{', 0.001, 10_000))
REQUIRED: dict[str, Any] = {"initial_learning_rate": 0.1, "decay_steps": 1000}
MANY = 250_000  # of a piece of text, for which quadratic time would be minutes
envelope = COSINE.envelope


def readers(learnrate: ModuleType, row: Row = COSINE) -> list[Callable[[Any], Any]]:
    """Every way in, each for a config."""
    cls = row.cls(learnrate)

    def text(config: Any) -> str:
        return json.dumps(row.envelope(config))

    return [
        cls.from_config,
        lambda config: learnrate.deserialize(row.envelope(config)),
        lambda config: cls.from_json(text(config)),
        lambda config: learnrate.from_json(text(config)),
        lambda config: cls.from_json(json.dumps(row.envelope(config), ensure_ascii=False, indent=2).encode()),
    ]


def refused_both(learnrate: ModuleType, data: Any, text: str) -> None:
    refused(ValueError, text, learnrate.deserialize, data)
    refused(ValueError, text, learnrate.from_json, json.dumps(data))


def malformed(CosineDecay: type[Schedule], text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^Invalid schedule JSON: ") as info:
        CosineDecay.from_json(text)
    assert len(str(info.value)) < 2000


def nested(depth: int) -> list[Any]:
    return functools.reduce(lambda value, _: [value], range(depth - 1), [])


def test_the_wire_form(learnrate: ModuleType, example: Example) -> None:
    schedule, expected = example.make(learnrate), example.row.envelope(example.config)
    data = learnrate.serialize(schedule)
    assert data == expected
    assert list(data) == ["module", "class_name", "config", "registered_name"]
    assert schedule.to_json() == json.dumps(data) == json.dumps(expected)  # which has order and types


def test_every_way_in(learnrate: ModuleType, example: Example) -> None:
    schedule = example.make(learnrate)
    for read in readers(learnrate, example.row):
        back = read(schedule.get_config())
        assert back == schedule
        assert type(back) is type(schedule)
        assert back.to_json() == schedule.to_json()
    assert learnrate.from_json(f" \t\r\n{schedule.to_json()}\n") == learnrate.from_json(schedule.to_json().encode())


def test_every_bit_of_any_schedule_survives(learnrate: ModuleType, row: Row) -> None:
    rng = random.Random(7)
    for _ in range(200):
        schedule = row.cls(learnrate)(*row.draw(rng))
        assert (
            learnrate.from_json(schedule.to_json()) == learnrate.deserialize(learnrate.serialize(schedule)) == schedule
        )


def test_a_class_reads_its_own(learnrate: ModuleType) -> None:
    for row, other in itertools.permutations(ROWS, 2):
        text = f"Unknown `class_name`. Known: {row.name!r}. Received: {other.name!r}"
        refused(ValueError, text, row.cls(learnrate).from_json, other.first.make(learnrate).to_json())
        assert learnrate.from_json(other.first.make(learnrate).to_json()) == other.first.make(learnrate)


@pytest.mark.parametrize("thing", [None, 5, "CosineDecay", BARE, schedules.CosineDecay(0.1, 1000), float], ids=type)
def test_only_schedules_are_serialized(learnrate: ModuleType, thing: Any) -> None:
    text = f"Argument `schedule` must be a learnrate schedule. Received: schedule={thing!r}"
    refused(TypeError, text, learnrate.serialize, thing)


@pytest.mark.parametrize("shared", [one for one in EXAMPLES if one.row.module.startswith("keras")], ids=str)
def test_keras_reads_ours_and_we_read_keras_s(learnrate: ModuleType, shared: Example) -> None:
    schedule, config = shared.make(learnrate), shared.config
    stock = getattr(schedules, shared.row.name)(**config)
    read = schedules.deserialize(json.loads(schedule.to_json()))
    assert type(read) is type(stock)
    assert list(read.get_config().items()) == list(stock.get_config().items()) == list(config.items())
    assert learnrate.from_json(json.dumps(schedules.serialize(stock))) == schedule


def test_through_an_optimizer_s_config(learnrate: ModuleType) -> None:
    schedule, stock = learnrate.CosineDecay(**FULL), schedules.CosineDecay(**FULL)
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
    for config in map(dict, itertools.islice(itertools.permutations(FULL.items()), 0, None, 7)):
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
    for read in readers(learnrate):
        assert read(schedule.get_config()).get_config() == config
    assert schedules.deserialize(json.loads(text)).get_config() == config


@pytest.mark.parametrize("key", ["beta", "Alpha", "warmupSteps", "build_config", "", "\ud7ff", 'a"b'])
def test_unknown_keys(learnrate: ModuleType, row: Row, key: str) -> None:
    text = f"Unknown key in `config`. Known: {', '.join(row.fields)}. Received: {key!r}"
    for read in readers(learnrate, row):
        refused(ValueError, text, read, {**row.first.config, key: 0.1})
    text = f"Unknown key in `data`. Known: module, class_name, config, registered_name. Received: {key!r}"
    refused_both(learnrate, {**row.envelope(row.first.config), key: None}, text)


def test_missing_keys(learnrate: ModuleType, row: Row) -> None:
    whole = row.first.config
    for key in row.fields:
        config = {name: value for name, value in whole.items() if name != key}
        for read in readers(learnrate, row):
            if key in row.required:
                refused(ValueError, f"Missing key in `config`: {key}. Received: {config!r}", read, config)
            else:
                with warnings.catch_warnings(action="ignore"):  # a warmup may have lost its target
                    defaults = row.config(tuple(whole.values())[: len(row.required)])
                    assert read(config).get_config() == {**whole, **defaults, **config}
    for key in ("class_name", "config"):
        data = {name: value for name, value in row.envelope(whole).items() if name != key}
        refused_both(learnrate, data, f"Missing key in `data`: {key}. Received: {data!r}")


def test_values_of_other_types(learnrate: ModuleType, row: Row) -> None:
    # A ValueError also where the constructor, which programmers call, raises a TypeError.
    for (field, kind), value in itertools.product(row.fields.items(), (True, None, {"a": 1}, 0.5, "5", [[5]])):
        if (value is None and kind in ("optional rate", "text")) or (
            value == 0.5 and kind.endswith(("rate", "steps", "factor", "power"))
        ):
            continue
        if (
            (value is True and kind == "flag")
            or (isinstance(value, str) and kind == "text")
            or (isinstance(value, list) and kind in SEQUENCES)
        ):
            continue
        text = f"Argument `{field}` must be {RULES[kind]}. Received: {field}={value!r}"
        for read in readers(learnrate, row):
            refused(ValueError, text, read, {**row.first.config, field: value})


@pytest.mark.parametrize(
    ("rule", "keys", "values"),
    [
        ("a number of steps, >= 1, not a share or a rate", KEYS[1::4], (0.5,)),
        ("a finite number >= 0", KEYS[:5:2], (-1, -0.1)),
        ("> 0", ("decay_steps",), (0, -1, -1.0)),
        ("<= 2**53", KEYS[1::4], (2**53 + 1, 10**30, 1e300)),
    ],
)
def test_wrong_values(learnrate: ModuleType, rule: str, keys: tuple[str, ...], values: tuple[object, ...]) -> None:
    for key, value, read in itertools.product(keys, values, readers(learnrate)):
        text = f"Argument `{key}` must be {rule}. Received: {key}={value!r}"
        refused(ValueError, text, read, {**FULL, key: value})


def test_unknown_classes(learnrate: ModuleType) -> None:
    names: list[Any] = [
        "CosineDecayRestarts",
        *("LinearCosineDecay", "NoisyLinearCosineDecay", "serialize", "math"),  # TensorFlow 1's; Keras finds functions
        *("cosinedecay", " CosineDecay", "keras>CosineDecay", "", None, 5, True, ["CosineDecay"], {}),
    ]
    for name in names:
        text = f"Unknown `class_name`. Known: {', '.join(repr(row.name) for row in ROWS)}. Received: {name!r}"
        refused_both(learnrate, envelope(FULL, class_name=name), text)
        refused_both(learnrate, envelope({"boundaries": [1], "values": [1, 0]}, class_name=name), text)


@pytest.mark.parametrize("thing", [None, 5, 0.5, True, "CosineDecay", [], [["class_name", "CosineDecay"]]])
def test_what_is_no_object(learnrate: ModuleType, thing: Any) -> None:
    refused_both(learnrate, thing, f"Argument `data` must be an object (a dict). Received: data={thing!r}")
    for read in readers(learnrate):
        refused(ValueError, f"Argument `config` must be an object (a dict). Received: config={thing!r}", read, thing)
    for key in ("module", "registered_name"):
        if not isinstance(thing, (str, type(None))):
            text = f"Key `{key}` must be a string or null. Received: {key}={thing!r}"
            refused_both(learnrate, envelope(FULL, **{key: thing}), text)


@pytest.mark.parametrize("key", [*KEYS, *envelope({})])
def test_duplicate_keys(CosineDecay: type[Schedule], key: str) -> None:
    text = json.dumps(envelope(FULL))
    member = f'"{key}": {json.dumps({**FULL, **envelope(FULL)}[key])}'
    for first in (member, f'"{key}": null', f'"\\u{ord(key[0]):04x}{key[1:]}": null'):
        twice = text.replace(member, f"{first}, {member}")
        refused(ValueError, f"Duplicate key: {key!r}", CosineDecay.from_json, twice)


def test_the_first_of_two_duplicate_keys_is_named(CosineDecay: type[Schedule]) -> None:
    refused(ValueError, "Duplicate key: 'b'", CosineDecay.from_json, '{"a": 1, "b": 1, "b": 2, "a": 2}')


@pytest.mark.parametrize("thing", [None, 5, envelope(FULL), [], bytearray(b"{}"), memoryview(b"{}"), os], ids=type)
def test_json_is_text(learnrate: ModuleType, thing: Any) -> None:
    text = f"Argument `text` must be str or bytes. Received: text={thing!r}"
    for read in (learnrate.from_json, learnrate.CosineDecay.from_json):
        refused(TypeError, text, read, thing)


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
    malformed(CosineDecay, start + piece * MANY)


@pytest.mark.timeout(30)
def test_long_texts(CosineDecay: type[Schedule]) -> None:
    for piece in ("x", "[{", '"[\\{', '\\"', "\N{SNOWMAN}\0"):
        name = piece * MANY
        assert CosineDecay.from_json(CosineDecay(0.1, 1000, name=name).to_json()).name == name
    for thing in ([0] * MANY, "x" * MANY, dict.fromkeys(map(str, range(100_000)))):
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
