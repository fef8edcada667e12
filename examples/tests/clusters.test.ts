import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { describe, expect, test } from 'vitest';
import { disk } from '../../scripts/tests/places.js';
import { folder, run, top } from './programs.js';

/** Sandboxes see the system's Python, and no other. */
const python = '/usr/bin/python3';

const sandboxes = await probeSandbox();
const hasNetworks = 'tools' in sandboxes && sandboxes.tools.network !== undefined;

/** An environment with an engine, kept for later runs; or why there is none. */
function environment(name: string, requirement: string): { path: string } | { obstacle: string } {
  if (name.startsWith('ray') && process.env['TEST_RAY'] === undefined)
    return { obstacle: 'starting its programs takes minutes; TEST_RAY=1 tries it' };
  if (!hasNetworks) return { obstacle: 'sandboxes of a user cannot reach each other here' };
  if (!existsSync(python)) return { obstacle: 'the system has no Python' };
  const path = join(disk(), 'skaha-clusters', name);
  try {
    if (existsSync(join(path, 'complete'))) return { path };
    mkdirSync(path, { recursive: true });
    const run = (file: string, words: readonly string[]) =>
      execFileSync(file, words, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 240_000 });
    if (!existsSync(join(path, 'bin', 'pip'))) run(python, ['-m', 'venv', path]);
    run(join(path, 'bin', 'pip'), ['install', '-q', requirement]);
    writeFileSync(join(path, 'complete'), '');
    return { path };
  } catch (error) {
    return { obstacle: `it cannot be installed: ${String(error).split('\n')[0]}` };
  }
}

const engines = [
  ['dask', 'distributed==2026.8.0'],
  ['ray', 'ray[default]==2.60.0'],
] as const;

describe.each(engines)('a cluster of %s', (name, requirement) => {
  const found = environment(requirement.replaceAll(/[^\w.-]+/g, '-'), requirement);
  if ('obstacle' in found)
    process.stdout.write(`a cluster of ${name} is not tried: ${found.obstacle}\n`);

  test.skipIf('obstacle' in found)(
    'counts the stars, loses a worker, grows and shrinks, and leaves nothing',
    { timeout: 600_000 },
    async () => {
      if ('obstacle' in found) return;
      const program = join(top, `examples/${name}-cluster/start.mjs`);
      const ended = await run(process.execPath, [program, found.path], { home: folder() });
      expect(ended.stderr).toBe('');
      const counted = (workers: number) =>
        JSON.stringify({ stars: 118216, coloured: 116937, blue: 6894, workers }).replaceAll(
          /([:,])/g,
          '$1 ',
        );
      expect(ended.stdout.trimEnd().split('\n')).toEqual([
        `2 workers of ${name}`,
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
