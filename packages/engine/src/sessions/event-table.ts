/** One event of a session. */
export interface EventRow {
  readonly level: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch; unset for events that carry no time. */
  readonly first?: number | undefined;
  readonly last?: number | undefined;
}

/** An event that happened once. */
export const eventRow = (
  level: EventRow['level'],
  reason: string,
  message: string,
  at: number,
): EventRow => ({
  level,
  reason,
  message,
  first: at,
  last: at,
});

const headings = ['TYPE', 'REASON', 'MESSAGE', 'FIRST-TIME', 'LAST-TIME'] as const;

/** A time in whole seconds, as Kubernetes prints it. */
export const instant = (milliseconds: number): string =>
  `${new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().slice(0, 19)}Z`;

const time = (milliseconds: number | undefined) =>
  milliseconds === undefined ? '<nil>' : instant(milliseconds);

/**
 * The reply of `view=events`: a table with columns padded to their longest cell plus three spaces,
 * the last one unpadded (Skaha API).
 *
 * @returns the table with one line feed at its end; `<none>` if there is no event
 */
export function eventTable(events: readonly EventRow[]): string {
  if (events.length === 0) return '<none>\n';
  const rows = [
    [...headings],
    ...events.map((event) => [
      event.level,
      event.reason,
      event.message.replace(/\s+/g, ' '),
      time(event.first),
      time(event.last),
    ]),
  ];
  const widths = headings.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === headings.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 3),
      )
      .join(''),
  );
  return `${lines.join('\n')}\n`;
}
