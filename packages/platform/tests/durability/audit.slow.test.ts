import { join } from 'node:path';
import { sandboxObstacle } from '@skaha/platform-local/sandbox/probe.js';
import { onTestFinished, test } from 'vitest';
import { stopPlatform } from '../../src/control/client.js';
import { temporaryDirectory } from '../fixtures.js';
import { audit } from './audit.js';

// `npm run audit:durability` makes it longer, and runs one of the two.
const seconds = Number(process.env['AUDIT_SECONDS'] ?? 4);
const wanted = process.env['AUDIT_RUNNER'];
const runners = (['process', 'sandbox'] as const).filter(
  (runner) => wanted === undefined || runner === wanted,
);

/** A machine that is busy needs time for the account that follows. */
const timeout = seconds * 1000 + 240_000;

for (const runner of runners) {
  const needs = process.platform === 'linux' ? undefined : 'it looks for processes in /proc';
  const obstacle = needs ?? (runner === 'sandbox' ? await sandboxObstacle() : undefined);
  const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;
  test.skipIf(obstacle !== undefined)(
    `killed again and again under load, the ${runner} runner loses nothing${reason}`,
    async ({ expect }) => {
      const data = join(temporaryDirectory(), 'data');
      onTestFinished(async () => {
        await stopPlatform({ data });
      });
      const report = await audit({ data, runner, seconds });
      if (wanted !== undefined) process.stdout.write(`${JSON.stringify(report)}\n`);
      expect(report.problems).toEqual([]);
      expect(report.kills).toBeGreaterThan(1);
      expect(report.acknowledged).toBeGreaterThan(5);
    },
    timeout,
  );
}
