import { writeFileSync } from 'node:fs';
import { lchown } from 'node:fs/promises';
import { join } from 'node:path';
import { type Run, standInUid } from '@skaha/engine/ports/runner.js';
import { ensureMounts, giveMounts, type LocalRun, type Mount } from '../mounts.js';
import { isRoot } from '../processes/programs.js';
import type { RunFiles } from '../runs/run-files.js';
import type { EngineFacts } from './engine.js';

/** Who a session is to the engine. */
export interface SessionUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who a session runs as: the platform's own user, whose files it uses; below a platform that is
 * root the number of its owner. Undefined leaves it to the image.
 */
export function sessionUser(run: Run, facts: EngineFacts): SessionUser | undefined {
  // Its containers call the engine's user 0.
  if (facts.rootless && facts.name === 'Docker') return { uid: 0, gid: 0 };
  if (isRoot()) {
    const uid = run.uid === 0 ? standInUid : run.uid;
    return { uid, gid: uid };
  }
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/**
 * Makes what a session needs on this machine.
 *
 * @param places - the data directory, and the owner's home as the session sees it
 * @returns what it finds at which place
 */
export async function prepareMounts(
  run: LocalRun,
  files: RunFiles,
  user: SessionUser | undefined,
  { data, home }: { readonly data: string; readonly home: string },
): Promise<Mount[]> {
  // An engine would make what is missing, as an empty directory of its own.
  await ensureMounts(run);
  if (isRoot() && user !== undefined) {
    await lchown(files.scratch, user.uid, user.uid);
    await giveMounts(run, data, user.uid);
  }
  return [
    { source: run.home, target: home },
    { source: files.scratch, target: '/scratch' },
    ...(user === undefined ? [] : accountFiles(run, files, user, home)),
    ...run.mounts,
  ];
}

/** Inside, the user has a name and a home: the real platform makes these files likewise. */
function accountFiles(
  run: Run,
  { directory }: RunFiles,
  { uid, gid }: SessionUser,
  home: string,
): Mount[] {
  const root = (line: string) => (uid === 0 ? '' : line);
  const texts: Readonly<Record<string, string>> = {
    passwd: `${run.user}:x:${uid}:${gid}::${home}:/bin/sh\n${root('root:x:0:0:root:/root:/bin/sh\n')}nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n`,
    group: `${run.user}:x:${gid}:\n${root('root:x:0:\n')}nogroup:x:65534:\n`,
  };
  return Object.entries(texts).map(([name, text]) => {
    const source = join(directory, name);
    writeFileSync(source, text, { mode: 0o644 });
    return { source, target: `/etc/${name}`, readOnly: true };
  });
}
