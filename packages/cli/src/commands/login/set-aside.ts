import { access, rename } from 'node:fs/promises';
import type { Io } from '@skaha/terminal/io.js';
import { isSkahaError } from 'skaha';
import { loadConfiguration } from 'skaha/config';
import type { Deps } from '../../deps.js';
import { configurationSource } from '../config/source.js';
import { warn } from './account.js';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Does something that needs a configuration that can be read. One that cannot is set aside, under
 * a name that says when; it comes back when nothing was written in its place.
 *
 * @param io - variables, and where the warning goes
 * @param deps - common options and time
 * @param work - what to do
 */
export async function withReadableConfiguration(
  io: Io,
  deps: Deps,
  work: () => Promise<void>,
): Promise<void> {
  const source = configurationSource(io, deps);
  const problem = await loadConfiguration(source).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (problem === undefined) return work();
  if (!isSkahaError(problem, 'config.invalid')) throw problem;
  const aside = `${source.path}.${new Date(deps.now()).toISOString().replace(/[:.]/g, '-')}`;
  try {
    await rename(source.path, aside);
  } catch {
    throw problem;
  }
  try {
    await work();
    warn(io, `${problem.message} It was set aside as ${aside}.`);
  } finally {
    if (!(await exists(source.path))) await rename(aside, source.path);
  }
}
