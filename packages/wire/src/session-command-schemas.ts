import * as z from 'zod/mini';
import { commandSignals } from './session-commands.js';

// Apart from the names, because few requests need it and the schema library takes much memory.

const side = z.int().check(z.minimum(1), z.maximum(1_000));
const size = { columns: side, rows: side };

/** Begins a command: `POST /session-commands`. */
export const commandRequestSchema = z.strictObject({
  session: z.string(),
  /** Of a desktop app. */
  app: z.optional(z.string()),
  command: z.array(z.string().check(z.regex(/^[^\0]*$/))).check(z.minLength(1)),
  /** Plain streams when it is left out. */
  terminal: z.optional(
    z.strictObject({ ...size, type: z.string().check(z.regex(/^[A-Za-z0-9._+-]{1,64}$/)) }),
  ),
});

/** What may be done to one: `POST /session-commands/{command}`. */
export const commandChangeSchema = z.strictObject({
  /** Bytes for its standard input, in Base64. */
  input: z.optional(z.base64()),
  /** Its standard input ends, after what comes with it. */
  end: z.optional(z.literal(true)),
  size: z.optional(z.strictObject(size)),
  signal: z.optional(z.enum(commandSignals)),
});

/** The lines of JSON about it, from its name to its end; bytes are in Base64. */
export const commandLineSchema = z.union([
  z.strictObject({ command: z.string() }),
  z.strictObject({ out: z.base64() }),
  z.strictObject({ err: z.base64() }),
  /** It has nothing to say, and runs. */
  z.strictObject({ alive: z.literal(true) }),
  z.strictObject({ exit: z.int() }),
]);

/** A line that describes a command. */
export type CommandLine = z.infer<typeof commandLineSchema>;
