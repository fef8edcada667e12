import { note } from '@skaha/terminal/io.js';
import type { Run } from '../../command.js';
import { loadPlatform, meantDirectory } from './module.js';
import { noteNotRunning } from './platform-view.js';

export interface PlatformStopOptions {
  data?: string | undefined;
  leaveSessions: boolean;
}

/** Stops the platform; that none is running is what was wanted, and no error. */
export const runPlatformStop: Run<PlatformStopOptions> = async (io, deps, options) => {
  const { stopPlatform } = await loadPlatform();
  const data = await meantDirectory(io, deps, options.data);
  const stopped = await stopPlatform({
    ...(data === undefined ? {} : { data }),
    sessions: options.leaveSessions ? 'leave' : 'end',
    signal: io.signal,
  });
  if (stopped) note(io, 'The platform was stopped.');
  else noteNotRunning(io);
  return undefined;
};
