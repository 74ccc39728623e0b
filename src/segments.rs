//! Segments: what a schedule is evaluated as. Each class of schedules says once, when it is made, which these are.

use num_traits::{AsPrimitive, Float};

use crate::batch;
use crate::error::Error;
use crate::exact::Sum;
use crate::loops::Loops;
use crate::shapes::{Between, Formula, Place, Shape};
use crate::vectors::Vectors;

/// Steps, or the end of them; a shape, the rates that it leads from and to, and its power if it has one.
pub(crate) type Piece = (f64, &'static str, f64, f64, Option<f64>);

/// A stretch of steps in which the rate follows one shape: from `start` on, and before `end`.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    start: f64,
    end: f64,
    whole: bool,
    shape: Shape,
}

impl Segment {
    pub(crate) fn new(start: f64, end: f64, shape: Shape) -> Self {
        let whole = start.trunc() == start && end.trunc() == end;
        Self { start, end, whole, shape }
    }

    /// The step from which on the segment is followed.
    #[must_use]
    pub fn start(&self) -> f64 {
        self.start
    }

    /// The step before which the segment ends; infinity for the last one.
    #[must_use]
    pub fn end(&self) -> f64 {
        self.end
    }

    /// The rate at the start.
    #[must_use]
    pub fn first_rate(&self) -> f64 {
        self.shape.first
    }

    /// The rate that the segment leads to: the limit at its end.
    #[must_use]
    pub fn last_rate(&self) -> f64 {
        self.shape.last
    }

    /// "hold", "linear", "cosine" or another [`PhaseShape`](crate::PhaseShape), or "`inverse_square_root`".
    #[must_use]
    pub fn shape(&self) -> &'static str {
        self.shape.name()
    }

    #[inline(always)]
    pub(crate) fn place(&self, step: f64) -> Place {
        Place { step, start: self.start, end: self.end, whole: self.whole }
    }

    pub(crate) fn is_hold(&self) -> bool {
        matches!(self.shape.formula, Formula::Hold(_))
    }

    /// Writes the rates of steps: those that are `earlier` for the steps before the start, if it is given.
    fn fill<R>(&self, vectors: Vectors, steps: &[f64], earlier: Option<&[f64]>, out: &mut [R])
    where
        R: Float + 'static,
        f64: AsPrimitive<R>,
    {
        let loops = Loops { first: self.place(self.start), steps, earlier, out };
        match &self.shape.formula {
            Formula::Hold(kernel) => loops.run(vectors, *kernel),
            Formula::Linear(kernel) => loops.run(vectors, *kernel),
            Formula::Cosine(kernel) => loops.run(vectors, *kernel),
            Formula::Rex(kernel) => loops.run(vectors, *kernel),
            Formula::Sqrt(kernel) => loops.run(vectors, *kernel),
            Formula::Square(kernel) => loops.run(vectors, *kernel),
            Formula::InverseTime(kernel) => loops.run(vectors, *kernel),
            Formula::InverseSquareRoot(kernel) => loops.run(vectors, *kernel),
            Formula::Exponential(kernel) if self.whole => loops.run(vectors, **kernel),
            Formula::Exponential(kernel) => loops.run(vectors, Between(**kernel)),
            Formula::Polynomial(kernel) => loops.run(vectors, **kernel),
            Formula::Cycles(kernel) => loops.run(vectors, **kernel),
        }
    }
}

/// The rates of steps in no order: those of each segment over those of the segments before it.
fn overlaid<'a>(
    segments: &[Segment],
    vectors: Vectors,
    steps: &[f64],
    [earlier, later]: &'a mut [Vec<f64>; 2],
) -> &'a [f64] {
    segments[0].fill(vectors, steps, None, earlier);
    for segment in &segments[1..] {
        segment.fill(vectors, steps, Some(earlier), later);
        std::mem::swap(earlier, later);
    }
    earlier
}

/// The segments of a schedule, from step 0 to infinity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve(Box<[Segment]>);

impl Curve {
    /// From segments that follow each other; None unless they lead from 0 to infinity.
    #[cfg(feature = "python")]
    pub(crate) fn new(segments: Vec<Segment>) -> Option<Self> {
        let joined = segments.windows(2).all(|pair| pair[0].end == pair[1].start)
            && segments.iter().all(|segment| segment.start < segment.end);
        let whole = segments.first()?.start == 0.0 && segments.last()?.end == f64::INFINITY;
        (joined && whole).then(|| Self(segments.into()))
    }

    /// Pieces of so many steps laid end to end; the last rate is held. Each piece leads from one rate to another by the
    /// shape of that name. A joint is the exact sum of the steps before it, rounded once.
    pub(crate) fn lay(pieces: impl IntoIterator<Item = Piece>) -> Self {
        let (mut total, mut held) = (Sum::default(), 0.0);
        let mut ends = Vec::new();
        for (steps, shape, first, last, power) in pieces {
            (total, held) = (total.plus(steps), last);
            ends.push((total.steps(), shape, first, last, power));
        }
        Self::joined(ends, held)
    }

