import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import type { RegistryLogin } from '@skaha/engine/ports/runner.js';
import { readIfPresent } from '@skaha/service/data.js';
import * as z from 'zod/mini';

const schema = z.object({ username: z.string(), secret: z.string(), isPrivate: z.boolean() });

const pathIn = (directory: string) => join(directory, 'registry-login');

/**
 * Keeps what opens a registry in the directory of a run, for its owner's eyes only: a session that
 * was accepted is pulled and run also by a platform that is restarted.
 */
export function keepLogin(directory: string, login: RegistryLogin): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  replaceFileSync(pathIn(directory), JSON.stringify(login));
}

/** What is kept; undefined when nothing is, or it is damaged. */
export function readLogin(directory: string): RegistryLogin | undefined {
  try {
    return schema.parse(JSON.parse(readIfPresent(pathIn(directory)) ?? ''));
  } catch {
    return undefined;
  }
}

/** Once the image is here, or never will be, nobody needs it. */
export function forgetLogin(directory: string): void {
  rmSync(pathIn(directory), { force: true });
}
