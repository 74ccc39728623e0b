//! One rate, held: exact.

use super::Kernel;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hold {
    pub(super) held: f64,
}

impl Kernel for Hold {
    #[inline(always)]
    fn rate(self, _done: f64, _left: f64) -> f64 {
        self.held
    }
}
