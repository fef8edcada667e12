import { mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import type { RegistryLogin, RunEnd } from '@skaha/engine/ports/runner.js';
import { readIfPresent } from '@skaha/service/data.js';
import * as z from 'zod/mini';

const factsSchema = z.object({
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

type KeptEnd = NonNullable<z.infer<typeof factsSchema>['end']>;

/** What is kept of a session in a container, apart from the container. */
export interface RunFacts {
  readonly begun?: boolean | undefined;
  readonly port?: number | undefined;
  readonly end?: RunEnd | undefined;
}

/** Name of the file that every run with a container has. */
export const factsName = 'container.json';

const factsPath = (directory: string) => join(directory, factsName);

/** Reads what is kept in the directory of a run; nothing when there is nothing, or it is damaged. */
export async function readFacts(directory: string): Promise<RunFacts> {
  try {
    const facts = factsSchema.parse(JSON.parse(await readFile(factsPath(directory), 'utf8')));
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
  replaceFileSync(factsPath(directory), `${JSON.stringify(facts)}\n`);
}

const loginSchema = z.object({ username: z.string(), secret: z.string(), isPrivate: z.boolean() });

const loginPath = (directory: string) => join(directory, 'registry-login');

/**
 * Keeps what opens a registry in the directory of a run, for its owner's eyes only: a session that
 * was accepted is pulled and run also by a platform that is restarted.
 */
export function keepLogin(directory: string, login: RegistryLogin): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  replaceFileSync(loginPath(directory), JSON.stringify(login));
}

/** What is kept; undefined when nothing is, or it is damaged. */
export function readLogin(directory: string): RegistryLogin | undefined {
  try {
    return loginSchema.parse(JSON.parse(readIfPresent(loginPath(directory)) ?? ''));
  } catch {
    return undefined;
  }
}

/** Once the image is here, or never will be, nobody needs it. */
export function forgetLogin(directory: string): void {
  rmSync(loginPath(directory), { force: true });
}
