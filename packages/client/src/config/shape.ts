import { isRecord } from '@skaha/base/record.js';

/** One thing that is wrong with a configuration, and where. Never holds a value from the file. */
export interface Problem {
  path: Path;
  message: string;
}

type Path = readonly (string | number)[];

/**
 * What a value of the configuration file must look like. Not a schema of the library that reads the
 * answers of servers: every command reads the file, and that library takes longer to load than the
 * rest of a short command.
 */
export interface Shape<Value, Optional extends boolean = boolean> {
  /**
   * Checks a value. Adds to `problems` what is wrong with it; the result means nothing then.
   * Otherwise returns it, with the keys that it must or may have first, and then all others.
   */
  read(value: unknown, path: Path, problems: Problem[]): Value | undefined;
  /** Whether it may be left out of its map. */
  optional: Optional;
  /** What a map may contain, by key. */
  keys?: Readonly<Record<string, Shape<unknown>>>;
  /** What every entry of a map must be whose keys the user chooses, or every item of a list. */
  each?: Shape<unknown>;
}

/** The shapes of the keys of a map; the compiler asks for exactly those of its type. */
type Fields<Entry> = {
  readonly [Key in keyof Entry as string extends Key ? never : Key]-?: undefined extends Entry[Key]
    ? Shape<Exclude<Entry[Key], undefined>, true>
    : Shape<Entry[Key], false>;
};

/** Reads nothing, for the given reason. */
function refuse(problem: Problem, problems: Problem[]): undefined {
  problems.push(problem);
}

/** A single value that passes a test. */
export const single = <Value>(
  message: string,
  isGood: (value: unknown) => value is Value,
): Shape<Value, false> => ({
  optional: false,
  read: (value, path, problems) => (isGood(value) ? value : refuse({ path, message }, problems)),
});

/** A value that must pass one more test than its shape. */
export const refined = <Value>(
  shape: Shape<Value, false>,
  message: string,
  isGood: (value: Value) => boolean,
): Shape<Value, false> => ({
  ...shape,
  read(value, path, problems) {
    const before = problems.length;
    const result = shape.read(value, path, problems);
    const isWhole = result !== undefined && problems.length === before;
    return isWhole && !isGood(result) ? refuse({ path, message }, problems) : result;
  },
});

/** One of some words or numbers. */
export const oneOf = <const Value>(
  message: string,
  ...values: readonly Value[]
): Shape<Value, false> =>
  single(message, (value): value is Value => values.some((each) => each === value));

/** What may be left out. */
export const optional = <Value>(shape: Shape<Value>): Shape<Value, true> => ({
  ...shape,
  optional: true,
});

/** A map that may be left out or left empty, and is an empty one then. */
export const orEmpty = <Value>(shape: Shape<Value, false>): Shape<Value, false> => ({
  ...shape,
  read: (value, path, problems) => shape.read(value ?? {}, path, problems),
});

/** What may be `null`. */
export const nullable = <Value>(shape: Shape<Value, false>): Shape<Value | null, false> => ({
  ...shape,
  read: (value, path, problems) => (value === null ? null : shape.read(value, path, problems)),
});

/** What is checked where it is used. */
export const unchecked: Shape<unknown, true> = { optional: true, read: (value) => value };

/** A map that is checked where it is used; only its keys are known here. */
export const uncheckedMap = (...keys: readonly string[]): Shape<unknown, true> => ({
  ...unchecked,
  keys: Object.fromEntries(keys.map((key) => [key, unchecked])),
});

/** A map of certain keys. Others are kept. */
export const map = <Entry extends object>(
  keys: Fields<Entry>,
  message = 'must be a map',
): Shape<Entry, false> => {
  const fields: Readonly<Record<string, Shape<unknown>>> = keys;
  return {
    optional: false,
    keys: fields,
    read(value, path, problems) {
      if (!isRecord(value)) return refuse({ path, message }, problems);
      const result: Record<string, unknown> = {};
      for (const [key, shape] of Object.entries(fields)) {
        if (value[key] === undefined && shape.optional) continue;
        result[key] = shape.read(value[key], [...path, key], problems);
      }
      // Every key was read by the shape that its type asks for.
      return { ...result, ...restOf(value, fields) } as Entry;
    },
  };
};

const restOf = (value: object, keys: object) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !Object.hasOwn(keys, key)));

/** A map whose keys the user chooses. */
export const entries = <Entry>(each: Shape<Entry, false>): Shape<Record<string, Entry>, false> => ({
  optional: false,
  each,
  read(value, path, problems) {
    if (!isRecord(value)) return refuse({ path, message: 'must be a map' }, problems);
    const result: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(value)) {
      result[key] = each.read(entry, [...path, key], problems);
    }
    return result as Record<string, Entry>;
  },
});

/** A list of values of one kind. */
export const listOf = <Item>(each: Shape<Item, false>, message: string): Shape<Item[], false> => ({
  optional: false,
  each,
  read(value, path, problems) {
    if (!Array.isArray(value)) return refuse({ path, message }, problems);
    return value.map((item, index) => each.read(item, [...path, index], problems)) as Item[];
  },
});

/** Text, or a list of texts. */
export const oneOrMore = (
  each: Shape<string, false>,
  message: string,
): Shape<string | string[], false> => ({
  optional: false,
  each,
  read(value, path, problems) {
    if (typeof value === 'string') return each.read(value, path, problems);
    const isGood = Array.isArray(value) && value.every((item) => typeof item === 'string');
    return listOf(each, message).read(isGood ? value : undefined, path, problems);
  },
});

/** A map whose `mode` says which of several shapes it has. */
export const byMode = <Entry extends { mode: string }>(
  shapes: { readonly [Mode in Entry['mode']]: Shape<Extract<Entry, { mode: Mode }>, false> },
  message: string,
): Shape<Entry, false> => {
  const known: Readonly<Record<string, Shape<Entry, false>>> = shapes;
  return {
    optional: false,
    keys: Object.assign({}, ...Object.values(known).map(({ keys }) => keys)),
    read(value, path, problems) {
      const mode = isRecord(value) ? value['mode'] : undefined;
      const shape =
        typeof mode === 'string' && Object.hasOwn(known, mode) ? known[mode] : undefined;
      if (shape !== undefined) return shape.read(value, path, problems);
      return refuse({ path: isRecord(value) ? [...path, 'mode'] : path, message }, problems);
    },
  };
};
