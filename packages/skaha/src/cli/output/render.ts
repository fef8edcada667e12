import type { Io } from '../io.js';

/** Data in all the forms it can be printed in. */
export interface View {
  /** For programs: plain values only, field names are a promise. */
  data: unknown;
  /** For people; ends in a line end unless empty. */
  table: () => string;
  /** Ids, for `-q` and `-o name`. */
  names?: (() => readonly string[]) | undefined;
}

/** A value as JSON with two spaces, ending in a line end. */
export const toJson = (data: unknown): string => `${JSON.stringify(data, null, 2)}\n`;

/** A value as block YAML, ending in a line end. */
export async function toYaml(data: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  // Through JSON, so that both formats decode to equal values.
  return stringify(JSON.parse(JSON.stringify(data)), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

/**
 * Prints data to standard output in the form the user asked for.
 *
 * @param io - where to, and in which form
 * @param view - the data
 */
export async function render(io: Pick<Io, 'out' | 'format'>, view: View): Promise<void> {
  switch (io.format) {
    case 'json':
      return io.out(toJson(view.data));
    case 'yaml':
      return io.out(await toYaml(view.data));
    case 'name':
      return io.out((view.names?.() ?? []).map((name) => `${name}\n`).join(''));
    default:
      return io.out(view.table());
  }
}
