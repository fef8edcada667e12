import type { DetachedMessage, DetachedOptions } from './control/detached.js';
import { PlatformError } from './errors.js';
import { lineLogger } from './logger.js';
import { startPlatform } from './platform.js';

// The program of a detached platform: started by `startDetached`, its output is the log file.

const logger = lineLogger((line) => process.stdout.write(line));

async function tell(message: DetachedMessage): Promise<void> {
  if (process.send === undefined || !process.connected) return;
  await new Promise<void>((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
  if (process.connected) process.disconnect();
}

async function main(): Promise<void> {
  const options = JSON.parse(process.argv[2] ?? '{}') as Omit<DetachedOptions, 'signal'>;
  const ending = new AbortController();
  // The terminal it was started from may close; a request to end must not leave sessions behind.
  process.on('SIGHUP', () => undefined);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => ending.abort());
  try {
    const platform = await startPlatform({ ...options, logger, signal: ending.signal });
    ending.signal.addEventListener('abort', () => void platform.stop());
    if (ending.signal.aborted) await platform.stop();
    await tell({ type: 'ready' });
    await platform.stopped;
  } catch (error) {
    const known =
      error instanceof PlatformError
        ? error
        : new PlatformError('platform.start_failed', 'The platform could not be started.', {
            cause: error,
          });
    logger.error(`${known.message} ${known.cause instanceof Error ? known.cause.message : ''}`);
    await tell({ type: 'failed', code: known.code, message: known.message, hint: known.hint });
    process.exitCode = 1;
  }
}

await main();
