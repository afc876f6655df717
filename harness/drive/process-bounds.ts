import type { Fault } from '../../spec/fault.ts';
import type { Bounds } from '../../spec/history.ts';
import type { Samples } from '../../spec/message.ts';
import type { Json } from '../../spec/program.ts';
import { deadlineBoundsFactor, latenessWakeUpsFactor, undeclaredTimerEarlyNs } from '../limits.ts';

/** Bounds of a machine and an implementation, and what a person should know about them. */
export type Calibration = { readonly bounds: Bounds; readonly notes: readonly string[] };

const NANOS_PER_MS = 1_000_000;

/**
 * B = max(its minimum, 100 × the 99th percentile of a plain wake-up) × scale; the minimum alone where calibration
 * failed, with a note. G = max(declared, the step of the implementation's clock); undeclared: exactly 2 ms. Of the
 * steps the 90th percentile counts: a coarse clock shows its step, or one more, each time; a thread that was
 * interrupted between two readings shows a longer one now and then.
 */
export function boundsOf(
  samples: Samples | Fault,
  parameters: { readonly [name: string]: Json },
  latenessNsMin: number,
  timeScale: number,
): Calibration {
  const declared = parameters['timerEarlyNs'];
  const failure = 'code' in samples ? samples.message : samples.wakeUpNs.length === 0 ? 'it has no samples' : undefined;
  const measured: Samples | undefined = 'code' in samples ? undefined : samples;
  const wakeUpNs = percentile(measured?.wakeUpNs ?? [], 0.99);
  const stepNs = percentile(measured?.clockStepNs ?? [], 0.9);
  const bounds = {
    B: Math.ceil(Math.max(latenessNsMin, latenessWakeUpsFactor * wakeUpNs) * timeScale),
    G: typeof declared === 'number' ? Math.ceil(Math.max(declared, stepNs)) : undeclaredTimerEarlyNs,
  };
  const fallback = `calibration failed (${failure}): work counts as late after ${bounds.B / NANOS_PER_MS} ms`;
  return { bounds, notes: failure === undefined ? [] : [fallback] };
}

/** How long a program may take until crossloop asks whether anything still answers. */
export function deadlineMs(bounds: Bounds): number {
  return (deadlineBoundsFactor * (bounds.B ?? 0)) / NANOS_PER_MS;
}

/** The smallest sample that this share of the samples does not exceed; 0 of none. */
function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
}
