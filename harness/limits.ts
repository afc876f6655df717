/** Every wait, queue, loop and file of the harness has its limit here, with the reason. Reaching one is reported. */

/** A generated program in the simulator is a few hundred steps; ten times that means that it does not end. */
export const stepsPerExecutionMax: number = 20_000;
/** Virtual threads: the loop, foreign threads and executor workers; enabled sets are bit masks of 32. */
export const virtualThreadsMax: number = 30;
/** Words and queues that one virtual thread may take; a program of 100 steps takes a few hundred in all. */
export const simulatedCellsPerThread: number = 1 << 12;
export const simulatedPortsPerThread: number = 1 << 10;
/** Protocol: an adapter that starts slower than this is not worth measuring. */
export const readyMsMax: number = 10_000;
export const calibrationMsMax: number = 10_000;
/** Protocol: how long the control thread may take to answer while the loop is wedged. */
export const pongMsMax: number = 1_000;
export const abortMsMax: number = 2_000;
export const terminateMsMax: number = 2_000;
/** Protocol: one line; a longer one is a flood. */
export const lineBytesMax: number = 1 << 20;
/** Protocol: what is kept of an adapter's stderr. */
export const stderrBytesMax: number = 64 * 1024;
/** Bytes and events that one run may send; a program of 120,000 events is 3 MB. */
export const runBytesMax: number = 64 * (1 << 20);
export const runEventsMax: number = 1_000_000;
/** A fresh process after so many programs, so that leaks of one cannot reach far. */
export const programsPerProcessMax: number = 500;
/** Deaths in a row after which an implementation's campaign ends. */
export const deathsInARowMax: number = 10;
/** Confirmation of a liveness violation of a real process. */
export const confirmationsMax: number = 300;
export const confirmationMsMax: number = 60_000;
/** Lower bound of B; below it a scheduler's own pauses would be blamed on the implementation. */
export const latenessNsMin: number = 1_000_000_000;
/** B is this many times the 99th percentile of a plain wake-up between two threads. */
export const latenessWakeUpsFactor: number = 100;
/** A program must end within this many B. */
export const deadlineBoundsFactor: number = 3;
/** How early a timer may be where the adapter does not say: measured 0.85-1.4 ms on libuv's 1 ms clock. */
export const undeclaredTimerEarlyNs: number = 2_000_000;
