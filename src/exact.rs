//! Sums of counts, exact: as whole numbers of 2**-72 steps, for counts may be fractional. `_exact.py` has the same.

const PLACES: i32 = 72;

/// The least fractional count, 2**-20: every float64 from here on is a multiple of 2**-72.
pub(crate) const SHORTEST: f64 = 1.0 / 1048576.0;

/// A sum of counts that are 0, or from [`SHORTEST`] to 2**53; of 2**54 at most, to fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub(crate) struct Sum(u128);

impl Sum {
    pub(crate) fn of(counts: impl IntoIterator<Item = f64>) -> Self {
        counts.into_iter().fold(Self::default(), Self::plus)
    }

    #[must_use]
    pub(crate) fn plus(self, count: f64) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // whole, from 0 to 2**125
        Self(self.0 + (count * 2_f64.powi(PLACES)) as u128)
    }

    /// In steps, rounded once.
    pub(crate) fn steps(self) -> f64 {
        self.0 as f64 / 2_f64.powi(PLACES)
    }

    /// In steps, as Python spells the number.
    pub(crate) fn text(self) -> String {
        let whole = self.0 >> PLACES;
        if whole << PLACES == self.0 {
            whole.to_string()
        } else {
            let rounded = crate::error::python_number(self.steps());
            if self.0 >> PLACES == 1 << 53 { format!("more than {rounded}") } else { rounded }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SHORTEST, Sum};

    #[test]
    fn sums_are_exact_and_rounded_once() {
        assert_eq!(Sum::of([]).steps(), 0.0);
        assert_eq!(Sum::of([0.1; 10]).steps(), 1.0); // one by one in f64: 0.9999999999999999
        assert_eq!(Sum::of([4218.75, SHORTEST, 0.5]).steps(), 4219.25 + SHORTEST);
        let long = (1_u64 << 53) as f64;
        assert_eq!(Sum::of([long, 1.0]).text(), "9007199254740993");
        assert_eq!(Sum::of([long - 2.0, 1.5]).steps(), long); // half of a step up: to even
        assert_eq!(Sum::of([1e15, 0.1, 0.1, 0.1]).steps(), 1e15 + 0.25); // one by one: 1e15 + 0.375
        assert!(Sum::of([long, SHORTEST]) > Sum::of([long]));
        assert_eq!(Sum::of([1.5, 0.25]).text(), "1.75");
    }
}
