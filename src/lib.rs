//! Learning-rate schedules as immutable values and pure functions of the step.
//!
//! ```
//! use learnrate::{CosineDecay, Schedule};
//!
//! let schedule = Schedule::new(CosineDecay {
//!     alpha: 0.1,
//!     warmup_target: Some(1e-3),
//!     warmup_steps: 10_000.0,
//!     ..CosineDecay::new(0.0, 90_000.0)
//! })?;
//! assert_eq!(schedule.value(5_000)?, 5e-4);
//! assert_eq!(schedule.total_steps(), Some(100_000));
//! assert_eq!(schedule.final_learning_rate(), Some(1e-4));
//!
//! let mut rates = vec![0.0; 100_000];
//! let steps: Vec<u64> = (0..100_000).collect();
//! schedule.fill(&steps, &mut rates)?;
//! assert_eq!(rates[5_000], 5e-4);
//! # Ok::<(), learnrate::Error>(())
//! ```
//!
//! The same steps give the same bits everywhere: one step or a slice, one thread or many, on any processor, and in
//! the Python package of the same name, native or not. Each class has its formula: [`CosineDecay`],
//! [`ExponentialDecay`], [`InverseSquareRootDecay`], [`InverseTimeDecay`], [`Phases`], [`PiecewiseConstantDecay`],
//! [`PolynomialDecay`].
//!
//! # Features
//! - `serde` (default): reads and writes Keras's JSON, floats to the last bit (it turns on `serde_json`'s
//!   `float_roundtrip`).
//! - `rayon` (default): large slices run on several threads, those of rayon's global pool. They do not survive a `fork`: a
//!   child forked from a process that has filled a large slice goes without them; one forked from a process that used
//!   the pool only for other work must not fill large slices.
//! - `python`: the extension module behind the Python package; of no use from Rust.

mod batch;
#[cfg(feature = "serde")]
mod config;
mod error;
mod exact;
mod loops;
#[cfg(feature = "python")]
mod python;
mod rules;
mod schedule;
mod schedules;
mod segments;
mod shapes;
mod vectors;

pub use error::Error;
pub use schedule::{Definition, Schedule};
pub use schedules::{
    CosineDecay, ExponentialDecay, InverseSquareRootDecay, InverseTimeDecay, Phase, PhaseShape,
    Phases, PiecewiseConstantDecay, PolynomialDecay,
};
pub use schedules::{OneCycle, OneCycleMomentum, WarmupStableDecay};
pub use segments::Segment;

/// Runs the README's Rust.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
