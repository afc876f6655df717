/** Marks, embeddings, overrides and isolates that turn the direction of text, and separators that break lines. */
const REORDERING = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** Names and messages come from adapters, which lie: nothing of them may reach a terminal or a page as control code. */
export function plain(text: string): string {
  let clean = '';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const isControl = code < 32 || (code >= 127 && code < 160) || REORDERING.test(character);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    clean += isControl || isSurrogate ? '�' : character;
  }
  return clean;
}

/** At most so many characters; what is cut shows as an ellipsis. */
export function padTo(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}

/** A cell of a Markdown table: no text of it ends the cell, becomes HTML, or fetches an image. */
export function cell(text: string): string {
  return plain(text)
    .replace(/[\\|[]/g, '\\$&')
    .replaceAll('<', '&lt;');
}

/** `1,234,567`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
