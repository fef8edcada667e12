import { userInfo } from 'node:os';
import type { SessionStore } from '@skaha/engine/store/session-store.js';
import type { UserSettings } from '@skaha/identity/identities.js';
import { userNamePattern } from '@skaha/identity/user-names.js';
import { PlatformError } from '@skaha/service/errors.js';
import { ownUid } from './config/settings.js';

const fallback = 'astronomer';

/** The name of the system's user, adapted to the rules here, or a neutral one. */
export function systemUser(): string {
  let name: string;
  try {
    name = userInfo().username;
  } catch {
    return fallback;
  }
  const safe = name
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 32)
    .replace(/(?<![^a-z0-9])[^a-z0-9]+$/, '');
  return userNamePattern.test(safe) ? safe : fallback;
}

/**
 * Chooses the main user and returns all users, the main one first. Main users of earlier starts
 * remain users, so that their sessions still belong to somebody.
 *
 * @throws {PlatformError} `config.invalid` for an invalid name
 */
export function chooseUsers(
  store: SessionStore,
  asked: string | undefined,
  configured: readonly UserSettings[],
): UserSettings[] {
  if (asked !== undefined && !userNamePattern.test(asked)) {
    throw new PlatformError('config.invalid', `${JSON.stringify(asked)} cannot be a user name.`, {
      hint: 'Use 1 to 32 characters from a-z, 0-9, _ and -, beginning with a letter.',
    });
  }
  const earlier = (store.fact('users') ?? '').split(' ').filter((name) => name !== '');
  const main = asked ?? earlier[0] ?? systemUser();
  const names = [main, ...earlier.filter((name) => name !== main)];
  store.setFact('users', names.join(' '));
  const others = configured.filter(({ name }) => !names.includes(name));
  const known = names.map(
    (name) =>
      configured.find((user) => user.name === name) ?? {
        name,
        uid: ownUid(),
        groups: [],
        access: true,
      },
  );
  return [...known, ...others];
}
