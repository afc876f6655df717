import * as limits from '../limits.ts';

/** The limits of one driver of a real process. Milliseconds and bytes; `harness/limits.ts` gives the reasons. */
export type ProcessLimits = {
  readonly readyMs: number;
  readonly calibrationMs: number;
  readonly startedMs: number;
  readonly pongMs: number;
  readonly abortMs: number;
  readonly collectMs: number;
  readonly terminateMs: number;
  readonly exitMs: number;
  readonly goneMs: number;
  readonly lineBytes: number;
  readonly stderrBytes: number;
  readonly runBytes: number;
  readonly runEvents: number;
  readonly programsPerProcess: number;
  readonly deathsInARow: number;
  /** Lower bound of B. */
  readonly latenessNs: number;
};

export const PROCESS_LIMITS: ProcessLimits = {
  readyMs: limits.readyMsMax,
  calibrationMs: limits.calibrationMsMax,
  startedMs: limits.startedMsMax,
  pongMs: limits.pongMsMax,
  abortMs: limits.abortMsMax,
  collectMs: limits.collectMsMax,
  terminateMs: limits.terminateMsMax,
  exitMs: limits.exitMsMax,
  goneMs: limits.goneMsMax,
  lineBytes: limits.lineBytesMax,
  stderrBytes: limits.stderrBytesMax,
  runBytes: limits.runBytesMax,
  runEvents: limits.runEventsMax,
  programsPerProcess: limits.programsPerProcessMax,
  deathsInARow: limits.deathsInARowMax,
  latenessNs: limits.latenessNsMin,
};
