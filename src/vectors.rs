//! The widest vectors that the processor has, found at run time: one x86-64 build is at its best on all of them.
//!
//! Only the instructions differ, not what they compute: the same additions, multiplications and divisions of 2, 4 or 8
//! numbers at a time, none of them fused. Other processors run what the compiler makes for their baseline, which on
//! aarch64 is NEON.

use num_traits::{AsPrimitive, Float};

use crate::batch;

/// A width of vectors, by the instructions that it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Vectors {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Baseline,
}

impl Vectors {
    /// The widest first.
    pub(crate) const ALL: &[Self] = &[
        #[cfg(target_arch = "x86_64")]
        Self::Avx512,
        #[cfg(target_arch = "x86_64")]
        Self::Avx2,
        Self::Baseline,
    ];

    pub(crate) fn widest() -> Self {
        Self::ALL.iter().copied().find(|vectors| vectors.are_available()).unwrap_or(Self::Baseline)
    }

    pub(crate) fn are_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2"),
            Self::Baseline => true,
        }
    }

    /// `batch::evaluate`, compiled for this width.
    #[allow(unsafe_code)] // the one place: a call of code that not every processor can run
    pub(crate) fn evaluate<R>(
        self,
        value: impl Fn(f64) -> f64,
        steps: impl Iterator<Item = f64>,
        out: &mut [R],
    ) -> bool
    where
        R: Float + 'static,
        f64: AsPrimitive<R>,
    {
        assert!(self.are_available());
        match self {
            // SAFETY: this processor has what the function needs, as was just asserted.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { evaluate_avx512(value, steps, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { evaluate_avx2(value, steps, out) },
            Self::Baseline => batch::evaluate(value, steps, out),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn evaluate_avx512<R>(
    value: impl Fn(f64) -> f64,
    steps: impl Iterator<Item = f64>,
    out: &mut [R],
) -> bool
where
    R: Float + 'static,
    f64: AsPrimitive<R>,
{
    batch::evaluate(value, steps, out)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn evaluate_avx2<R>(
    value: impl Fn(f64) -> f64,
    steps: impl Iterator<Item = f64>,
    out: &mut [R],
) -> bool
where
    R: Float + 'static,
    f64: AsPrimitive<R>,
{
    batch::evaluate(value, steps, out)
}
