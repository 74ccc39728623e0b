//! The promise: large slices run on the threads of rayon's global pool, also on one that the program has made for itself;
//! others run on the caller's own thread.
#![cfg(feature = "rayon")]

use std::thread::{self, ThreadId};

use learnrate::{CosineDecay, Schedule};
use num_traits::AsPrimitive;

/// A step that is 0 on the thread that made it, and 1 on any other.
#[derive(Clone, Copy)]
struct Spy(ThreadId);

impl AsPrimitive<f64> for Spy {
    fn as_(self) -> f64 {
        f64::from(thread::current().id() != self.0)
    }
}

#[test]
fn threads_are_used_for_large_slices_and_for_no_others() {
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global().unwrap();
    let schedule = Schedule::new(CosineDecay::new(1.0, 2.0)).unwrap();
    for (length, rate) in [(1, 1.0), (16_384, 1.0), (16_385, 0.5), (200_000, 0.5), (7, 1.0)] {
        let mut rates = vec![f64::NAN; length];
        schedule.fill(&vec![Spy(thread::current().id()); length], &mut rates).unwrap();
        assert!(rates.iter().all(|&each| each == rate), "{length} steps");
    }
}
