import { accessSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunnerOptions } from '@skaha/engine/ports/runner.js';
import type { Enclosure, PagePlace, Scripts } from './confinement.js';
import type { LocalRun } from './mounts.js';
import { systemPath } from './processes/programs.js';
import { longestPath } from './runs/page-endpoints.js';
import { type RunFiles, socketName } from './runs/run-files.js';

function pageVariables(page: PagePlace | undefined, files: RunFiles): Record<string, string> {
  if (page === undefined) return {};
  return 'port' in page
    ? { PORT: String(page.port) }
    : { skaha_socket: join(files.page, socketName) };
}

/** Where a session finds its programs: Node of the platform, then those of the system. */
export const sessionPath = (): string => `${dirname(process.execPath)}:${systemPath}`;

/**
 * No enclosure: the session is a group of processes like any other of this user.
 *
 * @param directoryOf - where a volume is on this machine, and so in the session
 */
export function plainEnclosure(
  scripts: Scripts,
  directoryOf: RunnerOptions['directoryOf'],
): Enclosure {
  const starter = ['/bin/sh', scripts.starter];
  const surroundings = (run: LocalRun, files: RunFiles, page: PagePlace | undefined) => ({
    home: run.home,
    environment: {
      LANG: 'C.UTF-8',
      ...run.environment,
      PATH: `${sessionPath()}:${scripts.names}`,
      SCRATCH: files.scratch,
      TMPDIR: files.scratch,
      ...pageVariables(page, files),
    },
  });
  return {
    name: 'process',
    isolation: {
      isolates: [],
      lacks: [
        'files: sessions can read and change whatever you can',
        'users of the platform from each other',
        'processes and the network of this machine',
      ],
    },
    // The session itself must be able to listen there.
    takesSocket: (path) => Buffer.byteLength(path) <= longestPath,
    countsProcesses: false,
    isOutside: false,
    placeOf: directoryOf,
    enclose: async (run, { files, page }) => {
      accessSync(run.home);
      return { words: ['.', scripts.starter], ...surroundings(run, files, page) };
    },
    enter: async (run, files, page) => ({
      gate: [],
      starter,
      ...surroundings(run, files, page),
    }),
    failure: () => undefined,
  };
}
