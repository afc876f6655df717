//! The programs, written once over what both peers offer. Every operation on a shared word is one operation of the
//! peer; the counting in between touches nothing shared.

use crate::tally::Tally;
use std::sync::Arc;

/// A program of the benchmark.
#[derive(Clone, Copy)]
pub enum Program {
    /// 3 threads, each on the same word: load, store, load, store, load. Claims nothing.
    Counter3x5,
    /// 5 threads, each 10 times on the same word: load, store. Claims nothing.
    Counter5x20,
    /// 3 threads, each once: load, store one more. Claims that the word is 3 in the end, which most schedules break.
    LostUpdate3,
    /// A loop and so many producers of one callback each. Claims nothing; a lost wake-up would be a deadlock.
    LoopOk { producers: u32 },
}

/// What a peer has to offer: threads, words, and a futex on a word.
pub trait Peer: 'static {
    type Word: Word;
    type Futex: Futex;

    /// Runs `body(0)` to `body(count - 1)` as threads of the model, and returns when all have ended.
    fn run_threads<F: Fn(u32) + Send + Sync + 'static>(count: u32, body: F);

    /// The same for programs that look at nothing afterwards: it may return earlier, if the peer ends the execution
    /// only once all threads have ended.
    fn launch_threads<F: Fn(u32) + Send + Sync + 'static>(count: u32, body: F);
}

/// A shared word. Every method but `new` is one operation: one scheduling point.
pub trait Word: Send + Sync + 'static {
    fn new(value: u32) -> Self;
    fn load(&self) -> u32;
    fn store(&self, value: u32);
    fn swap(&self, value: u32) -> u32;
    fn fetch_or(&self, bits: u32) -> u32;
}

/// A word that one thread can wait on.
pub trait Futex: Send + Sync + 'static {
    fn new(value: u32) -> Self;
    fn swap(&self, value: u32) -> u32;
    /// Returns at once if the word is not `value`; else blocks until notified. Comparing and blocking are one step.
    fn wait(&self, value: u32);
    /// Wakes the waiting thread; if none waits, nothing is remembered.
    fn notify(&self);
}

impl Program {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "counter3x5" => Some(Self::Counter3x5),
            "counter5x20" => Some(Self::Counter5x20),
            "lu3" => Some(Self::LostUpdate3),
            "loopOK2" => Some(Self::LoopOk { producers: 2 }),
            "loopOK3" => Some(Self::LoopOk { producers: 3 }),
            _ => None,
        }
    }

    /// Runs the program once, inside the peer's model, and counts the execution.
    pub fn execute<P: Peer>(self, tally: &Tally) {
        let claim_held = match self {
            Self::Counter3x5 => count::<P>(3, 2, true),
            Self::Counter5x20 => count::<P>(5, 10, false),
            Self::LostUpdate3 => lose_update::<P>(3),
            Self::LoopOk { producers } => run_loop::<P>(producers),
        };
        tally.count(claim_held);
    }
}

fn count<P: Peer>(threads: u32, rounds: u32, load_last: bool) -> bool {
    let x = P::Word::new(0);
    P::launch_threads(threads, move |_| {
        for _ in 0..rounds {
            x.store(x.load() + 1);
        }
        if load_last {
            x.load();
        }
    });
    true
}

fn lose_update<P: Peer>(threads: u32) -> bool {
    let x = Arc::new(P::Word::new(0));
    let shared = Arc::clone(&x);
    P::run_threads(threads, move |_| shared.store(shared.load() + 1));
    x.load() == threads
}

/// Thread 0 is the loop, thread `i` the producer of bit `i`. The queue is a set of bits: pushing one and taking all
/// are one operation each.
fn run_loop<P: Peer>(producers: u32) -> bool {
    let word = P::Futex::new(0);
    let queue = P::Word::new(0);
    P::launch_threads(producers + 1, move |thread| {
        if thread > 0 {
            queue.fetch_or(1 << thread);
            if word.swap(1) == 0 {
                word.notify();
            }
            return;
        }
        let mut ran = 0;
        while ran < producers {
            word.swap(0);
            let callbacks = queue.swap(0).count_ones();
            ran += callbacks;
            if callbacks == 0 {
                word.wait(0);
            }
        }
    });
    true
}
