//! The promise: JSON in Keras's form is read as the schedule that it means, or refused; also where serde alone would take
//! it for another one.
#![cfg(feature = "serde")]

use learnrate::{
    CosineDecay, Definition, ExponentialDecay, Phase, PhaseShape, Phases, PolynomialDecay, Schedule,
};

const COSINE_DECAY: &str = r#"{"module":"keras.optimizers.schedules","class_name":"CosineDecay","config":{"initial_learning_rate":0.1,"decay_steps":1000,"alpha":0.0,"name":"CosineDecay","warmup_target":null,"warmup_steps":0},"registered_name":null}"#;
const EXPONENTIAL_DECAY: &str = r#"{"module":"keras.optimizers.schedules","class_name":"ExponentialDecay","config":{"initial_learning_rate":0.1,"decay_steps":1000,"decay_rate":0.96,"staircase":false,"name":"ExponentialDecay"},"registered_name":null}"#;
const POLYNOMIAL_DECAY: &str = r#"{"module":"keras.optimizers.schedules","class_name":"PolynomialDecay","config":{"initial_learning_rate":0.1,"decay_steps":1000,"end_learning_rate":0.0001,"power":1.0,"cycle":false,"name":"PolynomialDecay"},"registered_name":null}"#;
const PHASES: &str = r#"{"module":"learnrate","class_name":"Phases","config":{"initial_learning_rate":0.1,"phases":[{"steps":10,"learning_rate":1.0,"shape":"linear","power":null,"start":null},{"steps":90,"learning_rate":0.0,"shape":"cosine","power":null,"start":0.5}],"name":"Phases"},"registered_name":"learnrate>Phases"}"#;

fn phases() -> Phases {
    let jump = Phase { shape: PhaseShape::Cosine, start: Some(0.5), ..Phase::new(90.0, 0.0) };
    Phases::new(0.1, vec![Phase::new(10.0, 1.0), jump])
}

fn read(text: &str) -> Result<Definition, String> {
    let schedule = serde_json::from_str::<Schedule>(text).map_err(|error| error.to_string())?;
    Ok(schedule.definition().clone())
}

/// Reads with each of the pairs replaced, one at a time: each text is to be refused for the reason beside it.
fn refused(text: &str, pairs: &[(&str, &str, &str)]) {
    for (old, new, reason) in pairs {
        assert!(text.contains(old), "{old}");
        let changed = text.replacen(old, new, 1);
        let error = read(&changed).expect_err(&changed);
        assert!(error.contains(reason), "{changed}: {error}");
    }
}

#[test]
fn the_classes_have_the_keys_of_keras_in_its_order() {
    let definitions: [(&str, Definition); 4] = [
        (COSINE_DECAY, CosineDecay::new(0.1, 1000.0).into()),
        (EXPONENTIAL_DECAY, ExponentialDecay::new(0.1, 1000.0, 0.96).into()),
        (POLYNOMIAL_DECAY, PolynomialDecay::new(0.1, 1000.0).into()),
        (PHASES, phases().into()),
    ];
    for (text, definition) in definitions {
        let schedule = Schedule::new(definition).unwrap();
        assert_eq!(serde_json::to_string(&schedule).unwrap(), text);
        assert_eq!(serde_json::from_str::<Schedule>(text).unwrap(), schedule);
        let value = serde_json::to_value(&schedule).unwrap();
        assert_eq!(serde_json::from_value::<Schedule>(value).unwrap(), schedule);
    }
}

