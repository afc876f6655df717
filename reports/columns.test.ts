import { describe, expect, test } from 'vitest';
import { columnTable } from './columns.ts';
import { CONTROL, counterexample, HOSTILE } from './fixtures/run.ts';

const PERTURBED = { kind: 'perturbation', seed: 1, noise: 1, switchIntervalUs: 5, shown: 1, repeats: 20 } as const;

/** The table of a history on real threads, where short pauses are not shown. */
function table(history: string, changes: Parameters<typeof counterexample>[2] = {}): readonly string[] {
  return columnTable(counterexample('C-1', history, { reproduction: PERTURBED, ...changes }));
}

function marks(count: number): string {
  return Array.from({ length: count }, (_, at) => `M mark m${at + 1}`).join(' ; ');
}

describe('the column table', () => {
  test('gives M and L one column, every other thread its own, the loop first', () => {
    const [head] = table('F1 mark a ; M mark b ; L mark c ; W1 mark d');
    expect(head!.split('│').map((cell) => cell.trim())).toEqual(['L', 'F1', 'W1']);
  });

  test('makes one row of a call that returned before anything else happened', () => {
    expect(table('M inv N newLoop ; M ret N')).toEqual(['      L', '      ────────────', '    1 newLoop → ok']);
  });

  test('makes two rows of a call in which something else happened', () => {
    const rows = table('M inv q query of=f ; F1 mark a ; M ret q v=5').slice(2);
    expect(rows.map((line) => line.slice(0, 5).trim())).toEqual(['1', '2', '3']);
    expect(rows[2]).toContain('└ query: 5');
  });

  test('tells an error from a value', () => {
    expect(table('M inv q result of=f ; M ret q err=CANCELLED').at(-1)).toContain('result(f) → ! CANCELLED');
  });

  test('names what an operation refers to by the body it was given', () => {
    const history = 'M inv a callSoon body=x ; M ret a ; M inv c cancelHandle of=a ; M ret c ; L run a x ; L end a';
    const text = table(history).join('\n');
    expect(text).toContain('cancelHandle(x)');
    expect(text).toContain('■ x: ok');
  });

  test('marks the records of the witness, also where the witness is a return', () => {
    const lines = table('M inv N newLoop ; M ret N ; M mark a ; M mark b', { witness: [2, 4] }).slice(2);
    expect(lines.map((line) => line[0])).toEqual(['»', ' ', '»']);
  });

  test('shows long pauses, and short ones only in virtual time', () => {
    const history = 'M mark a ; @900us M mark b ; @4s M mark c';
    const passing = (lines: readonly string[]) => lines.filter((line) => line.includes('pass'));
    expect(passing(table(history))).toEqual(['      ── 4.00 s pass ──']);
    const schedule = counterexample('C-1', history);
    expect(passing(columnTable(schedule))).toEqual(['      ── 900.0 us pass ──', '      ── 4.00 s pass ──']);
  });

  test('says why another thread went on, and nothing where the thread stayed', () => {
    const switches = [1, 2, 3].map((seq) => ({ seq, reason: `reason ${seq}` }));
    const lines = table('M mark a ; F1 mark b ; F1 mark c', { switches }).slice(2);
    expect(lines.map((line) => /\((reason \d)\)$/.exec(line)?.[1])).toEqual([undefined, 'reason 2', undefined]);
  });

  test('shows sixty rows whole', () => {
    const lines = table(marks(60));
    expect(lines).toHaveLength(62);
    expect(lines.join()).not.toContain('rows');
  });

  test('of more rows shows sixty around the witness and counts the others', () => {
    const lines = table(marks(200), { witness: [100] });
    expect(lines[2]).toBe('      … 49 rows before');
    expect(lines.at(-1)).toBe('      … 91 rows after');
    expect(lines.slice(3, -1)).toHaveLength(60);
    expect(lines.find((line) => line.startsWith('»'))).toContain('m100');
  });

  test('shows each row of a witness that lies far apart, and counts what is between', () => {
    const lines = table(marks(200), { witness: [50, 180] });
    expect(lines.filter((line) => line.startsWith('»')).map((line) => line.match(/m\d+/)?.[0])).toEqual([
      'm50',
      'm180',
    ]);
    expect(lines.filter((line) => line.includes('row'))).toEqual([
      '      … 34 rows before',
      '      … 100 rows between',
      '      … 6 rows after',
    ]);
    expect(lines.filter((line) => line.includes('· m'))).toHaveLength(60);
  });

  test('of a witness of more than sixty rows shows the last sixty, and counts the others', () => {
    const lines = table(marks(200), { witness: Array.from({ length: 100 }, (_, at) => 2 * (at + 1)) });
    expect(lines.filter((line) => line.startsWith('»'))).toHaveLength(60);
    const leftOut = lines.filter((line) => line.includes('row')).map((line) => Number(/\d+/.exec(line)![0]));
    expect(leftOut.reduce((sum, rows) => sum + rows, 0)).toBe(140);
  });

  test('of more rows without a witness shows the last', () => {
    const lines = table(marks(61));
    expect(lines[2]).toBe('      … 1 row before');
    expect(lines.at(-1)).toContain('m61');
  });

  test('cuts wide text so that the columns behind it stay in line', () => {
    const lines = table(`M mark ${'w'.repeat(300)} ; F1 mark a`);
    const bars = lines.slice(2).map((line) => line.indexOf('│'));
    expect(lines[2]).toContain('w… │');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
    expect(new Set(bars).size).toBe(1);
  });

  test('lets no control or bidi character of a mark, an error, a thread or a reason through', () => {
    const [first, ...others] = counterexample('C-1', 'M mark a ; F1 mark b ; M loop stop ; M eot crashed').history;
    const history = [first!, ...others].map((event) => {
      if (event.ev === 'mark') return { ...event, label: HOSTILE, data: HOSTILE };
      return { ...event, th: `T${HOSTILE}`, err: HOSTILE, signal: HOSTILE } as unknown as typeof event;
    });
    const switches = history.map(({ seq }) => ({ seq, reason: HOSTILE }));
    const lines = columnTable({ ...counterexample('C-1'), history, switches });
    expect(lines).toHaveLength(2 + 4 + 3);
    for (const line of lines) expect(line).not.toMatch(CONTROL);
  });
});
