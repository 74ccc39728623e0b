//! One rate, held: exact.

use super::{Kernel, Place};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hold {
    pub(super) held: f64,
}

impl Kernel for Hold {
    #[inline(always)]
    fn rate(self, _at: Place) -> f64 {
        self.held
    }
}