    /// Pieces up to their ends, which leaves out those of no length; then a rate is held.
    pub(crate) fn joined(pieces: impl IntoIterator<Item = Piece>, held: f64) -> Self {
        let (mut segments, mut start) = (Vec::new(), 0.0);
        let mut push = |(end, shape, first, last, power): Piece| {
            if end > start {
                let (shape, power) = if first == last {
                    ("hold", None)
                } else if power == Some(1.0) {
                    ("linear", None) // the same curve, faster
                } else {
                    (shape, power)
                };
                let shape = Shape::between(shape, first, last, end - start, power.as_slice())
                    .expect("the names of shapes are ours");
                segments.push(Segment::new(start, end, shape));
                start = end;
            }
        };
        pieces.into_iter().for_each(&mut push);
        push((f64::INFINITY, "hold", held, held, None));
        Self(segments.into())
    }

    /// One shape from step 0 on, which leads to its limit; a hold where that is the first rate.
    pub(crate) fn endless(shape: &str, first: f64, last: f64, parameters: &[f64]) -> Self {
        let (shape, parameters) =
            if first == last { ("hold", &[][..]) } else { (shape, parameters) };
        let shape = Shape::between(shape, first, last, f64::INFINITY, parameters)
            .expect("the names and parameters are ours");
        Self([Segment::new(0.0, f64::INFINITY, shape)].into())
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Which segment a step >= 0 lies in.
    fn find(&self, step: f64) -> usize {
        self.0[1..].partition_point(|segment| segment.start <= step)
    }

    /// The rate at a step >= 0.
    #[inline(always)]
    pub(crate) fn value(&self, step: f64) -> f64 {
        /// Segments up to which one look after the other is faster than a binary search.
        const FEW: usize = 8;

        let mut segment = &self.0[0];
        if self.0.len() <= FEW {
            for next in &self.0[1..] {
                if next.start > step {
                    break;
                }
                segment = next;
            }
        } else {
            segment = &self.0[self.find(step)];
        }
        segment.shape.rate(segment.place(step))
    }

    /// The rates of steps >= 0, of which the least and the greatest are given.
    pub(crate) fn values<R>(
        &self,
        vectors: Vectors,
        steps: &[f64],
        (least, greatest): (f64, f64),
        out: &mut [R],
    ) where
        R: Float + 'static,
        f64: AsPrimitive<R>,
    {
        /// Segments up to which each is evaluated at all of the steps; beyond, each step by itself is faster.
        const FEW: usize = 16;

        let met = &self.0[self.find(least)..=self.find(greatest)];
        if let [segment] = met {
            segment.fill(vectors, steps, None, out);
        } else if steps.is_sorted() {
            let (mut steps, mut out) = (steps, out);
            for segment in met {
                let is_last = segment.end > greatest || segment.end.is_infinite();
                let inside = if is_last {
                    steps.len()
                } else {
                    steps.partition_point(|&step| step < segment.end)
                };
                segment.fill(vectors, &steps[..inside], None, &mut out[..inside]);
                (steps, out) = (&steps[inside..], &mut out[inside..]);
            }
        } else if let [before @ .., last] = met
            && met.len() <= FEW
        {
            let mut buffers = [vec![0.0; steps.len()], vec![0.0; steps.len()]];
            let earlier = overlaid(before, vectors, steps, &mut buffers);
            last.fill(vectors, steps, Some(earlier), out);
        } else {
            for (out, &step) in out.iter_mut().zip(steps) {
                *out = self.value(step).as_();
            }
        }
    }

    /// Writes the rate at `steps[i]` into `out[i]`: see [`Schedule::fill`](crate::Schedule::fill).
    pub(crate) fn fill<S, R>(&self, steps: &[S], out: &mut [R]) -> Result<(), Error>
    where
        S: AsPrimitive<f64> + Sync,
        R: Float + Send + 'static,
        f64: AsPrimitive<R>,
    {
        if steps.len() != out.len() {
            return Err(Error::Length { steps: steps.len(), out: out.len() });
        }
        self.evaluate(|first| steps[first..].iter().map(|step| step.as_()), out)
    }

    /// As [`fill`](Self::fill), for the whole steps `start`, `start + stride` and so on, none of them beyond 2**53.
    #[cfg(feature = "python")]
    pub(crate) fn fill_range<R>(&self, start: i64, stride: i64, out: &mut [R]) -> Result<(), Error>
    where
        R: Float + Send + 'static,
        f64: AsPrimitive<R>,
    {
        let stride = stride as f64;
        let steps = |first: usize| {
            // In floats, where it is exact as well: not every processor converts an i64 at once.
            let start = start as f64 + first as f64 * stride;
            (0_u32..).map(move |i| start + f64::from(i) * stride)
        };
        self.evaluate(steps, out)
    }

    fn evaluate<I, R>(&self, steps: impl Fn(usize) -> I + Sync, out: &mut [R]) -> Result<(), Error>
    where
        I: Iterator<Item = f64>,
        R: Float + Send + 'static,
        f64: AsPrimitive<R>,
    {
        batch::fill(
            |vectors, steps, extremes, out| self.values(vectors, steps, extremes, out),
            steps,
            out,
        )
    }
}

#[cfg(test)]
mod tests {
    use num_traits::{AsPrimitive, Float};

