//! The promise: Rust gives the rates of every version in `tests/data/`, to the bit, and reads its JSON. What is written, and
//! the error texts, are those of the newest, which is this one.
//!
//! `tests/test_golden.py` reads the same files. `tools/make_cases.py` makes them.
#![cfg(feature = "serde")]

use std::fs;

use learnrate::{
    CosineDecay, Definition, ExponentialDecay, Phase, Phases, PolynomialDecay, Schedule,
};
use serde_json::{Value, json};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

fn cases_of(version: &str, kind: &str) -> Vec<Value> {
    let text = fs::read_to_string(format!("{DATA}/{version}/cases.json")).unwrap();
    let mut cases: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(cases[kind].take()).unwrap()
}

fn cases(kind: &str) -> Vec<Value> {
    cases_of(env!("CARGO_PKG_VERSION"), kind)
}

fn valid_of_every_version() -> Vec<Value> {
    let versions = fs::read_dir(DATA).unwrap().map(|entry| entry.unwrap().file_name());
    versions.flat_map(|version| cases_of(version.to_str().unwrap(), "valid")).collect()
}

/// JSON has no NaN and no infinity: they are written as text.
fn number(value: &Value) -> f64 {
    value.as_str().map_or_else(|| value.as_f64().unwrap(), |text| text.parse().unwrap())
}

/// A case of 0.1.0, which had one class, does not name it.
fn envelope(case: &Value) -> Value {
    let class_name = case["class_name"].as_str().unwrap_or("CosineDecay");
    json!({ "class_name": class_name, "config": case["config"] })
}

fn read(case: &Value) -> serde_json::Result<Schedule> {
    serde_json::from_value(envelope(case))
}

#[test]
fn rates() {
    let cases = valid_of_every_version();
    assert!(!cases.is_empty());
    for case in cases {
        let schedule = read(&case).unwrap();
        let points = case["points"].as_array().unwrap();
        let steps: Vec<f64> = points.iter().map(|point| number(&point[0])).collect();
        let mut rates = vec![f64::NAN; steps.len()];
        schedule.fill(&steps, &mut rates).unwrap();
        for (point, rate) in points.iter().zip(rates) {
            let bits = point[1].as_str().unwrap();
            assert_eq!(number(&point[2]), rate, "{point} of {}", case["config"]);
            assert_eq!(format!("{:#018x}", rate.to_bits()), bits, "{point} of {}", case["config"]);
            let alone = point[0]
                .as_u64()
                .map_or_else(|| schedule.value(number(&point[0])), |whole| schedule.value(whole));
            assert_eq!(format!("{:#018x}", alone.unwrap().to_bits()), bits, "{point}, alone");
        }
    }
}

#[test]
fn json_is_written() {
    for case in cases("valid") {
        let schedule = read(&case).unwrap();
        // By way of `Value`, which sorts keys: Rust's text has no spaces. As text, for the types of numbers and the sign of zeros.
        let expected: Value = serde_json::from_str(case["json"].as_str().unwrap()).unwrap();
        assert_eq!(serde_json::to_value(&schedule).unwrap().to_string(), expected.to_string());
        let definition = serde_json::to_value(schedule.definition()).unwrap();
        assert_eq!(definition["config"].to_string(), expected["config"].to_string());
    }
}

#[test]
fn json_is_read_for_ever() {
    for case in valid_of_every_version() {
        let schedule = serde_json::from_str::<Schedule>(case["json"].as_str().unwrap()).unwrap();
        assert_eq!(schedule, read(&case).unwrap());
        let written = serde_json::to_string(&schedule).unwrap();
        assert_eq!(serde_json::from_str::<Schedule>(&written).unwrap(), schedule);
    }
}

/// Builds the schedule of a class from what JSON has no words for.
fn build(case: &Value) -> Result<Schedule, learnrate::Error> {
    let config = &case["config"];
    let rate = |field: &str| config.get(field).filter(|value| !value.is_null()).map(number);
    let initial = rate("initial_learning_rate").unwrap();
    let steps = || number(&config["decay_steps"]);
    let phase = |phase: &Value| Phase {
        start: phase.get("start").map(number),
        power: phase.get("power").map(number),
        ..Phase::new(number(&phase["steps"]), number(&phase["learning_rate"]))
    };
    let definition: Definition = match case["class_name"].as_str().unwrap() {
        "CosineDecay" => CosineDecay {
            alpha: rate("alpha").unwrap_or_default(),
            warmup_target: rate("warmup_target"),
            warmup_steps: config["warmup_steps"].as_f64().unwrap_or_default(),
            ..CosineDecay::new(initial, steps())
        }
        .into(),
        "ExponentialDecay" => {
            ExponentialDecay::new(initial, steps(), rate("decay_rate").unwrap()).into()
        }
        "PolynomialDecay" => {
            let decay = PolynomialDecay::new(initial, steps());
            let end_learning_rate = rate("end_learning_rate").unwrap_or(decay.end_learning_rate);
            let power = rate("power").unwrap_or(decay.power);
            PolynomialDecay { end_learning_rate, power, ..decay }.into()
        }
        "Phases" => {
            let phases = config["phases"].as_array().unwrap();
            Phases::new(initial, phases.iter().map(phase).collect()).into()
        }
        other => unreachable!("a class of which this test does not know: {other}"),
    };
    Schedule::new(definition)
}

#[test]
fn refused_fields() {
    let mut wrong = Vec::new();
    for case in cases("bad_fields") {
        let text = case["config"].to_string();
        let expected = case["error"].as_str().unwrap();
        let refusal = if text.contains("\"nan\"") || text.contains("\"inf\"") {
            build(&case).unwrap_err().to_string()
        } else {
            read(&case).unwrap_err().to_string()
        };
        if refusal != expected {
            wrong.push(format!("{text}\n  expected {expected}\n  received {refusal}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn refused_steps() {
    let schedule = Schedule::new(CosineDecay::new(0.3, 1000.0)).unwrap();
    for case in cases("bad_steps") {
        let refusal = if let Some(steps) = case["steps"].as_array() {
            let steps: Vec<f64> = steps.iter().map(number).collect();
            schedule.fill(&steps, &mut vec![0.0; steps.len()]).unwrap_err()
        } else {
            schedule.value(number(&case["steps"])).unwrap_err()
        };
        assert_eq!(refusal.to_string(), case["error"].as_str().unwrap());
    }
}
