import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The programs of Python packages, or why they are not here. */
export type PythonPackages = { readonly bin: string } | { readonly reason: string };

/**
 * Installs Python packages in a folder of their own, where Python and its package index are there.
 * They stay in the folder for temporary files. That they are not there is told on standard error.
 *
 * @param name - of the folder
 * @param python - that they are for
 */
export async function installed(
  name: string,
  packages: readonly string[],
  python = 'python3',
): Promise<PythonPackages> {
  const folder = join(tmpdir(), `skaha-python-${name}`);
  const bin = join(folder, 'bin');
  const complete = join(folder, 'complete');
  try {
    if (!existsSync(complete)) {
      await run(python, ['-m', 'venv', '--clear', folder], { timeout: 120_000 });
      const words = ['-m', 'pip', 'install', '--quiet', ...packages];
      await run(join(bin, 'python'), words, { timeout: 600_000 });
      writeFileSync(complete, '');
    }
    return { bin };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    process.stderr.write(`\nSKIPPED: ${packages.join(', ')} cannot be installed: ${reason}\n`);
    return { reason };
  }
}
