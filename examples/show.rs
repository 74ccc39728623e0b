//! The rates at a schedule's telling steps, and their bits: `cargo run --example show -- examples/nanogpt-124m.json`.

use std::collections::BTreeSet;
use std::error::Error;
use std::{env, fs};

use learnrate::CosineDecay;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = env::args().skip(1).collect();
    if files.is_empty() {
        return Err("usage: show FILE...".into());
    }
    for file in files {
        let schedule: CosineDecay = serde_json::from_str(&fs::read_to_string(&file)?)?;
        let (decay, total) = (schedule.config().decay_steps, schedule.total_steps());
        let warmup = total - decay;
        println!("{file}");
        for step in BTreeSet::from([0, 1, warmup, warmup + decay / 2, total - 1, total]) {
            let rate = schedule.value(step)?;
            println!("{step} {rate:?} {:#018x}", rate.to_bits());
        }
    }
    Ok(())
}
