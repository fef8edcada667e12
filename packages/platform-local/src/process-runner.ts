import { accessSync } from 'node:fs';
import type { OpenedRunner, RunnerOptions } from '@skaha/engine/ports/runner.js';
import type { Confinement, PagePlace } from './confinement.js';
import { chooseLimiter } from './limits/choose.js';
import { LocalRunner } from './local-runner.js';
import type { LocalRun } from './mounts.js';
import { sessionPath } from './processes/programs.js';
import { longestPath, pageVariables } from './runs/page-endpoints.js';
import type { RunFiles } from './runs/run-files.js';
import { installScripts, type Scripts } from './supervisors/scripts.js';

/** Runs sessions as plain processes, on every system. */
export const processRunner = (
  options: RunnerOptions,
  limiter = chooseLimiter(options.instance),
  scripts = installScripts(options.scripts),
): LocalRunner =>
  new LocalRunner({
    ...options,
    scriptPaths: scripts,
    confinement: noConfinement(scripts, options.directoryOf),
    mounts: [],
    limiter,
  });

/** Plain processes can run everywhere. */
export const openProcesses = (): OpenedRunner => ({ make: (options) => processRunner(options) });

/**
 * No confinement: the session is a group of processes like any other of this user.
 *
 * @param directoryOf - where a volume is on this machine, and so in the session
 */
function noConfinement(scripts: Scripts, directoryOf: RunnerOptions['directoryOf']): Confinement {
  const start = (run: LocalRun, files: RunFiles, page: PagePlace | undefined) => ({
    home: run.home,
    environment: {
      LANG: 'C.UTF-8',
      ...run.environment,
      PATH: `${sessionPath()}:${scripts.names}`,
      SCRATCH: files.scratch,
      TMPDIR: files.scratch,
      ...pageVariables(page, files.page),
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
    sharesGroup: false,
    placeOf: directoryOf,
    confine: async (run, { files, page }) => {
      accessSync(run.home);
      return { prefix: ['.', scripts.starter], ...start(run, files, page) };
    },
    enter: async (run, files, page) => ({
      gate: [],
      starter: ['/bin/sh', scripts.starter],
      ...start(run, files, page),
    }),
    failure: () => undefined,
  };
}
