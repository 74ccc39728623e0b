//! The worst errors of the shapes "exponential" and "polynomial" beside MPFR, at random steps and at those where a kernel
//! goes wrong, and what is promised of them besides. Fails where a bound or a promise does not hold.
//!
//! `cargo run --release --manifest-path tools/mpfr/Cargo.toml -- [POINTS [SEED]]`

mod draw;
mod exact;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::thread;

use draw::{Case, Random, kind};
use exact::{Curve, Oracle};

/// A bound in ULP: so many, and 0.04 more for each unit of power above another number.
type Bound = (f64, f64);

const EXPONENTIAL: Bound = (2.75, 0.0);
const EXPONENTIAL_BETWEEN: Bound = (3.0, 0.0);
// 3.5 + 0.04 * power, where that is more.
const POLYNOMIAL: Bound = (5.5, 50.0);
const POLYNOMIAL_BETWEEN: Bound = (7.5, 100.0);

/// The bounds that `src/shapes/` derives: by kind and place.
#[rustfmt::skip]
const BOUNDS: [(&str, [Bound; 3]); 12] = [
    ("exponential phase",               [EXPONENTIAL, EXPONENTIAL, EXPONENTIAL_BETWEEN]),
    ("exponential phase, nearly level", [EXPONENTIAL, EXPONENTIAL, EXPONENTIAL_BETWEEN]),
    ("ExponentialDecay",                [EXPONENTIAL; 3]),
    ("ExponentialDecay, nearly level",  [EXPONENTIAL; 3]),
    ("ExponentialDecay, growth",        [EXPONENTIAL; 3]),
    ("ExponentialDecay, staircase",     [EXPONENTIAL; 3]),
    ("polynomial, power <= 1",          [POLYNOMIAL, POLYNOMIAL_BETWEEN, POLYNOMIAL_BETWEEN]),
    ("polynomial, power <= 3",          [POLYNOMIAL, POLYNOMIAL_BETWEEN, POLYNOMIAL_BETWEEN]),
    ("polynomial, power <= 64",         [POLYNOMIAL, POLYNOMIAL_BETWEEN, POLYNOMIAL_BETWEEN]),
    ("polynomial, power <= 1000",       [POLYNOMIAL, POLYNOMIAL_BETWEEN, POLYNOMIAL_BETWEEN]),
    ("cycles, power <= 64",             [POLYNOMIAL, POLYNOMIAL_BETWEEN, POLYNOMIAL_BETWEEN]),
    ("cycles, power <= 1000",           [POLYNOMIAL, POLYNOMIAL_BETWEEN, POLYNOMIAL_BETWEEN]),
];
const PLACES: [&str; 3] =
    ["whole steps, at most 2**51 of them", "other steps", "fractional counts"];
/// 2**51: steps, up to which the logarithm of a share of whole ones is rounded least.
const SHORT: f64 = 2251799813685248.0;

/// Steps of one schedule.
const STEPS: usize = 256;
/// Up to here the rates never turn.
const LONGEST: f64 = 562949953421312.0; // 2**49

/// What one place of one kind came to.
#[derive(Clone, Default)]
struct Found {
    points: u64,
    worst: f64,
    place: String,
    /// The largest share of its bound that an error takes.
    share: f64,
}

/// What was found: by kind and place; and how often each promise was broken, and where first.
#[derive(Default)]
struct Report {
    rows: BTreeMap<(usize, usize), Found>,
    broken: BTreeMap<&'static str, (u64, String)>,
}

impl Report {
    fn merge(mut self, other: Self) -> Self {
        for (row, found) in other.rows {
            let ours = self.rows.entry(row).or_default();
            let (points, share) = (ours.points + found.points, ours.share.max(found.share));
            if found.worst >= ours.worst {
                *ours = found;
            }
            (ours.points, ours.share) = (points, share);
        }
        for (promise, (times, place)) in other.broken {
            self.broken.entry(promise).or_insert((0, place)).0 += times;
        }
        self
    }

    fn check(&mut self, promise: &'static str, holds: bool, case: &Case, step: f64) {
        if !holds {
            let place = || (0, describe(case, step));
            self.broken.entry(promise).or_insert_with(place).0 += 1;
        }
    }

