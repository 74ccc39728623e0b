//! The rates at a schedule's telling steps, and their bits: `cargo run --example show -- examples/nanogpt-124m.json`.

use std::error::Error;
use std::{env, fs};

use learnrate::{Schedule, Segment};

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = env::args().skip(1).collect();
    if files.is_empty() {
        return Err("usage: show FILE...".into());
    }
    for file in files {
        let schedule: Schedule = serde_json::from_str(&fs::read_to_string(&file)?)?;
        println!("{file}");
        let joints: Vec<f64> = schedule.segments().iter().map(Segment::start).collect();
        let mut steps = vec![1.0];
        for (start, end) in joints.iter().zip(&joints[1..]) {
            steps.extend([*start, f64::midpoint(*start, *end).floor(), end - 1.0]);
        }
        steps.extend(joints);
        steps.sort_by(f64::total_cmp);
        steps.dedup();
        for step in steps {
            let rate = schedule.value(step)?;
            println!("{step} {rate:?} {:#018x}", rate.to_bits());
        }
    }
    Ok(())
}
