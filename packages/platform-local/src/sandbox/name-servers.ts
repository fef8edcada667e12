import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '@skaha/engine/ports/runner.js';
import { nameServer } from '../network/outwards.js';
import type { Mount } from '../places.js';

const settings = '/etc/resolv.conf';

/**
 * Where a session finds its name servers: what this machine has, at the place to which `/etc`
 * leads, or the way out that is the session's own.
 *
 * @param directory - of the run
 */
export function nameServersFor({ network }: Run, directory: string): Mount[] {
  if (network === 'none') return [];
  try {
    const target = realpathSync(settings);
    if (network === 'host') {
      return target.startsWith('/run/') ? [{ source: target, target, readOnly: true }] : [];
    }
    const source = join(directory, 'resolv.conf');
    const others = readFileSync(settings, 'utf8')
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
