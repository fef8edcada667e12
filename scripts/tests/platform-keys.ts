import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the keys of this run are, for the processes that run tests. */
const variable = 'TEST_PLATFORM_KEYS';

/** The keys and certificates of a data folder that belong to no user. */
const shared = [
  'ca.pem',
  'private/authority.pem',
  'private/server.pem',
  'private/credential-authority.pem',
  'private/oidc-keys.json',
];

/** The users of tests, beside the one whose platform it is when nobody is named. */
const users = [
  'ada',
  'adastra',
  'guest',
  'alice',
  'bob',
  'carol',
  'eve',
  'mallory',
  'other',
  'outsider',
  'victim',
];

/**
 * Gives a new data folder the keys that this run has made, as if a platform had been there before.
 * Making them takes most of the time of a first start, a fifth of a second for each user, and
 * hundreds of tests start a platform.
 */
export function layKeys(data: string): void {
  const source = process.env[variable];
  if (source === undefined || existsSync(join(data, 'private'))) return;
  mkdirSync(join(data, 'private/users'), { recursive: true, mode: 0o700 });
  const ofUsers = readdirSync(join(source, 'private/users'))
    .filter((name) => /\.(?:pem|token)$/.test(name))
    .map((name) => `private/users/${name}`);
  for (const name of [...shared, ...ofUsers]) copyFileSync(join(source, name), join(data, name));
}

async function ask(url: URL, ca: string, headers: Record<string, string> = {}): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const outgoing = request(url, { ca: readFileSync(ca), headers, agent: false }, (incoming) => {
      incoming.resume();
      incoming.on('end', () =>
        incoming.statusCode === 200
          ? resolve()
          : reject(new Error(`${url.pathname}: ${incoming.statusCode}`)),
      );
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Makes the keys, once for all projects of a run. */
export async function setup(): Promise<(() => void) | undefined> {
  if (process.env[variable] !== undefined) return undefined;
  const data = mkdtempSync(join(tmpdir(), 'skaha-keys-'));
  process.env[variable] = data;
  const { startPlatform } = await import('skaha-platform');
  const config = { users: users.map((name) => ({ name })) };
  const platform = await startPlatform({ data, port: 0, config, runner: 'process' });
  // The identity services make theirs when they are first asked.
  await ask(new URL('/jwk', platform.url), platform.ca);
  const authorization = `Bearer ${platform.token}`;
  await ask(new URL('/cred/generate?daysValid=1', platform.url), platform.ca, { authorization });
  await platform.stop();
  return () => rmSync(data, { recursive: true, force: true });
}
