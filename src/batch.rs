//! Many steps at once, for any schedule.

use num_traits::{AsPrimitive, Float};

use crate::error::Error;

/// Steps that are converted, checked and evaluated together: 4 KiB, less than any first-level cache holds.
const BLOCK: usize = 512;

/// Steps that one thread takes at a time; no more than these run on the caller's own thread.
#[cfg(feature = "rayon")]
const TASK: usize = 64 * BLOCK;

/// Writes `value(steps[i])` into `out[i]`, or finds the first step that is negative or NaN.
pub(crate) fn fill<S, R>(
    value: impl Fn(f64) -> f64 + Sync,
    steps: &[S],
    out: &mut [R],
) -> Result<(), Error>
where
    S: AsPrimitive<f64> + Sync,
    R: Float + Send + 'static,
    f64: AsPrimitive<R>,
{
    if steps.len() != out.len() {
        return Err(Error::Length { steps: steps.len(), out: out.len() });
    }
    #[cfg(feature = "rayon")]
    if steps.len() > TASK && may_use_threads() {
        use rayon::prelude::*;

        let tasks = steps.par_chunks(TASK).zip(out.par_chunks_mut(TASK)).enumerate();
        let bad =
            tasks.find_map_first(|(i, (steps, out))| Some(i * TASK + serial(&value, steps, out)?));
        return bad.map_or(Ok(()), |index| Err(step_error(index, steps)));
    }
    serial(&value, steps, out).map_or(Ok(()), |index| Err(step_error(index, steps)))
}

fn step_error<S: AsPrimitive<f64>>(index: usize, steps: &[S]) -> Error {
    Error::Step { index: Some(index), step: steps[index].as_() }
}

/// Neither negative nor NaN.
fn is_step(step: f64) -> bool {
    step >= 0.0
}

/// One thread's work. Returns the index of the first bad step.
fn serial<S, R>(value: impl Fn(f64) -> f64, steps: &[S], out: &mut [R]) -> Option<usize>
where
    S: AsPrimitive<f64>,
    R: Float + 'static,
    f64: AsPrimitive<R>,
{
    let mut block = [0.0; BLOCK];
    for (i, (steps, out)) in steps.chunks(BLOCK).zip(out.chunks_mut(BLOCK)).enumerate() {
        let block = &mut block[..steps.len()];
        let mut good = true;
        for (b, step) in block.iter_mut().zip(steps) {
            *b = step.as_();
            good &= is_step(*b);
        }
        if !good {
            let bad = block.iter().position(|&step| !is_step(step));
            return bad.map(|at| i * BLOCK + at);
        }
        for step in block.iter_mut() {
            *step = value(*step);
        }
        for (out, rate) in out.iter_mut().zip(block) {
            *out = rate.as_();
        }
    }
    None
}

/// Whether this process may hand work to rayon's threads. They do not survive a `fork`, and a forked child that
/// waited for them would wait for ever: so the first process that asks takes them for its own, and its children go
/// without. (Nothing here sees a pool that was started by others before the fork; in Python nobody else has this one.)
#[cfg(feature = "rayon")]
fn may_use_threads() -> bool {
    use std::sync::atomic::{AtomicU32, Ordering};

    static OWNER: AtomicU32 = AtomicU32::new(0);
    let me = std::process::id();
    match OWNER.compare_exchange(0, me, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => true,
        Err(owner) => owner == me,
    }
}
