//! Shuttle: its random and its depth-first scheduler, each as its users write it and with forced starts.

use crate::forced::ForcedStarts;
use crate::programs::Program;
use crate::report::{Measurement, Mode, Peer, Variant};
use crate::shuttle_model::Shuttle;
use crate::tally::Tally;
use shuttle::scheduler::{DfsScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Executions between two looks at the clock in a random mode. A batch is below half a second on every program, and
/// making its runner costs less than a hundredth of it. Shuttle's own `max_time` would print a "failing seed".
const BATCH: usize = 2_000;

pub fn random(program: Program, budget: Duration) -> Measurement {
    run_batches(program, budget, Variant::AsWritten, || {
        RandomScheduler::new(BATCH)
    })
}

pub fn random_forced(program: Program, budget: Duration) -> Measurement {
    run_batches(program, budget, Variant::ForcedStarts, || {
        ForcedStarts::new(RandomScheduler::new(BATCH))
    })
}

pub fn exhaustive(program: Program, budget: Duration) -> Measurement {
    search(program, budget, Variant::AsWritten, depth_first())
}

pub fn exhaustive_forced(program: Program, budget: Duration) -> Measurement {
    let scheduler = ForcedStarts::new(depth_first());
    search(program, budget, Variant::ForcedStarts, scheduler)
}

fn depth_first() -> DfsScheduler {
    DfsScheduler::new(None, false)
}

fn quiet() -> Config {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config
}

fn run_batches<S: Scheduler + 'static>(
    program: Program,
    budget: Duration,
    variant: Variant,
    scheduler: impl Fn() -> S,
) -> Measurement {
    let tally = Arc::new(Tally::default());
    let start = Instant::now();
    while start.elapsed() < budget {
        let counted = Arc::clone(&tally);
        Runner::new(scheduler(), quiet()).run(move || program.execute::<Shuttle>(&counted));
    }
    Measurement {
        peer: Peer::Shuttle,
        variant,
        mode: Mode::Random,
        counts: tally.read(),
        elapsed: start.elapsed(),
        complete: false,
    }
}

fn search<S: Scheduler + 'static>(
    program: Program,
    budget: Duration,
    variant: Variant,
    scheduler: S,
) -> Measurement {
    let mut config = quiet();
    config.max_time = Some(budget);
    let tally = Arc::new(Tally::default());
    let counted = Arc::clone(&tally);
    let start = Instant::now();
    Runner::new(scheduler, config).run(move || program.execute::<Shuttle>(&counted));
    let elapsed = start.elapsed();
    Measurement {
        peer: Peer::Shuttle,
        variant,
        mode: Mode::Exhaustive,
        counts: tally.read(),
        elapsed,
        // Shuttle does not say why it stopped, but it stops for the time only once its own, later clock is past it.
        complete: elapsed <= budget,
    }
}
