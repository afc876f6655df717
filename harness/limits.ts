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
/** From `run` to `started`: the adapter checks the program, and may collect the garbage of earlier ones. */
export const startedMsMax: number = 10_000;
/** From the first events of a run to its `done`: a million events are written and read in half of it. */
export const collectMsMax: number = 30_000;
/** From the end of an adapter's output to its exit; one that only closes its pipes is killed then. */
export const exitMsMax: number = 1_000;
/** From SIGKILL to the end of the last process of the group; longer is a process that the system cannot end. */
export const goneMsMax: number = 5_000;
/** A replacement that does not start is tried so often before the campaign ends: the first process did start. */
export const startAttemptsMax: number = 2;
/** Samples of each kind that calibration asks for: enough for a 99th percentile, done in a tenth of a second. */
export const calibrationSamples: number = 100;
/** Replays that shrinking one schedule may take; measured means are 6-50. */
export const scheduleAttemptsMax: number = 500;
/** Programs that shrinking one program may try, and executions of each. */
export const programAttemptsMax: number = 150;
export const attemptExecutionsMax: number = 300;
/** Generated programs are planned, performed and stopped in blocks: small enough to share out, large enough to amortise. */
export const programsPerBlock: number = 50;
/** Executions on virtual threads between two looks at what else happened: 256 take about a tenth of a second. */
export const executionsPerTurn: number = 256;
/** Runs of one program that may end in a fault before it is given up. */
export const faultsPerProgramMax: number = 3;
/** Real processes: repeats that count how often a safety violation shows, and bounds of shrinking its program. */
export const safetyRepeats: number = 20;
export const shrinkRunsPerProgram: number = 5;
export const shrinkMsMax: number = 30_000;
/** Programs that may hang on an unmet promise before an implementation's campaign ends: each costs a deadline or more. */
export const hangsMax: number = 10;
