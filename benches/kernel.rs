//! The crate alone, without Python: one value, and slices of every kind, beside a copy of as many floats.
//!
//! `cargo bench` measures; `cargo bench --bench kernel -- --test` only runs each once. `RAYON_NUM_THREADS=1` shows one thread.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use learnrate::{CosineDecay, Schedule};
use num_traits::{AsPrimitive, Float};

/// The cost of a call; one thread's work, in the first-level cache; where a second begins to pay; many threads' work.
const SIZES: [u32; 4] = [100, 4_096, 32_768, 1_000_000];

fn main() {
    divan::main();
}

/// Warms up in the first hundredth of the steps and decays in the rest, so that no step is beyond the end.
fn schedule(steps: u32) -> Schedule {
    let warmup = u64::from(steps / 100);
    let decay = u64::from(steps) - warmup;
    Schedule::new(CosineDecay {
        alpha: 0.1,
        warmup_target: Some(3e-4),
        warmup_steps: warmup,
        ..CosineDecay::new(3e-7, decay)
    })
    .expect("the fields are within their rules")
}

fn steps<S: Copy + 'static>(count: u32) -> Vec<S>
where
    u32: AsPrimitive<S>,
{
    (0..count).map(AsPrimitive::as_).collect()
}

fn fill<S, R>(bencher: Bencher, count: u32)
where
    S: AsPrimitive<f64> + Sync,
    R: Float + Send + Sync + 'static,
    u32: AsPrimitive<S>,
    f64: AsPrimitive<R>,
{
    let (schedule, steps) = (schedule(count), steps::<S>(count));
    let mut rates = vec![R::zero(); steps.len()];
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        schedule.fill(black_box(&steps), black_box(&mut rates)).expect("no step is negative");
    });
}

#[divan::bench]
fn value(bencher: Bencher) {
    let schedule = schedule(100_000);
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench_local(|| black_box(&schedule).value(black_box(5_000.0)));
}

#[divan::bench(args = SIZES)]
fn copy(bencher: Bencher, count: u32) {
    let steps = steps::<f64>(count);
    let mut rates = vec![0.0; steps.len()];
    bencher
        .counter(ItemsCount::new(count))
        .bench_local(|| black_box(&mut rates[..]).copy_from_slice(black_box(&steps)));
}

#[divan::bench(types = [f64, f32, i64, i32], args = SIZES)]
fn fill_f64<S>(bencher: Bencher, count: u32)
where
    S: AsPrimitive<f64> + Sync,
    u32: AsPrimitive<S>,
{
    fill::<S, f64>(bencher, count);
}

#[divan::bench(args = SIZES)]
fn fill_f32(bencher: Bencher, count: u32) {
    fill::<f64, f32>(bencher, count);
}
