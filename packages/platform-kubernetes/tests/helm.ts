import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { partsFolder, partsIn } from './lab/parts.mjs';

export const deploy = fileURLToPath(new URL('../../../deploy/', import.meta.url));
export const chart = join(deploy, 'helm', 'skaha-platform');

/**
 * `helm`, with a home of its own.
 *
 * @param kubeconfig - of the cluster where something is to be installed
 */
export function helmFor(kubeconfig?: string) {
  const home = mkdtempSync(join(tmpdir(), 'skaha-helm-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return (...words: string[]) =>
    execFileSync(partsIn(partsFolder()).helm, words, {
      encoding: 'utf8',
      env: { ...process.env, HOME: home, KUBECONFIG: kubeconfig },
      stdio: 'pipe',
    });
}
