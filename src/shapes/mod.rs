//! What the rate does within a segment: a closed set of shapes, a file each, with its kernel and the bound of its error.
//!
//! A shape owns its rates, and is told a step by its distances from both ends of the segment. `python/learnrate/_shapes`
//! has the same files with the same expressions. A new shape is a file, a variant of [`Formula`], and an arm in each `match`
//! here and in [`Segment::fill`](crate::segments::Segment::fill).

mod cosine;
mod exp2;
mod exponential;
mod hold;
mod inverse_square_root;
mod inverse_time;
mod linear;
mod log2;
mod polynomial;
mod ratio;
mod rex;
mod sqrt;
mod square;

pub(crate) use cosine::Cosine;
pub(crate) use exponential::{Between, Exponential};
pub(crate) use hold::Hold;
pub(crate) use inverse_square_root::InverseSquareRoot;
pub(crate) use inverse_time::InverseTime;
pub(crate) use linear::Linear;
pub(crate) use polynomial::{Cycles, Polynomial};
pub(crate) use rex::Rex;
pub(crate) use sqrt::Sqrt;
pub(crate) use square::Square;

/// The formula of a shape.
///
/// Batches get it as a type with an inlined method, not as a closure, which may be compiled for the baseline alone.
pub(crate) trait Kernel: Copy {
    /// The rate at a step of the segment. Must be `#[inline(always)]`.
    fn rate(self, at: Place) -> f64;
}

/// A step of a segment, by its distances from both ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) step: f64,
    pub(crate) start: f64,
    pub(crate) end: f64,
    /// Whether both are whole.
    pub(crate) whole: bool,
}

impl Place {
    #[inline(always)]
    fn done(self) -> f64 {
        self.step - self.start
    }

    #[inline(always)]
    fn left(self) -> f64 {
        self.end - self.step
    }

    /// What is missing of `done` and of `left`, exactly; that of `done` is 0 where both joints are whole.
    ///
    /// A distance is rounded. Else, steps count from the nearer joint: what is left is the length less what is done, or the
    /// other way round, and the length was rounded.
    #[inline(always)]
    fn rests(self) -> (f64, f64) {
        let (done, left) = (self.done(), self.left());
        if self.whole {
            return (0.0, (self.end - left) - self.step);
        }
        let length = self.end - self.start;
        let most = length - left;
        let missing = (most - done) + ((length - most) - left);
        let lost = (minimum(self.step, f64::MAX) - minimum(done, f64::MAX)) - self.start;
        // Which joint is nearer, by what rounding leaves too.
        let lost_of_left = (self.end - left) - self.step;
        if left - done < lost - lost_of_left { (missing, 0.0) } else { (lost, missing - lost) }
    }
}

/// What the rate does within a segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) first: f64,
    pub(crate) last: f64,
    pub(crate) formula: Formula,
}

/// Those of many constants have a place of their own, so that a thousand segments that are searched are not large.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Formula {
    Hold(Hold),
    Linear(Linear),
    Cosine(Cosine),
    Rex(Rex),
    Sqrt(Sqrt),
    Square(Square),
    InverseTime(InverseTime),
    InverseSquareRoot(InverseSquareRoot),
    Exponential(Box<Exponential>),
    Polynomial(Box<Polynomial>),
    Cycles(Box<Cycles>),
}

impl Shape {
    /// The shape of this name that leads from one rate to another in so many steps; None if there is none. What has no end
    /// leads to its limit, by parameters.
    pub(crate) fn between(
        name: &str,
        first: f64,
        last: f64,
        steps: f64,
        parameters: &[f64],
    ) -> Option<Self> {
        let formula = match (name, parameters) {
            ("hold", []) => Formula::Hold(Hold { held: first }),
            ("linear", []) => Formula::Linear(Linear::between(first, last, steps)),
            ("cosine", []) => Formula::Cosine(Cosine::between(first, last, steps)),
            ("rex", []) => Formula::Rex(Rex::between(first, last, steps)),
            ("sqrt", []) => Formula::Sqrt(Sqrt::between(first, last, steps)),
            ("square", []) => Formula::Square(Square::between(first, last, steps)),
            ("inverse_time", []) => Formula::InverseTime(InverseTime::between(first, last, steps)),
            ("inverse_time", &[decay_rate, period, staircase]) => Formula::InverseTime(
                InverseTime::endless(first, decay_rate, period, staircase > 0.0),
            ),
            ("inverse_square_root", &[timescale]) => {
                Formula::InverseSquareRoot(InverseSquareRoot { first, timescale })
            }
            ("exponential", []) => {
                Formula::Exponential(Box::new(Exponential::between(first, last, steps)))
            }
            ("exponential", &[decay_rate, period, staircase]) => Formula::Exponential(Box::new(
                Exponential::endless(first, last, decay_rate, period, staircase > 0.0),
            )),
            ("polynomial", &[power]) => {
                Formula::Polynomial(Box::new(Polynomial::between(first, last, steps, power)))
            }
            ("polynomial", &[power, period]) => {
                Formula::Cycles(Box::new(Cycles::new(first, last, power, period)))
            }
            _ => return None,
        };
        Some(Self { first, last, formula })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.formula {
            Formula::Hold(_) => "hold",
            Formula::Linear(_) => "linear",
            Formula::Cosine(_) => "cosine",
            Formula::Rex(_) => "rex",
            Formula::Sqrt(_) => "sqrt",
            Formula::Square(_) => "square",
            Formula::InverseTime(_) => "inverse_time",
            Formula::InverseSquareRoot(_) => "inverse_square_root",
            Formula::Exponential(_) => "exponential",
            Formula::Polynomial(_) | Formula::Cycles(_) => "polynomial",
        }
    }

    #[inline(always)]
    pub(crate) fn rate(&self, at: Place) -> f64 {
        match &self.formula {
            Formula::Hold(kernel) => kernel.rate(at),
            Formula::Linear(kernel) => kernel.rate(at),
            Formula::Cosine(kernel) => kernel.rate(at),
            Formula::Rex(kernel) => kernel.rate(at),
            Formula::Sqrt(kernel) => kernel.rate(at),
            Formula::Square(kernel) => kernel.rate(at),
            Formula::InverseTime(kernel) => kernel.rate(at),
            Formula::InverseSquareRoot(kernel) => kernel.rate(at),
            Formula::Exponential(kernel) if at.whole => (**kernel).rate(at),
            Formula::Exponential(kernel) => Between(**kernel).rate(at),
            Formula::Polynomial(kernel) => (**kernel).rate(at),
            Formula::Cycles(kernel) => (**kernel).rate(at),
        }
    }
}

/// 2**53: where stairs and cycles are counted, later steps count as this one.
const MAX_STEPS: f64 = 9007199254740992.0;

/// The larger number.
#[inline(always)]
fn maximum(one: f64, other: f64) -> f64 {
    if one > other { one } else { other }
}

/// The smaller number, for which processors have an instruction; `f64::min` also sees to NaN.
#[inline(always)]
fn minimum(one: f64, other: f64) -> f64 {
    if one < other { one } else { other }
}
