//! What the rate does within a segment: a closed set of shapes, a file each, with its kernel and the bound of its error.
//!
//! A shape owns its rates, and is told a step by its distances from both ends of the segment. `python/learnrate/_shapes`
//! has the same files with the same expressions. A new shape is a file, a variant of [`Formula`], and an arm in each `match`
//! here and in [`Segment::fill`](crate::segments::Segment::fill).

mod cosine;
mod exponential;
mod hold;
mod inverse_square_root;
mod inverse_time;
mod linear;
mod polynomial;
mod ratio;
mod rex;
mod sqrt;
mod square;

pub(crate) use cosine::Cosine;
pub(crate) use exponential::Exponential;
pub(crate) use hold::Hold;
pub(crate) use inverse_square_root::InverseSquareRoot;
pub(crate) use inverse_time::InverseTime;
pub(crate) use linear::Linear;
pub(crate) use polynomial::Polynomial;
pub(crate) use rex::Rex;
pub(crate) use sqrt::Sqrt;
pub(crate) use square::Square;

/// The formula of a shape.
///
/// Batches get it as a type with an inlined method, not as a closure, which may be compiled for the baseline alone.
pub(crate) trait Kernel: Copy {
    /// The rate `done` steps after the segment's start and `left` steps before its end. Must be `#[inline(always)]`.
    fn rate(self, done: f64, left: f64) -> f64;
}

/// What the rate does within a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) first: f64,
    pub(crate) last: f64,
    pub(crate) formula: Formula,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Formula {
    Hold(Hold),
    Linear(Linear),
    Cosine(Cosine),
    Rex(Rex),
    Sqrt(Sqrt),
    Square(Square),
    InverseTime(InverseTime),
    InverseSquareRoot(InverseSquareRoot),
    Exponential(Exponential),
    Polynomial(Polynomial),
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
            ("exponential", []) => Formula::Exponential(Exponential::between(first, last, steps)),
            ("exponential", &[decay_rate, period, staircase]) => Formula::Exponential(
                Exponential::endless(first, decay_rate, period, staircase > 0.0),
            ),
            ("polynomial", &[power]) => {
                Formula::Polynomial(Polynomial::between(first, last, steps, power))
            }
            ("polynomial", &[power, period]) => {
                Formula::Polynomial(Polynomial::cycles(first, last, power, period))
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
            Formula::Polynomial(_) => "polynomial",
        }
    }

    #[inline(always)]
    pub(crate) fn rate(&self, done: f64, left: f64) -> f64 {
        match self.formula {
            Formula::Hold(kernel) => kernel.rate(done, left),
            Formula::Linear(kernel) => kernel.rate(done, left),
            Formula::Cosine(kernel) => kernel.rate(done, left),
            Formula::Rex(kernel) => kernel.rate(done, left),
            Formula::Sqrt(kernel) => kernel.rate(done, left),
            Formula::Square(kernel) => kernel.rate(done, left),
            Formula::InverseTime(kernel) => kernel.rate(done, left),
            Formula::InverseSquareRoot(kernel) => kernel.rate(done, left),
            Formula::Exponential(kernel) => kernel.rate(done, left),
            Formula::Polynomial(kernel) => kernel.rate(done, left),
        }
    }
}

/// The smaller number, for which processors have an instruction; `f64::min` also sees to NaN.
#[inline(always)]
fn minimum(one: f64, other: f64) -> f64 {
    if one < other { one } else { other }
}
