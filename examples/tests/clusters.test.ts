import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { describe, expect, test } from 'vitest';
import { installed, systemPython } from '../../scripts/tests/python-packages.js';
import { folder, run, top } from './programs.js';

const sandboxes = await probeSandbox();
const hasNetworks = 'tools' in sandboxes && sandboxes.tools.network !== undefined;

/** The folder of an environment with an engine, or why there is none. */
async function environment(name: 'dask' | 'ray'): Promise<{ path: string } | { reason: string }> {
  if (name === 'ray' && process.env['TEST_RAY'] === undefined)
    return { reason: 'starting its programs takes minutes; TEST_RAY=1 tries it' };
  if (!hasNetworks) return { reason: 'sandboxes of a user cannot reach each other here' };
  if (!existsSync(systemPython)) return { reason: 'the system has no Python' };
  const found = await installed(name);
  return 'reason' in found ? found : { path: dirname(found.bin) };
}

const engines = [
  ['dask', await environment('dask')],
  ['ray', await environment('ray')],
] as const;

const titles = { dask: 'Dask Diagnostic UI', ray: 'Ray Dashboard' } as const;

describe.each(engines)('a cluster of %s', (name, found) => {
  if ('reason' in found)
    process.stdout.write(`a cluster of ${name} is not tried: ${found.reason}\n`);

  test.skipIf('reason' in found).each(['headless', 'contributed'] as const)(
    'with a %s head counts the stars, loses a worker, grows and shrinks, and leaves nothing',
    { timeout: 600_000 },
    async (kind) => {
      if ('reason' in found) return;
      const program = join(top, `examples/${name}-cluster/start.mjs`);
      const ended = await run(process.execPath, [program, found.path, kind], { home: folder() });
      expect(ended.stderr).toBe('');
      const counted = (workers: number) =>
        JSON.stringify({ stars: 118216, coloured: 116937, blue: 6894, workers }).replaceAll(
          /([:,])/g,
          '$1 ',
        );
      expect(ended.stdout.trimEnd().split('\n')).toEqual([
        `2 workers of ${name}`,
        ...(kind === 'contributed' ? [`its dashboard: ${titles[name]}`] : []),
        counted(2),
        'one worker was killed',
        counted(1),
        '3 launched, 0 deleted: 4 workers',
        counted(4),
        '0 launched, 3 deleted: 1 workers',
        counted(1),
        '0 sessions left',
      ]);
      expect(ended.status).toBe(0);
    },
  );
});
