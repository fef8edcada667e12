import type { Run } from './types.js';

/** Why processes of this machine cannot be this session; undefined when they can. */
export function obstacleFor(run: Run): string | undefined {
  if (run.kind === 'headless') {
    if (run.command.length > 0) return undefined;
    return `The image ${run.image} names no command of its own: give the session one`;
  }
  if (run.kind === 'contributed' && run.command.length > 0) return undefined;
  return (
    `The process runner cannot run a ${run.kind} session here: it runs headless sessions, and ` +
    'contributed ones whose image names a command in the catalogue. ' +
    'This one needs a platform that runs containers'
  );
}
