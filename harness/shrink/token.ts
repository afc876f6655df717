import { canonicalJson } from '../../spec/canonical-json.ts';
import type { Program } from '../../spec/program.ts';
import type { ClockMode, Deviation } from '../../spec/result.ts';
import { hash32 } from '../seed.ts';

/**
 * A schedule that fits on a line: `xl1.<hash of the program>.<deviations>`. The implementation is not in it; the
 * printed command carries `--impl`. Numbers are base64url of variable-length integers: clock mode and liberties, then three a
 * deviation (threads are shifted by one, so that "nobody yet" is 0).
 */
const PREFIX = 'xl1';
const CLOCKS: readonly ClockMode[] = ['late', 'explored', 'any'];
const TOKEN = /^xl1\.([0-9a-f]{8})\.([A-Za-z0-9_-]*)$/;

export type Token = {
  readonly hash: string;
  readonly clock: ClockMode;
  /** Waits could return for no reason. */
  readonly spurious: boolean;
  readonly deviations: readonly Deviation[];
};

/** 32 bits of a program's content (its name apart), as 8 hexadecimal digits. */
export function programHash(program: Program): string {
  return hash32(canonicalJson({ ...program, name: '' }))
    .toString(16)
    .padStart(8, '0');
}

/** Of a free program, which is known by its name. */
export function freeProgramHash(name: string): string {
  return hash32(`free program ${name}`).toString(16).padStart(8, '0');
}

export function formatToken({ hash, clock, spurious, deviations }: Token): string {
  const bytes: number[] = [];
  const push = (value: number) => {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  };
  push(CLOCKS.indexOf(clock) + (spurious ? CLOCKS.length : 0));
  for (const { after, operation, to } of deviations) {
    push(after + 1);
    push(operation);
    push(to);
  }
  return `${PREFIX}.${hash}.${Buffer.from(bytes).toString('base64url')}`;
}

/** Reads a token; undefined if it is none, or not one of this version. */
export function parseToken(text: string): Token | undefined {
  const match = TOKEN.exec(text);
  if (match === null) return undefined;
  const values: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of Buffer.from(match[2]!, 'base64url')) {
    value += (byte % 128) * scale;
    scale *= 128;
    if (byte < 128) {
      values.push(value);
      value = 0;
      scale = 1;
    }
  }
  const liberties = values[0] ?? -1;
  const clock = CLOCKS[liberties % CLOCKS.length];
  if (clock === undefined || liberties >= 2 * CLOCKS.length || scale !== 1 || values.length % 3 !== 1) return undefined;
  const deviations: Deviation[] = [];
  for (let at = 1; at < values.length; at += 3) {
    deviations.push({ after: values[at]! - 1, operation: values[at + 1]!, to: values[at + 2]! });
  }
  return { hash: match[1]!, clock, spurious: liberties >= CLOCKS.length, deviations };
}
