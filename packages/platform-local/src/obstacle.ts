import type { Run } from '@skaha/engine/ports/runner.js';

/** Why processes of this machine cannot be this session; undefined when they can. */
export function obstacleFor(run: Run, runner: string): string | undefined {
  if (run.missing !== undefined) return run.missing;
  if (run.kind === 'headless') {
    if (run.command.length > 0) return undefined;
    return `The image ${run.image} has no default command: give the session one`;
  }
  if (run.command.length > 0) return undefined;
  return (
    `The ${runner} runner cannot run a ${run.kind} session of this image here: it uses the ` +
    'programs of this machine, and the catalogue has none for it. ' +
    'This one needs a platform that runs containers'
  );
}
