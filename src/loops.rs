//! The loops over steps, compiled for each kernel and each width of vectors.

use num_traits::{AsPrimitive, Float};

use crate::shapes::{Kernel, Place};
use crate::vectors::{Vectors, Work};

/// What is evaluated: the steps of a segment, and the rates of those that are earlier, if there are any.
pub(crate) struct Loops<'a, R> {
    /// Its start.
    pub(crate) first: Place,
    pub(crate) steps: &'a [f64],
    pub(crate) earlier: Option<&'a [f64]>,
    pub(crate) out: &'a mut [R],
}

impl<R> Loops<'_, R>
where
    R: Float + 'static,
    f64: AsPrimitive<R>,
{
    pub(crate) fn run<K: Kernel>(self, vectors: Vectors, kernel: K) {
        vectors.run(Fill { kernel, loops: self });
    }
}

/// The loops compiled for each kernel: the `match` of the shape stands outside.
struct Fill<'a, K, R> {
    kernel: K,
    loops: Loops<'a, R>,
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
        let Self { kernel, loops: Loops { first, steps, earlier, out } } = self;
        let rate = |step: f64| kernel.rate(Place { step, ..first });
        if let Some(earlier) = earlier {
            for ((out, &step), earlier) in out.iter_mut().zip(steps).zip(earlier) {
                // By bits: the compiler would make branches, and those of random steps cannot be predicted.
                let mask = 0_u64.wrapping_sub(u64::from(step >= first.start));
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
