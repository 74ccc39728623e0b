//! The half-cosine kernel.

/// pi**2 / 4, in two parts.
const C0: f64 = 2.4674011002723395;
const C0_LO: f64 = 1.5663238771849278e-16;
const Q: [f64; 8] = [
    -2.0293560632083842,
    0.6676313844272943,
    -0.11766531517941126,
    0.012903445693875608,
    -0.0009647871369101201,
    5.231890046433558e-05,
    -2.150814802631549e-06,
    6.761507126807494e-08,
];

/// `sin(pi/2 * sqrt(z))**2`, the share of a half cosine that is done at `sqrt(z)` of its length, for `0 <= z <= 1/4`.
#[inline]
pub(crate) fn half_cosine(z: f64) -> f64 {
    let q = Q[..7].iter().rev().fold(Q[7], |sum, &coefficient| sum * z + coefficient);
    z * C0 + z * (z * q + C0_LO)
}