#[test]
fn keys_come_in_any_order_and_those_with_defaults_may_be_missing() {
    let config_first = [
        r#"{"config":{"decay_steps":1000,"initial_learning_rate":0.1},"class_name":"CosineDecay"}"#,
        r#"{"registered_name":null,"config":{"name":null,"decay_steps":1e3,"initial_learning_rate":0.1},"module":"anything","class_name":"CosineDecay"}"#,
    ];
    for text in config_first {
        assert_eq!(read(text).unwrap(), CosineDecay::new(0.1, 1000.0).into(), "{text}");
    }
    let config_first = [
        r#"{"config":{"phases":[{"learning_rate":1,"steps":10},{"start":0.5,"shape":"cosine","learning_rate":0,"steps":90}],"initial_learning_rate":0.1},"class_name":"Phases"}"#,
        r#"{"registered_name":"x","class_name":"Phases","config":{"name":null,"phases":[{"shape":"linear","learning_rate":1.0,"steps":10.0,"start":null},{"power":null,"start":5e-1,"shape":"cosine","learning_rate":-0.0,"steps":9e1}],"initial_learning_rate":0.1},"module":null}"#,
    ];
    for text in config_first {
        assert_eq!(read(text).unwrap(), phases().into(), "{text}");
    }
    let short = r#"{"class_name":"ExponentialDecay","config":{"decay_rate":2,"decay_steps":5,"initial_learning_rate":1}}"#;
    assert_eq!(read(short).unwrap(), ExponentialDecay::new(1.0, 5.0, 2.0).into());
    let short = r#"{"class_name":"PolynomialDecay","config":{"decay_steps":5,"initial_learning_rate":1,"name":null}}"#;
    assert_eq!(read(short).unwrap(), PolynomialDecay::new(1.0, 5.0).into());
    let none = r#"{"class_name":"Phases","config":{"initial_learning_rate":0.3,"phases":[]}}"#;
    assert_eq!(read(none).unwrap(), Phases::new(0.3, Vec::new()).into());
}

