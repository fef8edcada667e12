/**
 * The first block of a PEM text with a label, its marks and the line feed behind them included. It
 * is looked for with `indexOf`, so that the time it takes grows with the text and no faster.
 *
 * @param label - for example `CERTIFICATE`
 */
export function pemBlock(text: string, label: string): string | undefined {
  const start = text.indexOf(`-----BEGIN ${label}-----`);
  if (start < 0) return undefined;
  const mark = `-----END ${label}-----\n`;
  const end = text.indexOf(mark, start);
  return end < 0 ? undefined : text.slice(start, end + mark.length);
}
