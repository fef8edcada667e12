import { PartialError, SkahaError, ValidationError } from '../errors/index.js';

/** An error as plain data; the copy that threads make of one loses its class and its fields. */
interface CarriedError {
  readonly carried: 'error';
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: unknown;
}

/** Deep enough for any chain of causes that says something. */
const deepest = 8;

const isCarried = (value: unknown): value is CarriedError =>
  typeof value === 'object' && value !== null && 'carried' in value && value.carried === 'error';

/**
 * Makes plain data of an error, its causes and the errors it lists.
 *
 * @param value - anything that was thrown
 */
export function pack(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) return value.map((each) => pack(each, depth));
  if (!(value instanceof Error)) return plainOf(value, depth);
  const { name, message, stack, cause, ...fields } = value;
  const packed = Object.entries(fields).map(([key, field]) => [key, pack(field, depth + 1)]);
  return {
    carried: 'error',
    name,
    message,
    stack,
    fields: Object.fromEntries(packed),
    cause: cause === undefined || depth >= deepest ? undefined : pack(cause, depth + 1),
  } satisfies CarriedError;
}

function plainOf(value: unknown, depth: number): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null || depth >= deepest) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, pack(each, depth + 1)]),
  );
}

/**
 * Makes the error of {@link pack} again, of the class it had.
 *
 * @param value - what `pack` made
 */
export function unpack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpack);
  if (isCarried(value)) return errorOf(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpack(each)]));
}

const classes: Readonly<Record<string, { readonly prototype: Error }>> = {
  PartialError,
  SkahaError,
  ValidationError,
};

function errorOf({ name, message, stack, fields, cause }: CarriedError): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause: unpack(cause) });
  const known = classes[name];
  // The fields are all there; what a constructor would do with them has been done over there.
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype);
  Object.assign(error, unpack(fields));
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  const here = error.stack?.split('\n').slice(1).join('\n') ?? '';
  // Where it went wrong, then where it was called from.
  error.stack = `${stack ?? `${name}: ${message}`}\n${here}`;
  return error;
}
