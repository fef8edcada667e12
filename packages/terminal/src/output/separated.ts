/** A value as CSV (RFC 4180): in quotes where it holds a comma, a quote or a line end. */
const csvCell = (text: string): string =>
  /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const tsvEscapes: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\\': '\\\\',
};

/** A value as TSV: tabs, line ends and backslashes are written with a backslash. */
const tsvCell = (text: string): string =>
  text.replace(/[\t\n\r\\]/g, (character) => tsvEscapes[character] ?? character);

/**
 * Lays rows out with a character between their values.
 *
 * @param header - left out when undefined
 * @returns text in which each row ends in a line end
 */
export function separated(
  format: 'csv' | 'tsv',
  header: readonly string[] | undefined,
  rows: readonly (readonly string[])[],
): string {
  const [between, cell] = format === 'csv' ? [',', csvCell] : ['\t', tsvCell];
  return [...(header === undefined ? [] : [header]), ...rows]
    .map((row) => `${row.map(cell).join(between)}\n`)
    .join('');
}