    use super::Curve;
    use crate::vectors::Vectors;

    const SHAPES: [(&str, Option<f64>); 9] = [
        ("linear", None),
        ("cosine", None),
        ("rex", None),
        ("sqrt", None),
        ("square", None),
        ("inverse_time", None),
        ("exponential", None),
        ("polynomial", Some(0.7)),
        ("polynomial", Some(3.0)),
    ];

    /// So many segments, of each shape in turn, up to step 80,000.
    fn curve(segments: u64) -> Curve {
        let before = segments - 1;
        let rate = |i: u64| 1e-5 + (i * 7 % 11) as f64 * 0.07;
        Curve::lay((0..before).chain([before]).map(|i| {
            let steps = if i == before { 0 } else { 80_000 / before };
            let (shape, power) = SHAPES[(i % 9) as usize];
            (steps as f64, shape, rate(i), rate(i + 1), power)
        }))
    }

    fn check<S, R>(vectors: Vectors, curve: &Curve, steps: &[S])
    where
        S: AsPrimitive<f64>,
        R: Float + std::fmt::Debug + 'static,
        f64: AsPrimitive<R>,
    {
        let mut sorted: Vec<f64> = steps.iter().map(|step| step.as_() + 0.0).collect();
        let unsorted = sorted.clone();
        sorted.sort_by(f64::total_cmp);
        // Also where the steps end within a vector.
        for length in (0..70).chain([steps.len()]) {
            for steps in [&sorted[..length], &unsorted[..length]] {
                let mut rates = vec![R::nan(); length];
                let extremes = steps.iter().fold((f64::INFINITY, 0.0), |(least, greatest), &s| {
                    (f64::min(least, s), f64::max(greatest, s))
                });
                if length > 0 {
                    curve.values(vectors, steps, extremes, &mut rates);
                }
                let expected = steps.iter().map(|&step| curve.value(step).as_());
                assert!(rates.into_iter().eq(expected), "{vectors:?}");
            }
        }
    }

    /// Only an optimized build, `cargo test --release`, has vectors.
    #[test]
    fn every_width_of_vectors_gives_the_bits_of_one_step_at_a_time() {
        // In every part of the schedule, in no order; rates are positive, so equal ones have equal bits.
        let whole: Vec<i32> =
            (0..100_003_u32).map(|i| (i.wrapping_mul(2_654_435_761) % 90_000).as_()).collect();
        let long: Vec<i64> = whole.iter().map(|&step| i64::from(step) << 36).collect();
        let single: Vec<f32> = whole.iter().map(|&step| step.as_()).collect();
        let mut parts: Vec<f64> = whole.iter().map(|&step| f64::from(step) * 0.9).collect();
        parts.extend([0.0, -0.0, 5e-324, 1e300, f64::INFINITY]);
        let available: Vec<_> = Vectors::ALL.iter().filter(|v| v.are_available()).collect();
        println!("widths: {available:?}");
        assert_eq!(Vectors::widest(), *available[0]);
        for &&vectors in &available {
            // One, few, so many that single steps are found by a search, and that they are evaluated one by one.
            for segments in [1, 3, 12, 41] {
                let curve = &curve(segments);
                assert_eq!(curve.segments().len() as u64, segments);
                check::<_, f64>(vectors, curve, &parts);
                check::<_, f32>(vectors, curve, &parts);
                check::<_, f64>(vectors, curve, &single);
                check::<_, f64>(vectors, curve, &whole);
                check::<_, f64>(vectors, curve, &long);
            }
        }
    }

    #[test]
    fn a_step_is_read_and_found_alone_as_in_a_slice() {
        for segments in [1, 3, 12, 41] {
            let curve = curve(segments);
            let steps: Vec<f64> =
                (0..40_000).map(|i| f64::from(i) * 2.5).chain([f64::INFINITY]).collect();
            let mut rates = vec![f64::NAN; steps.len()];
            curve.fill(&steps, &mut rates).unwrap();
            let alone: Vec<f64> = steps.iter().map(|&step| curve.value(step)).collect();
            assert_eq!(rates, alone);
        }
    }

    #[cfg(feature = "python")]
    #[test]
    fn a_range_gives_the_bits_of_its_steps() {
        let curve = curve(3);
        let steps: Vec<i64> = (0..40_000).map(|i| 85_000 - 2 * i).collect(); // more than one thread takes
        let (mut rates, mut expected) = (vec![f64::NAN; 40_000], vec![f64::NAN; 40_000]);
        curve.fill_range(85_000, -2, &mut rates).unwrap();
        curve.fill(&steps, &mut expected).unwrap();
        assert_eq!(rates, expected);
    }
}
