//! The classes of schedules, a file each: fields, rules, and the segments that they stand for.

mod cosine_decay;
mod exponential_decay;
mod functions;
mod inverse_square_root_decay;
mod inverse_time_decay;
mod one_cycle;
mod phases;
mod piecewise_constant_decay;
mod polynomial_decay;

pub use cosine_decay::CosineDecay;
pub use exponential_decay::ExponentialDecay;
pub use functions::WarmupStableDecay;
pub use inverse_square_root_decay::InverseSquareRootDecay;
pub use inverse_time_decay::InverseTimeDecay;
pub use one_cycle::{OneCycle, OneCycleMomentum};
pub use phases::{Phase, PhaseShape, Phases};
pub use piecewise_constant_decay::PiecewiseConstantDecay;
pub use polynomial_decay::PolynomialDecay;

/// A class, by the name that its schedules have where none is given.
pub(crate) trait Named {
    const NAME: &str;
}
