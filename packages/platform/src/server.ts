import { writeSync } from 'node:fs';
import type { Logger } from '@skaha/base/logger.js';
import { rotating } from '@skaha/base/rotation.js';
import { dataLayout } from '@skaha/service/data.js';
import { PlatformError } from '@skaha/service/errors.js';
import { jsonLogger } from '@skaha/service/logger.js';
import { loadConfig } from './config/load.js';
import { settleLog } from './config/settings.js';
import type { DetachedMessage, DetachedOptions } from './control/detached.js';
import { startPlatform } from './platform.js';

// The program of a detached platform; `startDetached` sends its output to the log file.

// Written synchronously, so that the log shows what a platform did just before it was killed.
function toLog(line: string): void {
  try {
    writeSync(1, line);
  } catch {
    // A full disk must not stop the platform.
  }
}
let logger: Logger = jsonLogger(toLog);

/** The log in the configured form. */
function openLog({ data, config }: DetachedOptions): Logger {
  const layout = dataLayout(data);
  const { level, ...rotation } = settleLog(loadConfig(layout, config));
  return jsonLogger(rotating(toLog, { path: layout.log, ...rotation }), level);
}

async function sendToStarter(message: DetachedMessage): Promise<void> {
  if (process.send === undefined || !process.connected) return;
  await new Promise<void>((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
  if (process.connected) process.disconnect();
}

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as Omit<DetachedOptions, 'signal'>;
  const ending = new AbortController();
  // The terminal may close; a signal to end must not leave sessions behind.
  process.on('SIGHUP', () => undefined);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => ending.abort());
  try {
    logger = openLog(options);
    const platform = await startPlatform({ ...options, logger, signal: ending.signal });
    ending.signal.addEventListener('abort', () => void platform.stop());
    if (ending.signal.aborted) await platform.stop();
    await sendToStarter({ type: 'ready' });
    await platform.stopped;
    if (platform.takenOver !== undefined) process.exitCode = 1;
  } catch (error) {
    const known =
      error instanceof PlatformError
        ? error
        : new PlatformError('platform.start_failed', 'The platform could not be started.', {
            cause: error,
          });
    logger.error(`${known.message} ${known.cause instanceof Error ? known.cause.message : ''}`);
    await sendToStarter({
      type: 'failed',
      code: known.code,
      message: known.message,
      hint: known.hint,
    });
    process.exitCode = 1;
  }
}

await main();
