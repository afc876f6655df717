import type { Fault } from '../../spec/fault.ts';
import type { Ready, SentEvent } from '../../spec/message.ts';
import type { Program } from '../../spec/program.ts';
import { calibrationSamples } from '../limits.ts';
import { pendingOf } from './pending.ts';
import type { ProcessOptions } from './process.ts';
import { boundsOf, deadlineMs } from './process-bounds.ts';
import { ProcessFleet } from './process-fleet.ts';
import { assembleHistory, type Header } from './process-history.ts';
import { PROCESS_LIMITS, type ProcessLimits } from './process-limits.ts';
import type { RunOutcome } from './process-run.ts';
import type { AdapterSession, Answer } from './process-session.ts';
import { BLOCKED_LOOP, IDLE_LOOP, SMOKE_PROGRAMS, UNKNOWN_OPERATION } from './smoke-programs.ts';

/** One thing that the protocol asks of an adapter, and whether it does it. */
export type SmokeCheck = {
  readonly check: string;
  readonly passed: boolean;
  /** What was seen. */
  readonly detail: string;
  /** What to do; empty where it passed. */
  readonly hint: string;
};

/** How long a program that never ends is left alone before the adapter is asked to abort it. */
const PATIENCE_MS = 300;

/**
 * Whether an adapter speaks the protocol: what every one must do, once, in the order of its life. Ends early where
 * nothing further can be asked. Judges nothing of the implementation. Takes one to two seconds, three processes.
 */
export async function smoke(options: ProcessOptions): Promise<readonly SmokeCheck[]> {
  const limits = { ...PROCESS_LIMITS, ...options.limits };
  const launch = { command: options.command, env: options.env ?? {}, cwd: options.cwd };
  const fleet = new ProcessFleet(launch, options.suite, limits);
  try {
    return await new Smoke(fleet, limits, options.timeScale ?? 1).perform();
  } finally {
    await fleet.close();
  }
}

class Smoke {
  private readonly fleet: ProcessFleet;
  private readonly limits: ProcessLimits;
  private readonly timeScale: number;
  private readonly checks: SmokeCheck[] = [];

  constructor(fleet: ProcessFleet, limits: ProcessLimits, timeScale: number) {
    this.fleet = fleet;
    this.limits = limits;
    this.timeScale = timeScale;
  }

  async perform(): Promise<readonly SmokeCheck[]> {
    const ready = await this.greet();
    if (ready === undefined) return this.checks;
    const limitMs = await this.calibrate(ready);
    await this.answerNonsense();
    for (const profile of Object.keys(SMOKE_PROGRAMS).filter((name) => ready.capabilities.includes(name))) {
      await this.runProfile(profile, ready, limitMs);
    }
    await this.reject(limitMs);
    await this.leave('stop', (session) => session.stop());
    await this.interrupt('a blocked loop', BLOCKED_LOOP);
    if (ready.capabilities.includes('ON-LOOP')) await this.interrupt('an idle loop', IDLE_LOOP);
    await this.leave('end-of-input', (session) => session.endInput());
    return this.checks;
  }

  private async greet(): Promise<Ready | undefined> {
    const ready = await this.fleet.replace();
    if ('code' in ready) {
      const hasAnswered = ready.code !== 'did-not-start';
      if (hasAnswered) this.pass('start', 'it answered hello');
      this.failWith(hasAnswered ? 'ready' : 'start', ready);
      return undefined;
    }
    const { name, version, runtimeVersion } = ready.implementation;
    this.pass('start', 'it answered hello');
    this.pass('ready', `${name} ${version} on ${runtimeVersion}, ${ready.capabilities.length} capabilities`);
    return ready;
  }

  /** The deadline of a program, in milliseconds. */
  private async calibrate(ready: Ready): Promise<number> {
    const samples = await this.fleet.current.calibrate(calibrationSamples);
    const { bounds, notes } = boundsOf(samples, ready.parameters, this.limits.latenessNs, this.timeScale);
    if (notes.length === 0) this.pass('calibrate', `B = ${bounds.B} ns, G = ${bounds.G} ns`);
    else
      this.fail('calibrate', notes.join(' '), 'Answer calibrate with samples of two threads and a condition variable.');
    if ('code' in samples) await this.fleet.replace();
    return deadlineMs(bounds);
  }

  private async answerNonsense(): Promise<void> {
    const { current } = this.fleet;
    const hint = 'Answer what cannot be read with {"type":"error","re":null,…}, and go on.';
    this.expectError('bad-line', await current.ask(() => 'this is no message', this.limits.pongMs), hint);
    const unknown = (id: number): string => JSON.stringify({ type: 'crossloop-unknown', id });
    const answer = await current.ask(unknown, this.limits.pongMs);
    this.expectError(
      'unknown-message',
      answer,
      'Answer an unknown type with {"type":"error","re":<its id>,…}, and go on.',
    );
  }

  private expectError(check: string, answer: Answer, hint: string): void {
    if (answer.kind === 'message' && answer.message.type === 'error') this.pass(check, `error ${answer.message.code}`);
    else if (answer.kind === 'message') this.fail(check, `it answered "${answer.message.type}"`, hint);
    else if (answer.kind === 'fault') this.failWith(check, answer.fault);
    else this.fail(check, answer.kind === 'exited' ? 'it exited' : 'it did not answer', hint);
  }

