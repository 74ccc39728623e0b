//! The widest vectors that the processor has, found at run time: one x86-64 build is at its best on all of them.
//!
//! Only the instructions differ, not what they compute: the same additions, multiplications and divisions of 2, 4 or 8
//! numbers at a time, none of them fused. Other processors run what the compiler makes for their baseline, which on
//! aarch64 is NEON.

/// A width of vectors, by the instructions that it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Vectors {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Baseline,
}

/// A loop over many numbers. `run` must be `#[inline(always)]`: it becomes part of a function for each width.
pub(crate) trait Work {
    type Output;

    fn run(self) -> Self::Output;
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

    /// Does the work with vectors of this width.
    #[allow(unsafe_code)] // the one place: a call of code that not every processor can run
    pub(crate) fn run<W: Work>(self, work: W) -> W::Output {
        assert!(self.are_available());
        match self {
            // SAFETY: this processor has what the function needs, as was just asserted.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { run_avx512(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { run_avx2(work) },
            Self::Baseline => work.run(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn run_avx512<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}
