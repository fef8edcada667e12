import { closeSync } from 'node:fs';
import { openLog } from '@skaha/service/held.js';
import { onLines, spawnSession } from '../processes/spawn.js';
import type { LauncherReport, LauncherRequest } from './launcher.js';

// The program of the launcher: what starts the sessions of a platform, because a small process does
// so in a fraction of the time that a large one takes. It reads one request a line from its input and
// reports on its output. It keeps nothing: who runs a session, and how it ended, is written down by
// that session's own supervisor. So it may go at any time, and goes when its input ends.

function report(what: LauncherReport): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

function start({ number, log, ...request }: LauncherRequest): void {
  try {
    const descriptor = openLog(log);
    try {
      const child = spawnSession(request, descriptor);
      child.once('error', (error) => {
        if (child.pid === undefined) report({ number, failed: codeOf(error) });
      });
      if (child.pid === undefined) return;
      child.once('exit', (exited) => report({ number, exited }));
      report({ number, pid: child.pid });
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    report({ number, failed: codeOf(error) });
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
}

onLines(process.stdin, (line) => start(JSON.parse(line) as LauncherRequest));
process.stdin.on('end', () => process.exit());
// A platform that was killed reads no reports.
process.stdout.on('error', () => undefined);
for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
report({ isReady: true });