  private async runProfile(profile: string, ready: Ready, limitMs: number): Promise<void> {
    const check = `run ${profile}`;
    const declared = new Set(ready.capabilities);
    const programs = SMOKE_PROGRAMS[profile]!.filter(({ needs }) => needs.every((need) => declared.has(need)));
    let outcome: RunOutcome | undefined;
    for (const program of programs) {
      if (!(await this.restart(check))) return;
      outcome = await this.run(program, limitMs);
      if (outcome.kind !== 'rejected') {
        this.judge(check, program, outcome);
        return;
      }
    }
    if (outcome?.kind === 'rejected') {
      const hint = 'Declare the profile only if its core can be performed.';
      this.fail(check, `it rejected "${outcome.operation}": ${outcome.reason}`, hint);
    } else this.pass(check, 'nothing of it can be tried alone: the capability ON-LOOP is not declared');
  }

  private judge(check: string, program: Program, outcome: RunOutcome): void {
    if (outcome.kind === 'fault') this.failWith(check, outcome.fault);
    else if (outcome.kind === 'crashed')
      this.fail(check, `it was ended by ${outcome.signal}`, 'Run it under a debugger.');
    else if (outcome.kind === 'ended') {
      const problem = outcome.done.outcome === 'done' ? problemOf(program, outcome.events) : 'it did not end';
      if (problem === undefined) this.pass(check, `${outcome.events.length} events`);
      else this.fail(check, `${program.name}: ${problem}`, 'Compare the records with section 2 of the contract.');
    }
  }

  private async reject(limitMs: number): Promise<void> {
    if (!(await this.restart('reject'))) return;
    const outcome = await this.run(UNKNOWN_OPERATION, limitMs);
    if (outcome.kind === 'rejected') this.pass('reject', 'a program with an unknown operation is rejected');
    else if (outcome.kind === 'fault') this.failWith('reject', outcome.fault);
    else this.fail('reject', 'a program with an unknown operation was run', 'Check a whole program before it starts.');
  }

  /** A program that never ends: a ping must be answered, then an abort. */
  private async interrupt(what: string, program: Program): Promise<void> {
    const [ping, abort] = [`ping ${what}`, `abort ${what}`];
    if (!(await this.restart(ping))) return;
    const outcome = await this.run(program, PATIENCE_MS);
    if (outcome.kind === 'ended' && outcome.done.outcome === 'deadline') {
      this.pass(ping, 'answered');
      this.pass(abort, `dump of ${outcome.threads.length} threads, ${outcome.events.length} events`);
    } else if (outcome.kind === 'fault') {
      const isDeaf = outcome.isStuck && outcome.fault.party === 'implementation';
      if (outcome.isStuck && !isDeaf) this.pass(ping, 'answered');
      this.failWith(isDeaf || !outcome.isStuck ? ping : abort, outcome.fault);
    } else {
      const hint = 'While a program runs nothing but the program may touch the loop or end it.';
      this.fail(ping, `a program that never ends ${outcome.kind}`, hint);
    }
  }

  private async leave(check: string, end: (session: AdapterSession) => Promise<boolean>): Promise<void> {
    if (!(await this.restart(check))) return;
    if (await end(this.fleet.current)) this.pass(check, 'it exited with code 0');
    else this.fail(check, 'it did not exit with code 0 in time', 'Exit with code 0 at once, also during a run.');
  }

  private run(program: Program, limitMs: number): Promise<RunOutcome> {
    const options = { debug: false, noise: 0, switchIntervalUs: 5_000 };
    return this.fleet.current.run({ program, seed: 1, options }, limitMs);
  }

  /** Sees to it that there is a process to ask; a failed check if not. */
  private async restart(check: string): Promise<boolean> {
    if (this.fleet.current.isUsable) return true;
    const ready = await this.fleet.replace();
    if ('code' in ready) this.failWith(check, ready);
    return !('code' in ready);
  }

  private pass(check: string, detail: string): void {
    this.checks.push({ check, passed: true, detail, hint: '' });
  }

  private fail(check: string, detail: string, hint: string): void {
    this.checks.push({ check, passed: false, detail, hint });
  }

  private failWith(check: string, faulty: Fault): void {
    const stderr = faulty.stderr === undefined ? '' : `\n${faulty.stderr}`;
    this.fail(check, `${faulty.message}${stderr}`, faulty.hint);
  }
}

const HEADER: Header = {
  ...{ format: 1, implementation: '', version: '', capabilities: [], parameters: {} },
  bounds: { B: null, G: 0 },
} as const;

/** What is wrong with the records of a tiny program in which nothing fails; undefined = nothing. */
function problemOf(program: Program, sent: readonly SentEvent[]): string | undefined {
  const history = assembleHistory(HEADER, sent, { reason: 'done', t: 0 });
  if ('code' in history) return history.message;
  const failed = history.find((event) => 'err' in event && event.err !== undefined);
  if (failed !== undefined) return `a record carries an error: ${JSON.stringify(failed)}`;
  const [pending] = pendingOf(history);
  if (pending !== undefined) return `${JSON.stringify(pending)} was begun and not ended`;
  const operations = history.filter((event) => event.ev === 'inv' && event.inst === 'main').length;
  if (operations !== program.main.length) return `main has ${program.main.length} steps, ${operations} were recorded`;
  const bodies = new Set(history.map((event) => (event.ev === 'run' ? event.body : undefined)));
  const missing = Object.keys(program.bodies).find((name) => !bodies.has(name));
  return missing === undefined ? undefined : `the body "${missing}" has no run record`;
}
