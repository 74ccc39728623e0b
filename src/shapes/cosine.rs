//! Half a cosine: `first + (last - first) * (1 - cos(pi * u)) / 2`, where `u` is the share of the segment's steps that are
//! done.
//!
//! The curve is measured from the nearer end, so both ends are met exactly, and a rate that comes close to zero there
//! keeps its digits. The kernel is `h(z) = sin(pi/2 * sqrt(z))**2`: how far a half cosine has fallen, as a share of its
//! height, at the fraction `sqrt(z)` of its length.
//!
//! A platform's `cos` differs from one to the next, and `1 + cos` cancels where a decay ends. This kernel needs only
//! `+` and `*`, which IEEE 754 defines to the last bit, and is relatively exact down to `z = 0`:
//!
//! ```text
//! h(z) = z * (C0 + (z*Q(z) + C0_LO))        0 <= z <= 1/4
//! ```
//!
//! `C0 + C0_LO` is pi**2 / 4 in two parts, since the rounding of one alone would cost an ULP. `Q` has 8 coefficients,
//! fitted by `tools/fit_half_cosine.py` so that the polynomial is within 3.3e-19 of `h`. Multiplications and additions
//! are never fused: Rust does so only where it is asked to.
//!
//! # The error of a rate
//! In ULP, the spacing of float64 at the computed or the exact rate, whichever is larger, at worst (the script computes
//! the maxima over `z`):
//!
//! ```text
//!                                    alpha <= 10    any alpha
//! whole steps, T <= 2**26               4.52           5.31
//! fractional steps, T <= 2**26          5.41           6.09
//! T > 2**26                             6.28           6.88
//! joints between whole steps            8.25           8.86
//! ```
//!
//! Why, with `u = 2**-53`, `m_x` in [1, 2) the significand of `x`, so that rounding `x` costs at most `u / m_x` of it,
//! and `F = peak*alpha`, `S = |F - peak|`:
//!
//! - `n`, the distance from the nearer joint, is exact where both joints are whole: for a fractional step because
//!   `n <= step` and both are multiples of the step's ULP. Elsewhere `n` is rounded, which its square doubles. Up to `T = 2**26`, `n*n` and `T*T` are exact at whole steps, and `z = n*n / (T*T)`
//!   is rounded once: `1/m_z`. A fractional `n*n` adds 1; beyond 2**26 `n*n` and `T*T` add
//!   `max(1 + 1/m_z, 1 + m_z/2)`, as their significands are tied by `m_z`. All this reaches `h` damped by
//!   `z*h'/h = x*cot(x) <= 1`, `x = pi/2 * sqrt(z)`.
//! - `C0 + ...` lies between 2 and `C0` and is rounded once, `h` once more; the rounding inside `z*Q + C0_LO` adds at
//!   most about 0.5, near `z = 1/4`, and less in proportion to `z` below. `g(z)` is the sum: the relative error of `h`,
//!   in `u`.
//! - The final product and sum cost half an ULP each. What else, times `m_v/2`, is in ULP of the rate `v`:
//!   - Lower half, alpha <= 1: `v = F + S*h`. With `m_S*m_h = m_v < 2` the rounding of `S` costs `m_h/2` and that of
//!     `h` less than `g`. (If `F > 0`, its rounding costs at most `F/v` half ULPs, but
//!     the errors of `S*h` shrink by the same share `F/v`; since `g >= 1`, `F = 0` is the worst case.) The
//!     bound is `1 + m_h/2 + g`: a large `m_h` excludes a large `m_S`, which a plain count of roundings misses.
//!   - Upper half, alpha > 1: `v = peak + S*h`. `F` is rounded at the scale of `S`, which costs `m_h/2` once more:
//!     `1 + m_h + g`. For alpha <= 10, `F*h <= v / (1 + (1-h)/(10h))` brings it down again.
//!   - The other two halves subtract: `v >= (1-h) * max(peak, F)` and `h <= 1/2`. The final two roundings cost 1, those
//!     of `F` and `S` together 1, that of `h` `g*h / (1-h)`. The bound is `2 + g*h / (1-h)`.
//! - Subnormal rates: sums are exact, the product and `F` are off by half of 2**-1074 at most. Just above 2**-1022 the
//!   bounds grow by less than 1/4, and hold below. A subnormal `z` loses digits, so they leave out fractional steps
//!   within `T * 2**-511` of a rate of 0.
//!
//! # Why a decay never rises (alpha <= 1, whole steps)
//! Rounding is monotone, so only the sum `C0 + (z*Q + C0_LO)`, which falls as `z` grows, can work against it. It falls
//! by a step of its grid, 2**-51, at most 2**-52 of it, at a time; `z` grows by at least 2 ULP from one whole step to
//! the next where that matters, because `n*n` does (`n < T/2 <= 2**52`). Where the halves meet, `h(1/4)` is exactly 1/2
//! and `h` is below 1/2 before it (the script asserts both), so the upper half has fallen by at most half of `S`,
//! rounded down, when the lower half starts.
//!
//! A rise never turns in up to 2**49 steps, as a line does not: each half is monotone as above, and from one half to the
//! other the exact curve moves by `S * pi/(2*T)`, more than what the roundings of `S`, `h` and the products come to.

use super::{Kernel, Place, minimum};

const C0: f64 = 2.4674011002723395;
const C0_LO: f64 = 1.5663238771849278e-16;
const Q: [f64; 8] = [
    -2.0293560632083842,
    0.6676313844273016,
    -0.11766531517955915,
    0.01290344569531724,
    -0.0009647871440112267,
    5.231891613690162e-05,
    -2.1508199274225875e-06,
    6.759392392878206e-08,
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cosine {
    first: f64,
    last: f64,
    span: f64,
    square: f64,
}

impl Cosine {
    pub(super) fn between(first: f64, last: f64, steps: f64) -> Self {
        Self { first, last, span: last - first, square: steps * steps }
    }
}

impl Kernel for Cosine {
    #[inline(always)]
    fn rate(self, at: Place) -> f64 {
        let (done, left) = (at.done(), at.left());
        let near = minimum(done, left);
        let (joint, span) =
            if done < left { (self.first, self.span) } else { (self.last, -self.span) };
        joint + span * half_cosine(near * near / self.square)
    }
}

/// `sin(pi/2 * sqrt(z))**2` for `0 <= z <= 1/4`.
#[inline(always)]
fn half_cosine(z: f64) -> f64 {
    let q = Q[..7].iter().rev().fold(Q[7], |q, &coefficient| q * z + coefficient);
    z * (C0 + (z * q + C0_LO))
}
