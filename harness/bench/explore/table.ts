/** What a benchmark prints; the first column is text, the others stand right. */
export type Table = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
};

/** A benchmark's tables, and what they were made from. */
export type Result = { readonly tables: readonly Table[]; readonly data: unknown };

export function markdownOf({ title, columns, rows, notes }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = columns.map((_, index) => (index === 0 ? '---' : '--:'));
  const table = [line(columns), `|${rule.join('|')}|`, ...rows.map(line)];
  return [`### ${title}`, '', ...table, ...(notes.length === 0 ? [] : ['', ...notes]), ''].join('\n');
}

/** Three significant digits below a thousand, whole numbers with separators above. */
export function numeral(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
