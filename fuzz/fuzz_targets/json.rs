//! Any bytes as a schedule's JSON: nothing panics, Rust and the pure-Python package take the same for JSON, accept the
//! same and read the same fields, and what was read comes back from what either writes.
#![no_main]

use std::sync::LazyLock;

use learnrate::{Definition, Schedule};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::Value;

/// The package of this source tree, without its native module.
static FROM_JSON: LazyLock<Py<PyAny>> = LazyLock::new(|| {
    let set_up = c"import os, sys, warnings
os.environ['LEARNRATE_BACKEND'] = 'python'
warnings.simplefilter('ignore')
sys.dont_write_bytecode = True";
    Python::attach(|py| {
        py.run(set_up, None, None)?;
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../python");
        py.import("sys")?.getattr("path")?.call_method1("insert", (0, path))?;
        py.import("learnrate")?.getattr("from_json").map(Bound::unbind)
    })
    .unwrap()
});

/// The fields of a schedule as text; of two floats that differ the shortest digits do.
fn fields(schedule: &Schedule) -> String {
    match schedule.definition() {
        Definition::CosineDecay(it) => format!(
            "{:?} {} {:?} {:?} {:?} {}",
            it.initial_learning_rate,
            it.decay_steps,
            it.alpha,
            it.name.as_bytes(),
            it.warmup_target,
            it.warmup_steps
        ),
        Definition::Phases(it) => {
            let phases: Vec<_> = it
                .phases
                .iter()
                .map(|it| {
                    (
                        it.steps,
                        it.learning_rate,
                        serde_json::to_string(&it.shape).unwrap().replace('"', ""),
                        it.power,
                        it.start,
                    )
                })
                .collect();
            format!("{:?} {phases:?} {:?}", it.initial_learning_rate, it.name.as_bytes())
        }
        Definition::ExponentialDecay(it) => format!(
            "{:?} {} {:?} {} {:?}",
            it.initial_learning_rate,
            it.decay_steps,
            it.decay_rate,
            it.staircase,
            it.name.as_bytes()
        ),
        Definition::PolynomialDecay(it) => format!(
            "{:?} {} {:?} {:?} {} {:?}",
            it.initial_learning_rate,
            it.decay_steps,
            it.end_learning_rate,
            it.power,
            it.cycle,
            it.name.as_bytes()
        ),
        Definition::InverseTimeDecay(it) => format!(
            "{:?} {} {:?} {} {:?}",
            it.initial_learning_rate,
            it.decay_steps,
            it.decay_rate,
            it.staircase,
            it.name.as_bytes()
        ),
        Definition::InverseSquareRootDecay(it) => {
            format!("{:?} {} {:?}", it.initial_learning_rate, it.timescale, it.name.as_bytes())
        }
        Definition::PiecewiseConstantDecay(it) => {
            format!("{:?} {:?} {:?}", it.boundaries, it.values, it.name.as_bytes())
        }
        other => unreachable!("a class of which this target does not know: {other:?}"),
    }
}

/// The fields that Python reads, and the text that it writes.
fn read(py: Python, data: &[u8]) -> PyResult<(String, String)> {
    let schedule = FROM_JSON.bind(py).call1((PyBytes::new(py, data),))?;
    let name = |it: &Bound<PyAny>| it.getattr("name")?.extract::<String>();
    let rate = |it: &Bound<PyAny>, field: &str| it.getattr(field)?.extract::<Option<f64>>();
    let count = |it: &Bound<PyAny>, field: &str| it.getattr(field)?.extract::<f64>();
    let list = |it: &Bound<PyAny>, field: &str| it.getattr(field)?.extract::<Vec<f64>>();
    let class_name = schedule.get_type().name()?;
    let initial = || schedule.getattr("initial_learning_rate")?.extract::<f64>();
    let fields = if class_name == "PiecewiseConstantDecay" {
        let (boundaries, values) = (list(&schedule, "boundaries")?, list(&schedule, "values")?);
        format!("{boundaries:?} {values:?} {:?}", name(&schedule)?.as_bytes())
    } else if class_name == "InverseTimeDecay" || class_name == "ExponentialDecay" {
        format!(
            "{:?} {} {:?} {} {:?}",
            initial()?,
            count(&schedule, "decay_steps")?,
            schedule.getattr("decay_rate")?.extract::<f64>()?,
            schedule.getattr("staircase")?.extract::<bool>()?,
            name(&schedule)?.as_bytes()
        )
    } else if class_name == "PolynomialDecay" {
        format!(
            "{:?} {} {:?} {:?} {} {:?}",
            initial()?,
            count(&schedule, "decay_steps")?,
            schedule.getattr("end_learning_rate")?.extract::<f64>()?,
            schedule.getattr("power")?.extract::<f64>()?,
            schedule.getattr("cycle")?.extract::<bool>()?,
            name(&schedule)?.as_bytes()
        )
    } else if class_name == "InverseSquareRootDecay" {
        let timescale = count(&schedule, "timescale")?;
        format!("{:?} {timescale} {:?}", initial()?, name(&schedule)?.as_bytes())
    } else if class_name == "CosineDecay" {
        let initial = initial()?;
        format!(
            "{initial:?} {} {:?} {:?} {:?} {}",
            count(&schedule, "decay_steps")?,
            schedule.getattr("alpha")?.extract::<f64>()?,
            name(&schedule)?.as_bytes(),
            rate(&schedule, "warmup_target")?,
            count(&schedule, "warmup_steps")?
        )
    } else {
        let mut phases = Vec::new();
        for it in schedule.getattr("phases")?.try_iter()? {
            let it = it?;
            let learning_rate: f64 = it.getattr("learning_rate")?.extract()?;
            let shape: String = it.getattr("shape")?.extract()?;
            let (power, start) = (rate(&it, "power")?, rate(&it, "start")?);
            phases.push((count(&it, "steps")?, learning_rate, shape, power, start));
        }
        format!("{:?} {phases:?} {:?}", initial()?, name(&schedule)?.as_bytes())
    };
    Ok((fields, schedule.call_method0("to_json")?.extract()?))
}

