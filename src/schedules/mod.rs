//! The classes of schedules, a file each: fields, rules, and the segments that they stand for.

mod cosine_decay;
mod phases;

pub use cosine_decay::CosineDecay;
pub use phases::{Phase, PhaseShape, Phases};
