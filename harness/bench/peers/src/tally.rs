//! What the executions leave behind: counts outside the models, which neither peer sees.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Executions that ended, and those of them that broke the program's claim.
///
/// One thread counts at a time; another may read meanwhile (Loom's search is stopped from outside).
#[derive(Default)]
pub struct Tally {
    executions: AtomicU64,
    failures: AtomicU64,
    first: AtomicU64,
}

/// A tally at one moment. `first` is the index, from 1, of the first failing execution.
pub struct Counts {
    pub executions: u64,
    pub failures: u64,
    pub first: Option<u64>,
}

impl Tally {
    pub fn count(&self, claim_held: bool) {
        let index = self.executions.fetch_add(1, Relaxed) + 1;
        if !claim_held && self.failures.fetch_add(1, Relaxed) == 0 {
            self.first.store(index, Relaxed);
        }
    }

    pub fn read(&self) -> Counts {
        let first = self.first.load(Relaxed);
        Counts {
            executions: self.executions.load(Relaxed),
            failures: self.failures.load(Relaxed),
            first: (first > 0).then_some(first),
        }
    }
}
