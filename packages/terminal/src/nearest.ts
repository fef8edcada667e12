/** Number of single-character edits, swaps of neighbours included, from one text to the other. */
function distance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    rows.push(current);
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(
        at(row - 1, column) + 1,
        (current[column - 1] ?? 0) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) best = Math.min(best, at(row - 2, column - 2) + 1);
      current.push(best);
    }
  }
  return at(from.length, to.length);
}

/**
 * Finds what was probably meant.
 *
 * @param given - what was typed
 * @param candidates - what would have been right
 * @returns the closest candidate, or undefined when none is close enough to be likely
 */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  const wanted = given.toLowerCase();
  let best: { candidate: string; edits: number } | undefined;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, other.length) * 0.4));
    const isBeginning = wanted.length > 2 && other.startsWith(wanted);
    // Every missing character is an edit: what differs much in length need not be compared.
    if (!isBeginning && Math.abs(wanted.length - other.length) > limit) continue;
    const edits = isBeginning ? 1 : distance(wanted, other);
    if (edits <= limit && (best === undefined || edits < best.edits)) best = { candidate, edits };
  }
  return best?.candidate;
}

/**
 * Asks whether something else was meant.
 *
 * @param given - what was typed
 * @param candidates - what would have been right
 * @param more - what to say after that, or alone where no candidate is close
 */
export function didYouMean<const More extends string | undefined = undefined>(
  given: string,
  candidates: Iterable<string>,
  more?: More,
): string | More {
  const guess = nearest(given, candidates);
  if (guess === undefined) return more as More;
  return `Did you mean '${guess}'?${more === undefined ? '' : ` ${more}`}`;
}
