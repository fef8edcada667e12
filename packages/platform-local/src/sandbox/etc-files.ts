import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import type { Run } from '@skaha/engine/ports/runner.js';
import type { Mount } from '../mounts.js';
import { hostsFor } from '../network/session-networks.js';
import { nameServer } from '../network/slirp.js';
import { sandboxPaths } from './arguments.js';

// The files of /etc that a session has of its own.

/**
 * The users and groups that a session sees: its own, and those that programs look for. All sessions
 * of a user see the same files, and none can change them.
 */
export class AccountFiles {
  readonly #place: string;
  readonly #filesByUser = new Map<string, { passwd: string; group: string }>();

  /** @param place - the private directory of the platform */
  constructor(place: string) {
    this.#place = place;
  }

  of({ user, uid }: Run): { passwd: string; group: string } {
    const known = `${user} ${uid}`;
    const found = this.#filesByUser.get(known);
    if (found !== undefined) return found;
    const place = join(this.#place, 'accounts', user);
    mkdirSync(place, { recursive: true, mode: 0o700 });
    const files = { passwd: join(place, 'passwd'), group: join(place, 'group') };
    const own = `${user}:x:${uid}:${uid}:${user}:${sandboxPaths.home(user)}:/bin/sh\n`;
    // A user of the platform may well be called root.
    const root = user === 'root' ? '' : 'root:x:0:0:root:/root:/usr/sbin/nologin\n';
    const nobody = 'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n';
    replaceFileSync(files.passwd, own + root + nobody, 0o644);
    replaceFileSync(files.group, `${user}:x:${uid}:\nnogroup:x:65534:\n`, 0o644);
    this.#filesByUser.set(known, files);
    return files;
  }
}

/**
 * The names by which a session and the other sessions of its user are found.
 *
 * @param address - of the session
 * @param directory - of the run
 * @returns undefined where this machine has no such file that it could stand in for
 */
export function hostsFile(run: Run, address: string, directory: string): string | undefined {
  if (!existsSync('/etc/hosts')) return undefined;
  const path = join(directory, 'hosts');
  const names = [run.key, run.environment['HOSTNAME'] ?? ''];
  writeFileSync(path, hostsFor(run, address, names), { mode: 0o644 });
  return path;
}

const resolverSettings = '/etc/resolv.conf';

/**
 * Where a session finds its name servers: what this machine has, at the place to which `/etc`
 * leads, or the way out that is the session's own.
 *
 * @param directory - of the run
 */
export function nameServersFor({ network }: Run, directory: string): Mount[] {
  if (network === 'none') return [];
  try {
    const target = realpathSync(resolverSettings);
    if (network === 'host') {
      return target.startsWith('/run/') ? [{ source: target, target, readOnly: true }] : [];
    }
    const source = join(directory, 'resolv.conf');
    const others = readFileSync(resolverSettings, 'utf8')
      .split('\n')
      .filter((line) => /^(?:search|options|domain)\s/.test(line));
    writeFileSync(source, `${[`nameserver ${nameServer}`, ...others].join('\n')}\n`, {
      mode: 0o644,
    });
    return [{ source, target, readOnly: true }];
  } catch {
    return [];
  }
}
