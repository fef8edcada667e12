/**
 * A pattern for whole texts: `*` matches any characters, `?` for one. However many stars there
 * are, the time grows with the product of the lengths only.
 *
 * @param pattern - as typed
 * @param options - `caseless` when case does not matter
 */
export function glob(
  pattern: string,
  { caseless = false }: { caseless?: boolean } = {},
): { test(text: string): boolean } {
  const characters = (text: string) => [...(caseless ? text.toLowerCase() : text)];
  const wanted = characters(pattern);
  return { test: (text) => fits(characters(text), wanted) };
}

function fits(text: readonly string[], pattern: readonly string[]): boolean {
  let at = 0;
  let next = 0;
  /** Where to go on when what follows the last star does not fit after all. */
  let retry: { at: number; next: number } | undefined;
  while (at < text.length) {
    if (pattern[next] === '*') {
      next += 1;
      retry = { at, next };
    } else if (pattern[next] === '?' || pattern[next] === text[at]) {
      at += 1;
      next += 1;
    } else if (retry === undefined) return false;
    else {
      retry = { at: retry.at + 1, next: retry.next };
      ({ at, next } = retry);
    }
  }
  return pattern.slice(next).every((character) => character === '*');
}
