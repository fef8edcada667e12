import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { LockError, takeLock } from '../../packages/base/src/lock.js';
import { disk } from './places.js';

const run = promisify(execFile);

/** The programs of Python packages, or why they are not here. */
export type PythonPackages = { readonly bin: string } | { readonly reason: string };

/** The only Python that sandboxes see. */
export const systemPython = '/usr/bin/python3';

/** What all environments are made of, so that one serves tests inside and outside of sandboxes. */
const python = existsSync(systemPython) ? systemPython : 'python3';

const canfar = ['canfar==1.5.2', 'typer>=0.27.3,<0.29'];

/** What the tests install; a set is installed once for all of them. */
const sets = {
  /** Clients that others wrote, as they are published. */
  clients: [
    ...canfar,
    'canfar-lab==0.8.1',
    'vos==3.7',
    'vosfs==0.12.*',
    'pyvo',
    'pandas',
    'uv==0.13.9',
  ],
  'canfar 1.4.1': ['canfar==1.4.1', 'typer>=0.27.3,<0.29'],
  dask: ['distributed==2026.8.0', 'bokeh==3.*'],
  ray: ['ray[default]==2.60.0'],
} as const;

/** What programs of Python see of the variables: they keep what they have compiled. */
export function pythonEnv(): NodeJS.ProcessEnv {
  const { PYTHONDONTWRITEBYTECODE: _, ...env } = process.env;
  return env;
}

/** Waits while another file of the same run installs. */
async function whenNobodyElse(lock: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await takeLock(lock);
    } catch (error) {
      if (!(error instanceof LockError)) throw error;
      await pause(250);
    }
  }
}

async function install(folder: string, packages: readonly string[]): Promise<void> {
  const env = { ...pythonEnv(), PIP_CACHE_DIR: join(disk(), 'skaha-python', 'cache') };
  await run(python, ['-m', 'venv', '--clear', folder], { env, timeout: 120_000 });
  // Most modules are never loaded, and each of the others is compiled when it is.
  const words = ['-m', 'pip', 'install', '--quiet', '--no-compile', ...packages];
  await run(join(folder, 'bin/python'), words, { env, timeout: 600_000 });
  await writeFile(join(folder, 'complete'), '');
}

/**
 * Installs Python packages, where Python and its package index are there. They stay in the folder for
 * temporary files of the system, for all tests and later runs. That they are not there is told on
 * standard error.
 */
export async function installed(name: keyof typeof sets): Promise<PythonPackages> {
  const packages = sets[name];
  try {
    const { stdout: version } = await run(python, ['--version']);
    const key = createHash('sha256').update(JSON.stringify([python, version, packages]));
    const folder = join(disk(), 'skaha-python', key.digest('hex').slice(0, 16));
    const found = { bin: join(folder, 'bin') };
    if (existsSync(join(folder, 'complete'))) return found;
    await mkdir(join(disk(), 'skaha-python'), { recursive: true });
    const release = await whenNobodyElse(`${folder}.lock`);
    try {
      if (!existsSync(join(folder, 'complete'))) await install(folder, packages);
    } finally {
      await release();
    }
    return found;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    process.stderr.write(`\nSKIPPED: ${packages.join(', ')} cannot be installed: ${reason}\n`);
    return { reason };
  }
}
