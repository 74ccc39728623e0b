//! Many steps at once, for any schedule.

use num_traits::{AsPrimitive, Float};

use crate::error::Error;
use crate::vectors::{Vectors, Work};

/// Steps that are read, and then evaluated by the segments that they meet.
const CHUNK: usize = 512;

/// Steps that have a buffer of their own length.
const SHORT: usize = 128;

/// Steps that one thread takes at a time.
#[cfg(feature = "rayon")]
const TASK: usize = 16 * CHUNK;

/// Steps up to which the caller's own thread does all, for waking another takes 5 µs. On two cores with AVX-512, the
/// slowest case for threads, 32,768 steps take 30 to 38 µs on one and 22 on two (`cargo bench`, with
/// `RAYON_NUM_THREADS` 1 and 2); half as many, with this constant lowered, gained nothing.
#[cfg(feature = "rayon")]
const SERIAL: usize = 32 * CHUNK;

/// Writes the rate at the `i`-th step, the first that `steps(i)` gives, into `out[i]`, or finds the first step that is
/// negative or NaN. `values` writes the rates of at most `CHUNK` steps, of which it is told the least and the greatest.
pub(crate) fn fill<I, R>(
    values: impl Fn(Vectors, &[f64], (f64, f64), &mut [R]) + Sync,
    steps: impl Fn(usize) -> I + Sync,
    out: &mut [R],
) -> Result<(), Error>
where
    I: Iterator<Item = f64>,
    R: Float + Send + 'static,
    f64: AsPrimitive<R>,
{
    let vectors = Vectors::widest();
    // One thread's work: the index of the first bad step. The buffer is as long as a chunk, or as `out`.
    let serial = |first: usize, out: &mut [R], buffer: &mut [f64]| {
        out.chunks_mut(CHUNK).enumerate().find_map(|(i, out)| {
            let first = first + i * CHUNK;
            let buffer = &mut buffer[..out.len()];
            let Some(extremes) = vectors.run(Read { steps: steps(first), buffer }) else {
                return steps(first).position(|step| !is_step(step)).map(|at| first + at);
            };
            values(vectors, buffer, extremes, out);
            None
        })
    };
    let alone = |out: &mut [R]| {
        // Zeros take time, which a short call would feel.
        if out.len() <= SHORT {
            serial(0, out, &mut [0.0; SHORT])
        } else {
            serial(0, out, &mut [0.0; CHUNK])
        }
    };
    #[cfg(feature = "rayon")]
    let bad = if out.len() > SERIAL && may_use_threads() {
        use rayon::prelude::*;

        out.par_chunks_mut(TASK)
            .enumerate()
            .find_map_first(|(i, out)| serial(i * TASK, out, &mut [0.0; CHUNK]))
    } else {
        alone(out)
    };
    #[cfg(not(feature = "rayon"))]
    let bad = alone(out);
    match bad {
        None => Ok(()),
        Some(index) => {
            let step = steps(index).next().unwrap_or(f64::NAN);
            Err(Error::Step { index: Some(index), step })
        }
    }
}

/// Neither negative nor NaN.
fn is_step(step: f64) -> bool {
    step >= 0.0
}

/// Fills the buffer with steps, and finds the least and the greatest; None if any is negative or NaN.
struct Read<'a, I> {
    steps: I,
    buffer: &'a mut [f64],
}

impl<I: Iterator<Item = f64>> Work for Read<'_, I> {
    type Output = Option<(f64, f64)>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        // Floats >= 0 are ordered as their bits are. As integers negative floats are negative, and NaN, of either sign, is
        // negative or above infinity.
        let (mut least, mut greatest) = (i64::MAX, 0);
        for (kept, step) in self.buffer.iter_mut().zip(self.steps) {
            *kept = step + 0.0; // -0.0 is 0.0
            let bits = kept.to_bits().cast_signed();
            least = least.min(bits);
            greatest = greatest.max(bits);
        }
        let of_bits = |bits: i64| f64::from_bits(bits.cast_unsigned());
        (least >= 0 && greatest <= f64::INFINITY.to_bits().cast_signed())
            .then(|| (of_bits(least), of_bits(greatest)))
    }
}

/// Whether this process may hand work to rayon's threads. They do not survive a `fork`, and a forked child that
/// waited for them would wait for ever: so the first process that asks takes them for its own, and its children go
/// without. (Nothing here sees a pool that was started by others before the fork; in Python nobody else has this one.)
#[cfg(feature = "rayon")]
fn may_use_threads() -> bool {
    use std::error::Error;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static OWNER: AtomicU32 = AtomicU32::new(0);
    static STARTED: OnceLock<bool> = OnceLock::new();
    let me = std::process::id();
    let owner = OWNER.compare_exchange(0, me, Ordering::Relaxed, Ordering::Relaxed);
    (owner.is_ok() || owner == Err(me))
        && *STARTED.get_or_init(|| {
            // Where the system gives no thread, one does all. An error without a source: the pool was there already.
            let pool = rayon::ThreadPoolBuilder::new().build_global();
            pool.err().is_none_or(|error| error.source().is_none())
        })
}