/// What Python reads, or the text of its ValueError.
fn python(data: &[u8]) -> Result<(String, String), String> {
    Python::attach(|py| {
        read(py, data).map_err(|error| {
            assert!(error.is_instance_of::<PyValueError>(py), "{error}");
            error.value(py).to_string()
        })
    })
}

/// What Rust does not take for JSON, but Python does, on purpose; both refuse it as a schedule.
fn may_differ(ours: &str, theirs: &str) -> bool {
    // Python's limit is the contract's, 128 levels, serde_json's own is 127.
    ours.starts_with("recursion limit exceeded")
        // Python looks for lone surrogates in what it has read, and a duplicate key has replaced what stood there before.
        || ours.contains("hex escape") && theirs.starts_with("Duplicate key: ")
}

fuzz_target!(|data: &[u8]| {
    let json: Result<Value, _> = serde_json::from_slice(data);
    let schedule: Result<Schedule, _> = serde_json::from_slice(data);
    let theirs = python(data);
    let refused = theirs.as_ref().err().map_or("", String::as_str);
    match json {
        Ok(_) => assert!(!refused.starts_with("Invalid schedule JSON: "), "only Rust: {refused}"),
        Err(error) => assert!(
            refused.starts_with("Invalid schedule JSON: ")
                || may_differ(&error.to_string(), refused),
            "only Python takes it for JSON: {error}; {refused}"
        ),
    }
    let Ok(schedule) = schedule else {
        assert!(theirs.is_err(), "only Python accepts, {schedule:?}");
        return;
    };
    let (theirs, text) = theirs.expect("only Rust accepts");
    let ours = fields(&schedule);
    assert_eq!(ours, theirs);
    for text in [serde_json::to_string(&schedule).unwrap(), text] {
        assert_eq!(fields(&serde_json::from_str(&text).unwrap()), ours, "{text}");
        assert_eq!(python(text.as_bytes()).expect("a schedule's own text").0, ours, "{text}");
    }
});

/// What stands where a value or key may stand in such text, and what may not.
const TOKENS: &str = r#"
    "module" "class_name" "config" "registered_name"
    "initial_learning_rate" "decay_steps" "alpha" "name" "warmup_target" "warmup_steps"
    "CosineDecay" "keras.optimizers.schedules" {"CosineDecay":null}
    "Phases" "phases" "steps" "learning_rate" "shape" "power" "start" "linear" "cosine" "rex" "sqrt" "square" "inverse_time" "exponential" "polynomial" {"linear":null}
    "InverseTimeDecay" "ExponentialDecay" "decay_rate" "staircase" "PolynomialDecay" "end_learning_rate" "cycle" "InverseSquareRootDecay" "timescale" true false
    "PiecewiseConstantDecay" "boundaries" "values" [10] [10,20.5] [0.5,0.25] [0.5,0.25,0.125]
    {"steps":5,"learning_rate":0.5} {"steps":0,"learning_rate":0.25,"shape":"cosine","power":null,"start":1} {"steps":5,"learning_rate":0.5,"shape":"polynomial","power":2}
    "\ud83d\ude00" "\ud800" "\u0000" "é😀"
    null true NaN Infinity {} [] 0 -0 -0.0 1 -1 0.1 10.5 1e3 1000.0
    9007199254740992 9007199254740993 9007199254740991.5 9.007199254740992e15
    18446744073709551615 18446744073709551616 -9223372036854775809
    5e-324 2.4703282292062327e-324 2.4703282292062328e-324 1e-400 0e400 1e400
    1.7976931348623157e308 1.797693134862315807e308 1.7976931348623159e308
    0.1000000000000000055511151231257827021181583404541015625
    00 1. .5 1e +1 0x1 1_0
"#;

// Half of the time one token makes way for another, so that the text stays near to JSON.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut state = u64::from(seed) | 1 << 40;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    if random(2) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let kind = |byte: u8| {
        if byte.is_ascii_whitespace() || b"{}[],:".contains(&byte) { byte } else { b'a' }
    };
    let edges: Vec<usize> = (1..size)
        .filter(|&i| kind(data[i - 1]) != kind(data[i]) || kind(data[i]) != b'a')
        .chain([0, size])
        .collect();
    let start = edges[random(edges.len())];
    // Nothing makes way for it, or the token that starts there.
    let end = if random(4) == 0 {
        start
    } else {
        edges.iter().copied().filter(|&i| i > start).min().unwrap_or(size)
    };
    let mut text = data[..start].to_vec();
    if random(8) > 0 {
        let tokens: Vec<&str> = TOKENS.split_ascii_whitespace().collect();
        text.extend(tokens[random(tokens.len())].bytes());
    }
    text.extend(&data[end..size]);
    text.truncate(max_size);
    data[..text.len()].copy_from_slice(&text);
    text.len()
});
