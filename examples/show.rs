//! The rates at a schedule's telling steps, and their bits: `cargo run --example show -- examples/nanogpt-124m.json`.

use std::collections::BTreeSet;
use std::error::Error;
use std::{env, fs};

use learnrate::Schedule;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = env::args().skip(1).collect();
    if files.is_empty() {
        return Err("usage: show FILE...".into());
    }
    for file in files {
        let schedule: Schedule = serde_json::from_str(&fs::read_to_string(&file)?)?;
        println!("{file}");
        let joints: BTreeSet<u64> = schedule.segments().iter().map(|s| s.start() as u64).collect();
        let mut steps = BTreeSet::from([1]);
        for (&start, &end) in joints.iter().zip(joints.iter().skip(1)) {
            steps.extend([start, u64::midpoint(start, end), end - 1, end]);
        }
        steps.extend(joints);
        for step in steps {
            let rate = schedule.value(step)?;
            println!("{step} {rate:?} {:#018x}", rate.to_bits());
        }
    }
    Ok(())
}
