//! The crate alone, without Python: one value, and slices of every kind, beside a copy of as many floats.
//!
//! `cargo bench` measures; `cargo bench --bench kernel -- --test` only runs each once. `RAYON_NUM_THREADS=1` shows one thread.

use std::fmt;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use learnrate::{
    CosineDecay, ExponentialDecay, InverseSquareRootDecay, InverseTimeDecay, Phase, PhaseShape,
    Phases, PolynomialDecay, Schedule,
};
use num_traits::{AsPrimitive, Float};

/// The cost of a call; one thread's work, in the first-level cache; where a second begins to pay; many threads' work.
const SIZES: [u32; 4] = [100, 4_096, 32_768, 1_000_000];

fn main() {
    divan::main();
}

/// A schedule of so many steps, so that none of those that are asked for is beyond the end.
type Make = fn(u32) -> Schedule;

/// Warms up in the first hundredth of the steps and decays in the rest.
fn cosine_decay(steps: u32) -> Schedule {
    let warmup = f64::from(steps / 100);
    let decay = f64::from(steps) - warmup;
    Schedule::new(CosineDecay {
        alpha: 0.1,
        warmup_target: Some(3e-4),
        warmup_steps: warmup,
        ..CosineDecay::new(3e-7, decay)
    })
    .expect("the fields are within their rules")
}

fn of_phases(initial: f64, phases: Vec<Phase>) -> Schedule {
    Schedule::new(Phases::new(initial, phases)).expect("the fields are within their rules")
}

/// Down to a tenth, in one segment.
fn of_shape(shape: PhaseShape, steps: u32) -> Schedule {
    of_phases(3e-4, vec![Phase { shape, ..Phase::new(f64::from(steps), 3e-5) }])
}

/// What is one segment, by name: the shapes of a phase, and the classes without end.
const FAMILY: [(&str, Make); 12] = [
    ("linear", |steps| of_shape(PhaseShape::Linear, steps)),
    ("cosine", |steps| of_shape(PhaseShape::Cosine, steps)),
    ("sqrt", |steps| of_shape(PhaseShape::Sqrt, steps)),
    ("square", |steps| of_shape(PhaseShape::Square, steps)),
    ("rex", |steps| of_shape(PhaseShape::Rex, steps)),
    ("inverse_time", |steps| of_shape(PhaseShape::InverseTime, steps)),
    ("exponential", |steps| of_shape(PhaseShape::Exponential, steps)),
    ("polynomial", |steps| {
        let (shape, power) = (PhaseShape::Polynomial, Some(0.9));
        of_phases(3e-4, vec![Phase { shape, power, ..Phase::new(f64::from(steps), 3e-5) }])
    }),
    ("ExponentialDecay", |steps| {
        Schedule::new(ExponentialDecay::new(3e-4, f64::from(steps), 0.1))
            .expect("the fields are within their rules")
    }),
    ("PolynomialDecay, cycle", |steps| {
        let decay = PolynomialDecay::new(3e-4, f64::from(steps / 10));
        Schedule::new(PolynomialDecay { power: 0.9, cycle: true, ..decay })
            .expect("the fields are within their rules")
    }),
    ("InverseTimeDecay", |steps| {
        Schedule::new(InverseTimeDecay::new(3e-4, f64::from(steps), 9.0))
            .expect("the fields are within their rules")
    }),
    ("InverseSquareRootDecay", |steps| {
        Schedule::new(InverseSquareRootDecay::new(3e-4, f64::from(steps)))
            .expect("the fields are within their rules")
    }),
];

/// One of [`FAMILY`], and how many steps.
struct OneSegment {
    name: &'static str,
    make: Make,
    count: u32,
}

impl fmt::Display for OneSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.count)
    }
}

/// Each of [`FAMILY`] in each size.
fn family() -> impl Iterator<Item = OneSegment> {
    FAMILY.iter().flat_map(|&(name, make)| SIZES.map(|count| OneSegment { name, make, count }))
}

/// Warms up in the first hundredth of the steps, decays in the last fifth.
fn warmup_stable_decay(steps: u32) -> Schedule {
    let (warmup, decay) = (f64::from(steps / 100), f64::from(steps / 5));
    let stable = f64::from(steps) - warmup - decay;
    of_phases(0.0, vec![Phase::new(warmup, 3e-4), Phase::new(stable, 3e-4), Phase::new(decay, 0.0)])
}

/// Up and down by lines and cosines in turn: with the hold at the end 12 segments.
fn twelve_segments(steps: u32) -> Schedule {
    let phase = |i: u32| Phase {
        shape: if i.is_multiple_of(2) { PhaseShape::Linear } else { PhaseShape::Cosine },
        ..Phase::new(f64::from(steps.div_ceil(11)), f64::from(i * 7 % 11) * 1e-4)
    };
    of_phases(5e-4, (0..11).map(phase).collect())
}

fn steps<S: Copy + 'static>(count: u32) -> Vec<S>
where
    u32: AsPrimitive<S>,
{
    (0..count).map(AsPrimitive::as_).collect()
}

fn shuffled(count: u32) -> Vec<f64> {
    const PRIME: u64 = 2_654_435_761; // no divisor of any size
    (0..u64::from(count)).map(|i| (i * PRIME % u64::from(count)) as f64).collect()
}

fn fill<S, R>(bencher: Bencher, make: Make, steps: &[S])
where
    S: AsPrimitive<f64> + Sync,
    R: Float + Send + Sync + 'static,
    f64: AsPrimitive<R>,
{
    let schedule = make(u32::try_from(steps.len()).expect("the sizes are such"));
    let mut rates = vec![R::zero(); steps.len()];
    bencher.counter(ItemsCount::new(steps.len())).bench_local(|| {
        schedule.fill(black_box(steps), black_box(&mut rates)).expect("no step is negative");
    });
}

#[divan::bench(args = ["cosine_decay", "warmup_stable_decay", "twelve_segments"])]
fn value(bencher: Bencher, name: &str) {
    let make: Make = match name {
        "cosine_decay" => cosine_decay,
        "warmup_stable_decay" => warmup_stable_decay,
        _ => twelve_segments,
    };
    let schedule = make(100_000);
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
    fill::<S, f64>(bencher, cosine_decay, &steps::<S>(count));
}

#[divan::bench(args = SIZES)]
fn fill_f32(bencher: Bencher, count: u32) {
    fill::<f64, f32>(bencher, cosine_decay, &steps::<f64>(count));
}

#[divan::bench(args = family())]
fn fill_one_segment(bencher: Bencher, of: &OneSegment) {
    fill::<f64, f64>(bencher, of.make, &steps::<f64>(of.count));
}

#[divan::bench(args = SIZES)]
fn fill_warmup_stable_decay(bencher: Bencher, count: u32) {
    fill::<f64, f64>(bencher, warmup_stable_decay, &steps::<f64>(count));
}

#[divan::bench(args = SIZES)]
fn fill_twelve_segments(bencher: Bencher, count: u32) {
    fill::<f64, f64>(bencher, twelve_segments, &steps::<f64>(count));
}

/// Each step once, in no order: the segments that a block of steps meets are evaluated one over another.
#[divan::bench(args = SIZES)]
fn fill_shuffled(bencher: Bencher, count: u32) {
    fill::<f64, f64>(bencher, cosine_decay, &shuffled(count));
}

#[divan::bench(args = SIZES)]
fn fill_twelve_segments_shuffled(bencher: Bencher, count: u32) {
    fill::<f64, f64>(bencher, twelve_segments, &shuffled(count));
}
