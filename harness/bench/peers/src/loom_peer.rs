//! Loom: its exhaustive search, which explores one schedule of each class and, for loads, older values too.

use crate::programs::{Futex, Peer, Program, Word};
use crate::report::{self, Measurement, Mode, Variant};
use crate::tally::Tally;
use loom::sync::atomic::{AtomicU32, Ordering::SeqCst};
use loom::thread::{self, JoinHandle, Thread};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

struct Loom;

impl Peer for Loom {
    type Word = AtomicU32;
    type Futex = LoomFutex;

    fn run_threads<F: Fn(u32) + Send + Sync + 'static>(count: u32, body: F) {
        for thread in start_threads(count, body) {
            thread.join().expect("a thread of the program panicked");
        }
    }

    /// Without joins, which Loom would explore as operations: an execution of Loom lasts until all threads have ended.
    fn launch_threads<F: Fn(u32) + Send + Sync + 'static>(count: u32, body: F) {
        start_threads(count, body);
    }
}

/// The main thread runs `body(0)` itself, as in Loom's own examples: a thread less to make, and Loom has 5 at most.
fn start_threads<F: Fn(u32) + Send + Sync + 'static>(count: u32, body: F) -> Vec<JoinHandle<()>> {
    let body = Arc::new(body);
    let threads = (1..count)
        .map(|index| {
            let body = Arc::clone(&body);
            thread::spawn(move || body(index))
        })
        .collect();
    body(0);
    threads
}

impl Word for AtomicU32 {
    fn new(value: u32) -> Self {
        AtomicU32::new(value)
    }
    fn load(&self) -> u32 {
        self.load(SeqCst)
    }
    fn store(&self, value: u32) {
        self.store(value, SeqCst);
    }
    fn swap(&self, value: u32) -> u32 {
        self.swap(value, SeqCst)
    }
    fn fetch_or(&self, bits: u32) -> u32 {
        self.fetch_or(bits, SeqCst)
    }
}

/// A futex without extra scheduling points: `wait` and `notify` have one each, an operation on the word, so that Loom
/// knows that they depend on each other and on the swaps. Between two points Loom lets no other thread run, so
/// comparing and noting the waiter are one step, and the note itself (of `std`) is no operation of the model.
///
/// The operation is a read-modify-write that changes nothing, as a load could see an older value, which a futex never
/// does. `park` returns only when asked, and finds no token, as only a thread noted as waiting is unparked.
struct LoomFutex {
    word: AtomicU32,
    waiter: Mutex<Option<Thread>>,
}

impl LoomFutex {
    fn read_newest(&self) -> u32 {
        self.word.fetch_or(0, SeqCst)
    }
}

impl Futex for LoomFutex {
    fn new(value: u32) -> Self {
        Self {
            word: AtomicU32::new(value),
            waiter: Mutex::new(None),
        }
    }

    fn swap(&self, value: u32) -> u32 {
        self.word.swap(value, SeqCst)
    }

    fn wait(&self, value: u32) {
        if self.read_newest() == value {
            *self.waiter.lock().expect("never held across a switch") = Some(thread::current());
            thread::park();
        }
    }

    fn notify(&self) {
        self.read_newest();
        let waiter = self
            .waiter
            .lock()
            .expect("never held across a switch")
            .take();
        if let Some(thread) = waiter {
            thread.unpark();
        }
    }
}

/// Searches on a thread of its own, as Loom looks at its own time limit only every 20,000 executions. A search that
/// is out of time is left running: the process is about to end.
pub fn exhaustive(program: Program, budget: Duration) -> Measurement {
    let tally = Arc::new(Tally::default());
    let counted = Arc::clone(&tally);
    let (ended, end) = mpsc::channel();
    let start = Instant::now();
    std::thread::spawn(move || {
        loom::model::Builder::new().check(move || program.execute::<Loom>(&counted));
        let _ = ended.send(start.elapsed()); // nobody listens any more if the time was over
    });
    let (elapsed, complete) = match end.recv_timeout(budget) {
        Ok(elapsed) => (elapsed, true),
        Err(RecvTimeoutError::Timeout) => (start.elapsed(), false),
        Err(RecvTimeoutError::Disconnected) => panic!("Loom's search panicked"),
    };
    Measurement {
        peer: report::Peer::Loom,
        variant: Variant::AsWritten,
        mode: Mode::Exhaustive,
        counts: tally.read(),
        elapsed,
        complete,
    }
}
