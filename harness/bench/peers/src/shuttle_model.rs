//! The programs' threads and words as Shuttle's.

use crate::programs::{Futex, Peer, Word};
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};

/// Shuttle's threads, atomics and a futex made of what it offers.
pub struct Shuttle;

impl Peer for Shuttle {
    type Word = AtomicU32;
    type Futex = ShuttleFutex;

    fn run_threads<F: Fn(u32) + Send + Sync + 'static>(count: u32, body: F) {
        let body = Arc::new(body);
        let threads: Vec<_> = (0..count)
            .map(|index| {
                let body = Arc::clone(&body);
                shuttle::thread::spawn(move || body(index))
            })
            .collect();
        for thread in threads {
            thread.join().expect("a thread of the program panicked");
        }
    }

    /// With joins: Shuttle cuts off a thread that nobody can join when the main thread ends.
    fn launch_threads<F: Fn(u32) + Send + Sync + 'static>(count: u32, body: F) {
        Self::run_threads(count, body);
    }
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

/// A futex without extra scheduling points: `wait` has one before it compares and, if it blocked, one when it is
/// scheduled again; `notify` has one. Between two points Shuttle lets no other thread run, so comparing and noting
/// the waiter are one step, and the note itself (of `std`) is no operation of the model.
///
/// A mutex and a condition variable instead would add points to both sides, and `park` may return unasked, which
/// makes the space infinite.
pub struct ShuttleFutex {
    word: AtomicU32,
    waiter: Mutex<Option<Waker>>,
}

impl ShuttleFutex {
    fn lock_waiter(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waiter.lock().expect("never held across a switch")
    }
}

impl Futex for ShuttleFutex {
    fn new(value: u32) -> Self {
        Self {
            word: AtomicU32::new(value),
            waiter: Mutex::new(None),
        }
    }

    fn swap(&self, value: u32) -> u32 {
        self.word.swap(value, SeqCst)
    }

    /// The scheduling point comes from a first poll that wakes itself, not from a load: a task remembers that it was
    /// woken, even when it slept, and `block_on` would take that for a reason not to sleep in the next `wait`.
    fn wait(&self, value: u32) {
        let mut polls = 0;
        block_on(poll_fn(|context| {
            polls += 1;
            if polls == 1 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            // SAFETY: no other thread runs before the next scheduling point, which is where this closure returns.
            let blocks = polls == 2 && unsafe { self.word.raw_load() } == value;
            if blocks {
                *self.lock_waiter() = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        }));
    }

    fn notify(&self) {
        self.word.load(SeqCst); // the scheduling point of a notification; the value does not matter
        let waiter = self.lock_waiter().take();
        if let Some(waker) = waiter {
            waker.wake();
        }
    }
}
