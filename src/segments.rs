//! Segments: what a schedule is evaluated as. Each class of schedules says once, when it is made, which these are.

use num_traits::{AsPrimitive, Float};

use crate::batch;
use crate::error::Error;
use crate::shapes::{Kernel, Shape};
use crate::vectors::{Vectors, Work};

/// A stretch of steps in which the rate follows one shape: from `start` on, and before `end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    start: f64,
    end: f64,
    shape: Shape,
}

impl Segment {
    pub(crate) fn new(start: f64, end: f64, shape: Shape) -> Self {
        Self { start, end, shape }
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
        self.shape.first_rate()
    }

    /// The rate that the segment leads to: the limit at its end.
    #[must_use]
    pub fn last_rate(&self) -> f64 {
        self.shape.last_rate()
    }

    /// "hold", "linear" or "cosine".
    #[must_use]
    pub fn shape(&self) -> &'static str {
        self.shape.name()
    }

    /// Writes the rates of steps: those that are `earlier` for the steps before the start, if it is given.
    fn fill<R>(&self, vectors: Vectors, steps: &[f64], earlier: Option<&[f64]>, out: &mut [R])
    where
        R: Float + 'static,
        f64: AsPrimitive<R>,
    {
        let Self { start, end, .. } = *self;
        match self.shape {
            Shape::Hold(kernel) => vectors.run(Fill { start, end, kernel, steps, earlier, out }),
            Shape::Linear(kernel) => vectors.run(Fill { start, end, kernel, steps, earlier, out }),
            Shape::Cosine(kernel) => vectors.run(Fill { start, end, kernel, steps, earlier, out }),
        }
    }
}

/// The loops of [`Segment::fill`], compiled for each kernel: the `match` of the shape stands outside.
struct Fill<'a, K, R> {
    start: f64,
    end: f64,
    kernel: K,
    steps: &'a [f64],
    earlier: Option<&'a [f64]>,
    out: &'a mut [R],
}

impl<K, R> Work for Fill<'_, K, R>
where
    K: Kernel,
    R: Float + 'static,
    f64: AsPrimitive<R>,
{
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { start, end, kernel, steps, earlier, out } = self;
        let rate = |step: f64| kernel.rate(step - start, end - step);
        if let Some(earlier) = earlier {
            for ((out, &step), earlier) in out.iter_mut().zip(steps).zip(earlier) {
                // By bits: the compiler would make branches, and those of random steps cannot be predicted.
                let mask = 0_u64.wrapping_sub(u64::from(step >= start));
                let bits = (rate(step).to_bits() & mask) | (earlier.to_bits() & !mask);
                *out = f64::from_bits(bits).as_();
            }
        } else {
            for (out, &step) in out.iter_mut().zip(steps) {
                *out = rate(step).as_();
            }
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

    /// Pieces of so many steps laid end to end, those of no steps left out; the last rate is held. Each piece leads from one
    /// rate to another by the shape of that name.
    pub(crate) fn lay(pieces: impl IntoIterator<Item = (u64, &'static str, f64, f64)>) -> Self {
        let (mut segments, mut start, mut held) = (Vec::new(), 0_u64, 0.0);
        for (steps, shape, first, last) in pieces {
            held = last;
            if steps > 0 {
                let end = start + steps;
                let shape = if first == last { "hold" } else { shape };
                let shape = Shape::between(shape, first, last, steps as f64)
                    .expect("the names of shapes are ours");
                segments.push(Segment::new(start as f64, end as f64, shape));
                start = end;
            }
        }
        let hold = Shape::between("hold", held, held, f64::INFINITY).expect("the name is ours");
        segments.push(Segment::new(start as f64, f64::INFINITY, hold));
        Self(segments.into())
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
        segment.shape.rate(step - segment.start, segment.end - step)
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
                let inside = if segment.end > greatest {
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
