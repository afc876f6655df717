/** Every wait, queue, loop and file of the harness has its limit here, with the reason. Reaching one is reported. */

/** A generated program in the simulator is a few hundred steps; ten times that means that it does not end by itself. */
export const unfairStepsMax: number = 2_000;
/** With a fair suffix nine times as long, an execution that is not over then will never be. */
export const stepsPerExecutionMax: number = 20_000;
/** Executions with a fair suffix that look for a livelock where a search met the step cap. */
export const fairExecutions: number = 100;
/** Steps of one thread that count as one repeated cycle at most; longer ones are not told from progress. */
export const cycleStepsMax: number = 200;
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
/** Replays that shrinking one schedule may take, and those that look for its critical pair; measured means are 12-83 and 1-38. */
export const scheduleAttemptsMax: number = 500;
/** Steps of a failing execution, from its end, among which the critical pair is looked for: the search is quadratic. */
export const criticalStepsMax: number = 1_000;
/** Replays that explain a violation, between two looks at what else happened: judging them takes some hundredths of a second. */
export const replaysPerTurn: number = 50;
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
/** Executions of a search between two looks at what else happened: free programs do a million a second, Programs 30,000. */
export const explorationsPerTurn: number = 4_096;
/** Prefixes that a preemption-bounded search remembers: 9 bytes each in a table that is at most half full, 75 MB. */
export const cacheEntriesMax: number = 1 << 22;
/** Subtrees that a search with several workers hands out to each: enough that the last ones to end leave nobody idle. */
export const subtreesPerWorker: number = 16;
/** How deep a search is split at most; deeper, the prefixes cost more than they share out. */
export const splitStepsMax: number = 12;
/** Share of a program's executions that may go to schedules with at most one preemption, before the portfolio. */
export const fewPreemptionsShare: number = 0.05;
/** Executions of a program's search without reduction in an audit; programs with more are drawn anew. */
export const naiveExecutionsMax: number = 200_000;
/** A program's share of executions within which a search of all its interleavings must be expected to stay. */
export const exhaustionShare: number = 0.5;
/** Random dives behind that expectation, under each clock: a tenth of the share at most. */
export const exhaustionDives: number = 200;
/** Random dives behind an estimate of a search's size. */
export const estimateDives: number = 1_000;
/** Executions with reduction beyond which an audit does not even begin without it. */
export const auditedTracesMax: number = 2_000;
