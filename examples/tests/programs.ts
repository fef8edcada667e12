import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { layKeys } from '../../scripts/tests/platform-keys.js';

export const top = fileURLToPath(new URL('../../', import.meta.url));

/** Gives the usual platform of a home the keys of this run. */
export function keysIn(home: string): void {
  layKeys(join(home, '.local/share/skaha/platform'));
}

/** A folder that is removed when the test ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'skaha-example-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  home: string;
  cwd?: string;
  /** Sent as soon as standard error says this. */
  interruptAt?: { text: string; signal: NodeJS.Signals };
}

/** Runs a program as a user with this home would, to its end. */
export function run(file: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd ?? top,
      env: { ...process.env, HOME: options.home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let interrupted = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const { interruptAt } = options;
      if (interruptAt === undefined || interrupted || !stderr.includes(interruptAt.text)) return;
      interrupted = true;
      child.kill(interruptAt.signal);
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
