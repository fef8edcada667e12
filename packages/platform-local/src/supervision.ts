import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { systemCode } from '@skaha/service/errors.js';
import type { Enclosed } from './enclosure.js';
import { fixedEnvironment, isStray, strayDescriptors } from './programs.js';
import { carry } from './variables.js';

/** What is started under a supervisor. */
export interface Supervised {
  /** The supervisor's script. */
  readonly script: string;
  /** Directory of the run's state. */
  readonly state: string;
  /** The session's id, which its processes are known by. */
  readonly id: string;
  readonly enclosed: Enclosed;
  readonly command: readonly string[];
  /** The most processes it may have; undefined when they are not counted here. */
  readonly most: number | undefined;
  /** Descriptor of its log. */
  readonly log: number;
}

/**
 * Starts a session with a supervisor over it. What stands around the session gets a fixed
 * environment, a fixed directory and no descriptors but the log; of the user's it has only words
 * that it hands on.
 *
 * @throws when the system cannot take so much at once
 */
export async function supervise(what: Supervised): Promise<ChildProcess> {
  const { enclosed, script, state, id, log } = what;
  const { environment, word } = await carry(enclosed.environment);
  const path = enclosed.environment['PATH'] ?? '';
  const start = [String(what.most ?? 'any'), enclosed.home, path, word, ...what.command];
  const { streams, close } = inheritedCovered(['ignore', log, log]);
  try {
    return spawn('/bin/sh', [script, state, ...enclosed.words, ...start], {
      cwd: '/',
      detached: true,
      env: { ...fixedEnvironment, skaha_sessionid: id, ...environment },
      stdio: streams,
    });
  } catch (error) {
    if (systemCode(error) !== 'E2BIG') throw error;
    throw new Error('its command and variables are too long for this machine', { cause: error });
  } finally {
    close();
  }
}

let inherited: readonly number[] | undefined;

/** Three streams and no more: what the platform itself has inherited is covered. */
export function inheritedCovered(three: readonly ('ignore' | 'pipe' | number)[]): {
  streams: StdioOptions;
  close(): void;
} {
  const streams = [...three];
  inherited ??= strayDescriptors();
  const stray = inherited.filter(isStray);
  if (stray.length === 0) return { streams, close: () => undefined };
  const nothing = openSync('/dev/null', 'r');
  for (const descriptor of stray) {
    while (streams.length < descriptor) streams.push('ignore');
    streams[descriptor] = nothing;
  }
  return { streams, close: () => closeSync(nothing) };
}
