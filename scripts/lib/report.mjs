// @ts-check
import { fileURLToPath } from 'node:url';
import { root } from './root.mjs';

/**
 * Where a check is the program that runs: prints its findings, one a line, and fails the process when
 * there are any.
 *
 * @param {ImportMeta} module - of the check
 * @param {string} what - name of the check
 * @param {(directory: string) => Promise<readonly string[]> | readonly string[]} check - of the repository
 */
export async function runCheck(module, what, check) {
  if (process.argv[1] !== fileURLToPath(module.url)) return;
  const findings = await check(root);
  if (findings.length === 0) return;
  process.exitCode = 1;
  for (const finding of findings) process.stdout.write(`${finding}\n`);
  process.stdout.write(`${what}: ${findings.length} to repair.\n`);
}
