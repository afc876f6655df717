//! Shuttle without decisions that decide nothing.

use shuttle::scheduler::{Schedule, Scheduler, Task, TaskId};

const MAIN_TASK: usize = 0;

/// A scheduler that asks `inner` only where a choice can matter.
///
/// The main task, which only starts and joins threads, runs whenever it can. A started thread at once runs up to its
/// first operation: Shuttle offers a choice before an operation, so the piece before the first is a step with nothing
/// in it. `inner` learns of neither step, and uses up no randomness for them.
pub struct ForcedStarts<S> {
    inner: S,
    /// The tasks that ran before in this execution: task `i` is bit `i`.
    started: u64,
}

impl<S> ForcedStarts<S> {
    pub fn new(inner: S) -> Self {
        Self { inner, started: 0 }
    }
}

impl<S: Scheduler> Scheduler for ForcedStarts<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.started = 0;
        self.inner.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        for task in runnable {
            let id = usize::from(task.id());
            let bit = 1 << id;
            if id == MAIN_TASK || self.started & bit == 0 {
                self.started |= bit;
                return Some(task.id());
            }
        }
        self.inner.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }
}
