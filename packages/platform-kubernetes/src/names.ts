import { createHash } from 'node:crypto';
import type { Run } from '@skaha/engine/ports/runner.js';

/** Label that distinguishes the objects of a platform from those of all others. */
export const instanceLabel = 'skaha.platform';

/** Label that holds the key of a session. */
export const keyLabel = 'skaha.session';

/** The one container of a session's pod. */
export const containerName = 'session';

/** Whether a session is started again when its program fails: all but batch jobs are, as on the real platform. */
export const isRestarted = ({ kind }: Pick<Run, 'kind'>): boolean => kind !== 'headless';

/** Selects everything of a platform. */
export const ofInstance = (instance: string): string => `${instanceLabel}=${instance}`;

/** Selects what belongs to sessions of a platform, and not to users. */
export const ofSessions = (instance: string): string => `${ofInstance(instance)},${keyLabel}`;

const longestName = 63;

const isPlain = (character: string | undefined): boolean =>
  character !== undefined && /[A-Za-z0-9]/.test(character);

/** Without what is neither letter nor digit at both ends. */
function trimmedOf(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && !isPlain(text[from])) from += 1;
  while (from < to && !isPlain(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

/**
 * A text as part of the name of an object; what had to be changed is distinguished by a hash.
 *
 * @param most - characters
 */
export function nameFrom(text: string, most = longestName): string {
  const plain = text.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  const trimmed = trimmedOf(plain);
  if (trimmed === text && trimmed.length <= most && trimmed !== '') return trimmed;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return trimmedOf(`${trimmed.slice(0, most - 9)}-${hash}`);
}

/** A text as the value of a label. */
export function labelFrom(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, longestName);
  return trimmedOf(plain);
}

/** Names of the objects of a session. */
export const jobName = (run: Pick<Run, 'job'>): string => nameFrom(run.job);
export const secretName = (key: string): string => `skaha-${nameFrom(key, 40)}-secrets`;
export const loginName = (key: string): string => `skaha-${nameFrom(key, 40)}-registry`;

/** Names of the objects of a user; those of two platforms in one namespace differ. */
export const accountName = (instance: string, user: string): string =>
  `skaha-${nameFrom(instance, 20)}-user-${nameFrom(user, 24)}`;
