import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import type { RunEnd } from '@skaha/engine/ports/runner.js';
import * as z from 'zod/mini';

const schema = z.object({
  /** The engine was asked to start it. */
  begun: z.optional(z.boolean()),
  /** Port of this machine that leads to its page. */
  port: z.optional(z.int()),
  end: z.optional(
    z.object({
      status: z.optional(z.int()),
      at: z.optional(z.number()),
      cause: z.optional(z.object({ reason: z.literal('OOMKilled') })),
      /** What earlier versions kept in place of the cause. */
      outOfMemory: z.optional(z.boolean()),
    }),
  ),
});

type KeptEnd = NonNullable<z.infer<typeof schema>['end']>;

/** What is kept of a session in a container, apart from the container. */
export interface RunFacts {
  readonly begun?: boolean | undefined;
  readonly port?: number | undefined;
  readonly end?: RunEnd | undefined;
}

/** Name of the file that every run with a container has. */
export const factsName = 'container.json';

const pathIn = (directory: string) => join(directory, factsName);

/** Reads what is kept in the directory of a run; nothing when there is nothing, or it is damaged. */
export async function readFacts(directory: string): Promise<RunFacts> {
  try {
    const facts = schema.parse(JSON.parse(await readFile(pathIn(directory), 'utf8')));
    return { ...facts, end: facts.end === undefined ? undefined : endOf(facts.end) };
  } catch {
    return {};
  }
}

function endOf({ status, at, cause, outOfMemory }: KeptEnd): RunEnd {
  return { status, at, cause: outOfMemory === true ? { reason: 'OOMKilled' } : cause };
}

/** Keeps what is known of a run, in one step. */
export function writeFacts(directory: string, facts: RunFacts): void {
  replaceFileSync(pathIn(directory), `${JSON.stringify(facts)}\n`);
}
