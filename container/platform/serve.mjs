// The program of a platform in a cluster. PLATFORM_CONFIG names its configuration.
// Asked to end, it leaves its sessions to the platform that comes after it.
import { startPlatform } from 'skaha-platform';

const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => ending.abort());

const say = (level) => (message, fields) =>
  process.stdout.write(
    `${JSON.stringify({ timestamp: new Date().toISOString(), level, logger: 'skaha.platform', message, ...fields })}\n`,
  );
const logger = {
  debug: () => undefined,
  info: say('INFO'),
  warn: say('WARNING'),
  error: say('ERROR'),
};

try {
  const platform = await startPlatform({
    data: process.env['PLATFORM_DATA'] ?? '/data',
    config: process.env['PLATFORM_CONFIG'],
    port: Number(process.env['PLATFORM_PORT'] ?? 8443),
    user: process.env['PLATFORM_USER'],
    logger,
    signal: ending.signal,
  });
  const stop = () => void platform.stop({ sessions: 'leave' });
  ending.signal.addEventListener('abort', stop);
  if (ending.signal.aborted) stop();
  await platform.stopped;
  if (platform.takenOver !== undefined) process.exitCode = 1;
} catch (error) {
  // Asked to end while it began, or waited for its place.
  if (!ending.signal.aborted) {
    const { message, hint } = error;
    logger.error(message, hint === undefined ? {} : { hint });
    process.exitCode = 1;
  }
}
