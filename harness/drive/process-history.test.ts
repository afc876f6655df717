import { expect, test } from 'vitest';
import type { SentEvent } from '../../spec/message.ts';
import { assembleHistory, type Header } from './process-history.ts';

const HEADER: Header = {
  format: 1,
  implementation: 'i',
  version: '1',
  capabilities: [],
  parameters: {},
  bounds: { B: 5, G: 0 },
};

function mark(seq: number | string, t: number): SentEvent {
  return { seq, t, th: 'M', ev: 'mark', inst: 'main', step: '0', label: String(seq) };
}

function assemble(sent: readonly SentEvent[], t = 0): readonly (readonly [string, number, number])[] {
  const history = assembleHistory(HEADER, sent, { reason: 'done', t });
  if ('code' in history) throw new Error(history.message);
  return history.map((event) => [event.ev === 'mark' ? event.label : event.ev, event.seq, event.t]);
}

test('events come in the order of their stamps, with their gaps, between meta and eot', () => {
  expect(assemble([mark(7, 70), mark(2, 20), mark(5, 50)])).toEqual([
    ['meta', 0, 0],
    ['2', 2, 20],
    ['5', 5, 50],
    ['7', 7, 70],
    ['eot', 8, 70],
  ]);
});

test('eot has the greater of the two times', () => {
  expect(assemble([mark(1, 10)], 99).at(-1)).toEqual(['eot', 2, 99]);
  expect(assemble([mark(1, 10)], 9).at(-1)).toEqual(['eot', 2, 10]);
});

test('stamps beyond 2^53 keep their order and are numbered anew', () => {
  const sent = [mark('90071992547409933', 3), mark('90071992547409932', 2), mark(4, 1)];
  expect(assemble(sent).slice(1, -1)).toEqual([
    ['4', 1, 1],
    ['90071992547409932', 2, 2],
    ['90071992547409933', 3, 3],
  ]);
});

test.each([
  ['small', [mark(3, 0), mark(4, 0), mark(3, 1)]],
  ['large', [mark('90071992547409933', 0), mark('90071992547409933', 1)]],
])('two events with one %s stamp have no order, so there is no history', (_, sent) => {
  expect(assembleHistory(HEADER, sent, { reason: 'done', t: 0 })).toMatchObject({
    code: 'bad-message',
    party: 'adapter',
  });
});

test('a crash has its signal', () => {
  const history = assembleHistory(HEADER, [], { reason: 'crashed', t: 0, signal: 'SIGSEGV' });
  expect(history).toMatchObject([
    { ev: 'meta' },
    { ev: 'eot', seq: 1, reason: 'crashed', signal: 'SIGSEGV', pending: [] },
  ]);
});