    /// One schedule, at many steps.
    fn add(&mut self, random: &mut Random, case: &Case) {
        let steps: Vec<f64> = (0..STEPS).map(|_| case.step(random)).collect();
        let nexts: Vec<f64> = steps.iter().map(|step| step + 1.0).collect();
        let [rates, following] = [&steps, &nexts].map(|steps| {
            let mut rates = vec![f64::NAN; STEPS];
            case.schedule.fill(steps, &mut rates).expect("no step is negative");
            rates
        });
        let mut oracle = Oracle::new(case.curve, case.start, case.end);
        let segment = case.schedule.segments().iter().rfind(|segment| segment.shape() != "hold");
        let (first, last) = segment.map_or((0.0, 0.0), |it| (it.first_rate(), it.last_rate()));
        let (low, top) = if first < last { (first, last) } else { (last, first) };
        self.ends(case, first, last);
        for (((&step, &next), &rate), &following) in
            steps.iter().zip(&nexts).zip(&rates).zip(&following)
        {
            let alone = case.schedule.value(step).expect("no step is negative");
            self.check("alone as in a slice", alone.to_bits() == rate.to_bits(), case, step);
            let is_rate = rate.is_finite() && rate >= 0.0;
            self.check("finite and not negative", is_rate, case, step);
            if !is_rate {
                continue;
            }
            self.check("between the two rates", low <= rate && rate <= top, case, step);
            let end = case.curve.end(step, case.end);
            let reach = if end.is_infinite() { next } else { end - case.start };
            if step.fract() == 0.0 && next < end && reach <= LONGEST {
                let turns = if case.curve.falls() { following > rate } else { following < rate };
                self.check("monotone at whole steps", !turns, case, step);
            }
            // Where the share of the way underflows, or is a part of the rate that does, no bound holds: docs/accuracy.md.
            if first <= last * 2_f64.powi(-900) && step - case.start < reach * 2_f64.powi(-500) {
                continue;
            }
            let is_whole = step.fract() == 0.0 && reach <= SHORT;
            let place = if !case.has_whole_counts { 2 } else { usize::from(!is_whole) };
            let kind = kind(&case.curve);
            let found = self.rows.entry((kind, place)).or_default();
            let off = oracle.off(step, rate);
            let (base, power) = BOUNDS[kind].1[place];
            let bound = base + 0.04 * (case.curve.power() - power).max(0.0);
            found.points += 1;
            found.share = found.share.max(off / bound);
            if off >= found.worst {
                found.worst = off;
                found.place = describe(case, step);
            }
        }
    }

    /// The joints, to the last bit.
    fn ends(&mut self, case: &Case, first: f64, last: f64) {
        let joints = match case.curve {
            Curve::Endless { .. } => [(0.0, first); 2],
            Curve::Cycles { period, .. } => [(0.0, first), (period, last)],
            _ => [(case.start, first), (case.end, last)],
        };
        for (step, rate) in joints {
            self.check("exact at joints", case.schedule.value(step) == Ok(rate), case, step);
        }
    }
}

fn describe(case: &Case, step: f64) -> String {
    let rate = case.schedule.value(step);
    let (curve, start, end) = (case.curve, case.start, case.end);
    format!("{curve:?} from {start:?} to {end:?} at {step:?}: {rate:?}")
}

fn search(points: u64, seed: u64) -> Report {
    let mut random = Random(seed);
    let mut report = Report::default();
    for _ in 0..points.div_ceil(STEPS as u64) {
        let case = Case::draw(&mut random);
        report.add(&mut random, &case);
    }
    report
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let points: u64 = arguments.next().unwrap_or(1_000_000);
    let seed: u64 = arguments.next().unwrap_or(0);
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let report = thread::scope(|scope| {
        let one = |at| scope.spawn(move || search(points / threads, Random(seed + at).bits()));
        let searches: Vec<_> = (0..threads).map(one).collect();
        let reports = searches.into_iter().map(|search| search.join().expect("no panic"));
        reports.fold(Report::default(), Report::merge)
    });
    println!(
        "| kind | where | points | worst, ULP | share of its bound | at |\n|---|---|--:|--:|--:|---|"
    );
    for ((kind, place), Found { points, worst, place: at, share }) in &report.rows {
        let (name, where_) = (BOUNDS[*kind].0, PLACES[*place]);
        println!("| {name} | {where_} | {points} | {worst:.3} | {share:.3} | {at} |");
    }
    for (promise, (times, place)) in &report.broken {
        println!("Broken {times} times: {promise}. First: {place}");
    }
    let is_over = report.rows.values().any(|found| found.share > 1.0);
    if is_over || !report.broken.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
