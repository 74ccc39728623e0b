//! Powers of two: what the exponential and the polynomial share. `exp2.py` is its twin.

use super::ratio::product;

/// The natural logarithm of 2, in two parts.
const LN2: [f64; 2] = [std::f64::consts::LN_2, 2.3190468138462996e-17];

/// `((2**r - 1) / r - ln 2) / r`: fitted by `tools/fit_powers.py`.
const Q: [f64; 10] = [
    0.24022650695910097,
    0.05550410866482161,
    0.00961812910760726,
    0.0013333558146410365,
    0.00015403530441332594,
    1.5252733837872927e-05,
    1.3215442759534749e-06,
    1.0178058587405062e-07,
    7.072561071557481e-09,
    4.4555977802291293e-10,
];

/// `2**r - 1` for `-1/2 <= r <= 1/2`, times a number.
///
/// The coefficients are multiplied once, not the result at each step: that is one rounding less.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exp2Less1 {
    c: [f64; 2],
    q: [f64; 10],
}

impl Exp2Less1 {
    /// Times a number, which has two parts.
    pub(super) fn times(number: f64, rest: f64) -> Self {
        let (c0, c0_rest) = product(number, LN2[0]);
        let c = [c0, c0_rest + (number * LN2[1] + rest * LN2[0])];
        Self { c, q: Q.map(|q| number * q) }
    }

    #[inline(always)]
    pub(super) fn at(self, r: f64) -> f64 {
        let Self { c, q } = self;
        // Not one after the other: a processor waits for each product and sum of a chain.
        let r2 = r * r;
        let r4 = r2 * r2;
        let low = (q[0] + q[1] * r) + (q[2] + q[3] * r) * r2;
        let high = ((q[4] + q[5] * r) + (q[6] + q[7] * r) * r2) + (q[8] + q[9] * r) * r4;
        r * (c[0] + (r * (low + high * r4) + c[1]))
    }
}

/// A number of this size has no fraction: the sum with it is rounded to a whole number, which the last bits are.
const MAGIC: f64 = 6755399441055744.0; // 1.5 * 2**52

/// The nearest multiple of a power of two, of less than 2**51 of these.
#[inline(always)]
pub(super) fn near(number: f64, unit: f64) -> f64 {
    let magic = MAGIC * unit;
    (number + magic) - magic
}

/// 2 to a whole power from -1022 to 1023.
#[inline(always)]
fn power_of_2(exponent: f64) -> f64 {
    f64::from_bits((exponent + (MAGIC + 1023.0)).to_bits() << 52)
}

/// A number near 1 times 2 to a whole power. It is rounded once, and only where the product is not normal.
#[inline(always)]
pub(super) fn times_exp2(number: f64, exponent: f64) -> f64 {
    let half = near(exponent * 0.5, 1.0);
    number * power_of_2(half) * power_of_2(exponent - half)
}