#[test]
fn a_key_comes_once() {
    let of_the_envelope = [
        (r#"{"module""#, r#"{"module":null,"module""#, "duplicate field `module`"),
        (
            r#""class_name""#,
            r#""class_name":"Phases","class_name""#,
            "duplicate field `class_name`",
        ),
        (r#""registered_name""#, r#""registered_name":null,"registered_name""#, "duplicate field"),
        (r#""name":"#, r#""name":null,"name":"#, "duplicate field `name`"),
    ];
    for text in [COSINE_DECAY, PHASES] {
        refused(text, &of_the_envelope);
        // Whole configs, before and after the class is known.
        let from = text.find(r#""config":"#).unwrap();
        let to = text.find(r#","registered_name""#).unwrap();
        let (start, config) = (&text[..from], &text[from..to]);
        for twice in [
            format!("{start}{config},{config}}}"),
            format!("{{{config},{config},{}}}", &start[1..from - 1]),
        ] {
            let error = read(&twice).expect_err(&twice);
            assert!(error.contains("duplicate field `config`"), "{twice}: {error}");
        }
    }
    let of_phases = [
        (r#""phases""#, r#""phases":[],"phases""#, "duplicate field `phases`"),
        (r#""steps""#, r#""steps":1,"steps""#, "duplicate field `steps`"),
        (r#""shape""#, r#""shape":"cosine","shape""#, "duplicate field `shape`"),
        (r#""start""#, r#""start":null,"start""#, "duplicate field `start`"),
    ];
    refused(PHASES, &of_phases);
}

#[test]
fn unknown_keys_and_classes_are_refused() {
    for text in [COSINE_DECAY, PHASES] {
        let keys = [
            (r#"{"module""#, r#"{"extra":1,"module""#, "extra"),
            (r#""config":{"#, r#""config":{"extra":1,"#, "unknown field `extra`"),
            (r#""class_name":""#, r#""class_name":"Another"#, "unknown variant `Another"),
            (r#""initial_learning_rate":0.1,"#, "", "missing field `initial_learning_rate`"),
        ];
        refused(text, &keys);
    }
    let of_phases = [
        (r#"{"steps""#, r#"{"extra":1,"steps""#, "unknown field `extra`"),
        (r#""steps":10,"#, "", "missing field `steps`"),
        (r#""learning_rate":1.0,"#, "", "missing field `learning_rate`"),
        (r#""linear""#, r#""quadratic""#, "unknown variant `quadratic`"),
        (r#""linear""#, r#""Linear""#, "unknown variant `Linear`"),
        // The config of the other class.
        (r#""class_name":"Phases""#, r#""class_name":"CosineDecay""#, "unknown field `phases`"),
    ];
    refused(PHASES, &of_phases);
    refused(
        COSINE_DECAY,
        &[(
            r#""class_name":"CosineDecay""#,
            r#""class_name":"Phases""#,
            "unknown field `decay_steps`",
        )],
    );
}

#[test]
fn the_fields_of_exponentials_and_powers() {
    refused(
        EXPONENTIAL_DECAY,
        &[
            (r#","decay_rate":0.96"#, "", "missing field `decay_rate`"),
            (
                r#""decay_rate":0.96"#,
                r#""decay_rate":0"#,
                "`decay_rate` must be a finite number > 0",
            ),
            (r#""decay_rate":0.96"#, r#""decay_rate":null"#, "JSON number"),
            (r#""staircase":false"#, r#""staircase":0"#, "expected a boolean"),
        ],
    );
    refused(
        POLYNOMIAL_DECAY,
        &[
            (r#""power":1.0"#, r#""power":null"#, "JSON number"),
            (r#""power":1.0"#, r#""power":true"#, "JSON number"),
            (r#""power":1.0"#, r#""power":0"#, "`power` must be a finite number > 0"),
            (
                r#""end_learning_rate":0.0001"#,
                r#""end_learning_rate":-1"#,
                "`end_learning_rate` must",
            ),
            (r#""cycle":false"#, r#""cycle":null"#, "expected a boolean"),
        ],
    );
    let cycle =
        POLYNOMIAL_DECAY.replace(r#""power":1.0,"cycle":false"#, r#""power":2,"cycle":true"#);
    let expected = PolynomialDecay { power: 2.0, cycle: true, ..PolynomialDecay::new(0.1, 1000.0) };
    assert_eq!(read(&cycle).unwrap(), expected.into());

    let phase = PHASES.replace(r#""linear","power":null"#, r#""polynomial","power":2"#);
    let mut expected = phases();
    (expected.phases[0].shape, expected.phases[0].power) = (PhaseShape::Polynomial, Some(2.0));
    assert_eq!(read(&phase).unwrap(), expected.into());
    let rule = "`phases[0].power` must be a number for this shape";
    refused(&phase, &[(r#""power":2"#, r#""power":null"#, rule), (r#""power":2,"#, "", rule)]);
    assert!(read(&PHASES.replace(r#""linear""#, r#""exponential""#)).is_ok());
}

#[test]
fn arrays_are_no_objects() {
    let config = r#"[0.1, 1000, 0.0, "CosineDecay", null, 0]"#;
    let phases = r#"[0.1, [], "Phases"]"#;
    let phase = r#"[{"steps":1,"learning_rate":0.5},[10, 1.0, "linear", null, null]]"#;
    let arrays = [
        format!(r#"{{"class_name":"CosineDecay","config":{config}}}"#),
        format!(r#"{{"config":{config},"class_name":"CosineDecay"}}"#),
        format!(r#"["keras.optimizers.schedules","CosineDecay",{config},null]"#),
        format!(r#"["CosineDecay",{config}]"#),
        format!(r#"{{"class_name":"Phases","config":{phases}}}"#),
        format!(r#"{{"config":{phases},"class_name":"Phases"}}"#),
        format!(
            r#"{{"class_name":"Phases","config":{{"initial_learning_rate":0.1,"phases":{phase}}}}}"#
        ),
        format!(
            r#"{{"config":{{"initial_learning_rate":0.1,"phases":{phase}}},"class_name":"Phases"}}"#
        ),
    ];
    for array in arrays {
        let error = read(&array).expect_err(&array);
        assert!(error.contains("expected an object"), "{array}: {error}");
    }
    let object = [(r#""phases":[{"#, r#""phases":{"0":{"#, "expected a sequence")];
    refused(&PHASES.replace("}],", "}},"), &object);
}

#[test]
fn names_are_strings() {
    let class = |name| format!(r#"{{"{name}":null}}"#);
    let text = COSINE_DECAY;
    refused(
        text,
        &[(
            r#""CosineDecay","config""#,
            &format!(r#"{},"config""#, class("CosineDecay")),
            "expected a string",
        )],
    );
    refused(
        PHASES,
        &[
            (
                r#""Phases","config""#,
                &format!(r#"{},"config""#, class("Phases")),
                "expected a string",
            ),
            (r#""linear""#, &class("linear"), "expected a string"),
            (r#""linear""#, "null", "expected a string"),
            (r#""linear""#, "0", "expected a string"),
            (r#""module":"learnrate""#, r#""module":1"#, "expected a string"),
            (r#""learnrate>Phases""#, "{}", "expected a string"),
            (r#""name":"Phases""#, r#""name":1"#, "expected a string"),
        ],
    );
    let mut named = phases();
    named.name = "mine".to_owned();
    assert_eq!(
        read(&PHASES.replace(r#""name":"Phases""#, r#""name":"mine""#)).unwrap(),
        named.into()
    );
}

#[test]
fn counts_may_be_written_as_floats() {
    for steps in ["10", "10.0", "1e1", "1E+1", "0.1e2"] {
        let text = PHASES.replace(r#""steps":10,"#, &format!(r#""steps":{steps},"#));
        assert_eq!(read(&text).unwrap(), phases().into(), "{steps}");
    }
    for (decay_steps, warmup_steps) in [("1000.0", "0.0"), ("1e3", "-0.0"), ("1000", "-0")] {
        let text = COSINE_DECAY
            .replace(r#""decay_steps":1000"#, &format!(r#""decay_steps":{decay_steps}"#))
            .replace(r#""warmup_steps":0"#, &format!(r#""warmup_steps":{warmup_steps}"#));
        assert_eq!(read(&text).unwrap(), CosineDecay::new(0.1, 1000.0).into(), "{text}");
    }
    for zero in ["0", "0.0", "-0", "-0.0"] {
        let text = PHASES.replace(r#""steps":10,"#, &format!(r#""steps":{zero},"#));
        let mut expected = phases();
        expected.phases[0].steps = 0.0;
        assert_eq!(read(&text).unwrap(), expected.into(), "{zero}");
    }
}

#[test]
fn counts_may_be_fractional() {
    let text = COSINE_DECAY.replace(r#""decay_steps":1000"#, r#""decay_steps":4218.75"#);
    let schedule = read(&text).unwrap();
    assert_eq!(schedule, CosineDecay::new(0.1, 4218.75).into());
    let text = PHASES.replace(r#""steps":10,"#, r#""steps":0.5,"#);
    let mut expected = phases();
    expected.phases[0].steps = 0.5;
    assert_eq!(read(&text).unwrap(), expected.into());
}

#[test]
fn counts_are_at_most_2_to_the_53_and_no_shares() {
    let bad = [
        ("1e-300", "steps"),
        ("9007199254740993", "<= 2**53"),
        ("18446744073709551616", "<= 2**53"),
        ("1e300", "<= 2**53"),
        ("-1", ">"),
        ("-1.0", ">"),
        ("\"10\"", "JSON number"),
        ("null", "JSON number"),
        ("true", "JSON number"),
        ("[]", "JSON number"),
    ];
    for (count, reason) in bad {
        let changes = [
            (COSINE_DECAY, r#""decay_steps":1000"#, format!(r#""decay_steps":{count}"#)),
            (COSINE_DECAY, r#""warmup_steps":0"#, format!(r#""warmup_steps":{count}"#)),
            (PHASES, r#""steps":10"#, format!(r#""steps":{count}"#)),
        ];
        for (text, old, new) in changes {
            let error = read(&text.replacen(old, &new, 1)).expect_err(&new);
            assert!(error.contains(reason), "{new}: {error}");
        }
    }
}

#[test]
fn rates_are_numbers() {
    for bad in ["null", "\"0.1\"", "true", "[]", "-0.5", "-1e-300"] {
        refused(
            COSINE_DECAY,
            &[
                (r#"_rate":0.1"#, &format!(r#"_rate":{bad}"#), ""),
                (r#""alpha":0.0"#, &format!(r#""alpha":{bad}"#), ""),
            ],
        );
        refused(
            PHASES,
            &[
                (r#"_rate":0.1"#, &format!(r#"_rate":{bad}"#), ""),
                (r#"_rate":1.0"#, &format!(r#"_rate":{bad}"#), ""),
            ],
        );
        if bad != "null" {
            refused(PHASES, &[(r#""start":0.5"#, &format!(r#""start":{bad}"#), "")]);
            refused(COSINE_DECAY, &[(r#"target":null"#, &format!(r#"target":{bad}"#), "")]);
        }
    }
    refused(
        PHASES,
        &[
            (r#"_rate":1.0"#, r#"_rate":1e400"#, "number out of range"),
            (r#""power":null"#, r#""power":2.0"#, "`phases[0].power` must be None for this shape"),
        ],
    );
}
