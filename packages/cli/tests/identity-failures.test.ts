import { chmod, chown, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { makePair } from '../../client/tests/auth/fixtures.js';
import { type Result, type RunOptions, sharedPlatform } from './harness.js';
import { decide, Home, passwordOf } from './identity.js';

const shell = sharedPlatform();
let home: Home;

beforeEach(async () => {
  shell.platform.identity.controls.reset();
  home = await Home.make();
  await home.knows(shell.platform);
});

const wrongPassword = 'SENTINEL-password';
const withPassword = (user = 'ada') => ['login', 'pass', '--username', user, '--password-stdin'];

/** Everything secret that the home directory holds, and what was typed. */
async function secrets(): Promise<string[]> {
  const text = (await home.text()) ?? '';
  const saved = [
    ...text.matchAll(/(?:secret|access|refresh|registration_token): "?([^\s",}]{12,})/g),
  ];
  return [wrongPassword, await passwordOf(shell.platform), ...saved.map(([, value = '']) => value)];
}

/** One line that says what failed and one that says what to do, for people and for programs. */
async function fails(
  run: (words: string[]) => Promise<Result>,
  code: string,
  status: number,
): Promise<string> {
  const people = await run([]);
  const programs = await run(['--json']);
  const curious = await run(['--debug']);
  const lines = people.stderr.split('\n').filter((line) => !line.startsWith('Warning: '));
  expect(lines.join('\n')).toMatch(/(?:^|\n)Error: .+\n( {2}.+\n)*Hint: .+\n( {2}.+\n)*$/);
  expect([people.stdout, programs.stdout]).toEqual(['', '']);
  expect([people.status, programs.status, curious.status]).toEqual([status, status, status]);
  const last = programs.stderr.trimEnd().split('\n').at(-1) ?? '';
  expect(JSON.parse(last)).toMatchObject({ code, message: expect.any(String) });
  const all = [people, programs, curious].map(({ stdout, stderr }) => stdout + stderr).join('\n');
  for (const secret of await secrets()) expect(all).not.toContain(secret);
  expect(all).not.toContain('PRIVATE KEY');
  return lines.join(' ').replace(/\s+/g, ' ');
}

const line =
  (words: readonly string[], options: RunOptions = {}) =>
  (more: string[]) =>
    home.run([...words, ...more], options);

/** The settings and the certificate are as they were. */
async function changesNothing(work: () => Promise<unknown>): Promise<void> {
  const state = async () => [
    await home.text(),
    await readdir(join(home.path, '.ssl')).catch(() => []),
    (await readdir(join(home.path, '.config/skaha'))).sort(),
  ];
  const before = await state();
  await work();
  expect(await state()).toEqual(before);
}

describe('a login with a password', () => {
  test.each(['ada', 'nobody'])('of %s that is wrong: 3, in the same words', async (user) => {
    const { port } = shell.platform;
    await changesNothing(async () => {
      const stdin = `${wrongPassword}\n`;
      expect(
        await fails(line(withPassword(user), { stdin }), 'authentication.denied', 3),
      ).toContain(`Error: The user name or password was refused by 127.0.0.1:${port}.`);
    });
  });

  test('whose certificate is of tomorrow keeps the old one and names the clock: 3', async () => {
    const stdin = await passwordOf(shell.platform);
    expect(await home.run(withPassword(), { stdin })).toMatchObject({ status: 0 });
    const path = join(home.path, '.ssl/pass.pem');
    const before = await readFile(path);
    shell.platform.identity.controls.certificates.notYetValid = true;
    const run = line([...withPassword(), '--force'], { stdin });
    expect(await fails(run, 'authentication.credential_invalid', 3)).toContain('clock');
    expect(await readFile(path)).toEqual(before);
  });
});

describe('a registry', () => {
  const certificateLogin = async () =>
    line(withPassword(), { stdin: await passwordOf(shell.platform) });

  test('that has no document: 6', async () => {
    shell.platform.identity.controls.registry.missing = true;
    await changesNothing(async () => {
      await fails(await certificateLogin(), 'server.discovery_failed', 6);
    });
  });

  test('that is too large: 6, and it is not read to its end', async () => {
    shell.platform.identity.controls.registry.paddedBytes = 2 * 1024 * 1024;
    await changesNothing(async () => {
      const said = await fails(await certificateLogin(), 'server.discovery_failed', 6);
      expect(said).toContain('sent more than 1024 KiB');
    });
  });

  test('that is slow: 6', async () => {
    shell.platform.identity.controls.registry.delayMs = 60_000;
    await changesNothing(async () => {
      const login = await certificateLogin();
      const said = await fails(
        (more) => login(['--timeout', '1', ...more]),
        'server.discovery_failed',
        6,
      );
      expect(said).toContain('did not answer within 1 second');
    });
  });

  test('of equals signs, prototypes and escapes does no harm', async () => {
    const { registry } = shell.platform.identity.controls;
    registry.extraLines = [
      '='.repeat(200_000),
      ...Array.from({ length: 1000 }, () => '='),
      'ivo://__proto__/skaha = https://a.example.org/skaha/capabilities',
      'ivo://constructor/skaha = https://a.example.org/skaha/capabilities',
      'ivo://\u001b[2Jx/skaha = https://a.example.org/skaha/capabilities',
      'ivo://inside.example.org/skaha = https://169.254.169.254/skaha/capabilities',
    ];
    const login = await certificateLogin();
    expect(await login([])).toMatchObject({ status: 0 });
    const dead = await home.run(['server', 'ls', '--dead', '--json']);
    expect(dead.stdout + dead.stderr).not.toContain('\u001b');
    expect(Object.keys((await home.settings()).servers)).toEqual(['pass']);
  });

  test.each([
    ['entities', '<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;&y;</a>'],
    ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
  ])('that leads to capabilities with %s: 4', async (_what, document) => {
    shell.platform.identity.controls.capabilities.document = document;
    await changesNothing(async () => {
      const said = await fails(await certificateLogin(), 'server.none_available', 4);
      expect(said).toContain("The server's description of itself");
    });
  });

  test('that leads to capabilities of another host: 4', async () => {
    shell.platform.identity.controls.capabilities.origin = 'https://evil.example.org';
    await changesNothing(async () => {
      const said = await fails(await certificateLogin(), 'server.none_available', 4);
      expect(said).toContain('refer to another host, which is not trusted');
    });
  });
});

describe('a login with a code', () => {
  const code = line(['login', 'code']);
  const metadata: [string, Record<string, unknown>, string][] = [
    [
      'identifies itself with a different issuer',
      { issuer: 'https://evil.example.org/' },
      'a different issuer',
    ],
    [
      'offers no codes',
      { device_authorization_endpoint: undefined },
      'offers no login with a code',
    ],
    [
      'wants the token elsewhere',
      { token_endpoint: 'http://evil.example.org/' },
      'an unsafe address',
    ],
  ];

  test.each(metadata)(
    'at a provider that %s: 3, and nothing is sent',
    async (_what, change, said) => {
      shell.platform.identity.controls.oidc.metadata = change;
      const from = shell.platform.requests.length;
      await changesNothing(async () => {
        expect(await fails(code, 'authentication.provider_invalid', 3)).toContain(said);
      });
      const sent = shell.platform.requests.slice(from);
      expect(sent.filter(({ method }) => method === 'POST')).toEqual([]);
    },
  );

  test('that is refused on the page: 3', async () => {
    await changesNothing(async () => {
      const run = async (more: string[]) => {
        const running = code(more);
        await decide(shell.platform, false);
        return running;
      };
      await fails(run, 'authentication.denied', 3);
    });
  });

  test('that comes too late: 3', async () => {
    await changesNothing(async () => {
      const run = (more: string[]) => {
        shell.platform.identity.controls.oidc.polling = ['expired_token'];
        return code(more);
      };
      expect(await fails(run, 'authentication.expired', 3)).toContain('The code of this login');
    });
  });

  test('at a provider that is down from the start: 6', async () => {
    shell.platform.identity.controls.oidc.down = true;
    await changesNothing(() => fails(code, 'transport.failure', 6));
  });

  /** The code that comes after those that are there. */
  async function nextCode(): Promise<() => Promise<string>> {
    const { identity } = shell.platform;
    const former = identity.pendingDevices;
    return async () => {
      for (;;) {
        const made = identity.pendingDevices.find((one) => !former.includes(one));
        if (made !== undefined) return made;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
  }

  test('at a provider that goes down in the middle, and stays so: 6', async () => {
    const { oidc } = shell.platform.identity.controls;
    await changesNothing(async () => {
      const run = async (more: string[]) => {
        Object.assign(oidc, { down: false, deviceCodeSeconds: 2 });
        const appears = await nextCode();
        const running = code(more);
        await appears();
        oidc.down = true;
        return running;
      };
      expect(await fails(run, 'transport.failure', 6)).toContain('stopped working');
    });
  });

  test('at a provider that goes down in the middle, and comes back: 0', async () => {
    const { identity } = shell.platform;
    identity.controls.oidc.polling = ['server_error', 'closed_connection'];
    const appears = await nextCode();
    const running = code([]);
    await identity.approveDevice(await appears(), 'ada');
    expect(await running).toMatchObject({ status: 0 });
    expect(identity.controls.oidc.polling).toEqual([]);
  });

  test('that was revoked elsewhere: 3, and the record stays as it is', async () => {
    const { identity } = shell.platform;
    const appears = await nextCode();
    const running = code([]);
    await identity.approveDevice(await appears(), 'ada');
    expect(await running).toMatchObject({ status: 0 });
    const elsewhere = await Home.make();
    await elsewhere.write((await home.text()) ?? '');
    expect(await elsewhere.run(['logout', 'code'])).toMatchObject({ status: 0 });
    const { access } = (await home.settings()).credentials.code.expiry;
    await home.write(((await home.text()) ?? '').replace(String(access), '1'));
    const before = await home.text();
    expect(await fails(line(['ps']), 'authentication.expired', 3)).toContain(
      "Your login 'code' has ended. Hint: Log in again: 'skaha login code --force'",
    );
    expect(await home.text()).toBe(before);
  });
});

describe('a certificate', () => {
  const day = 86_400_000;
  const pair = (from: number, until: number) =>
    makePair(new Date(Date.now() + from), new Date(Date.now() + until));
  const good = pair(-day, day);
  const other = pair(-day, day);
  const old = pair(-2 * day, -day);
  const next = pair(day, 2 * day);
  const both = ({ certificate, key }: typeof good) => `${certificate}${key}`;
  const states: [string, string | undefined, string, string][] = [
    ['missing', undefined, 'authentication.credential_missing', 'does not exist'],
    ['expired', both(old), 'authentication.expired', 'expired on'],
    ['not valid yet', both(next), 'authentication.credential_invalid', "this machine's clock says"],
    ['malformed', 'SENTINEL-noise', 'authentication.credential_invalid', 'contains no certificate'],
    [
      'without key',
      good.certificate,
      'authentication.credential_invalid',
      'contains no private key',
    ],
    [
      'with the key of another',
      good.certificate + other.key,
      'authentication.credential_invalid',
      'its private key does not match the certificate',
    ],
  ];

  test.each(states)('that is %s: 3, for every command', async (_what, text, code, said) => {
    const path = join(home.path, 'mine.pem');
    if (text !== undefined) await writeFile(path, text, { mode: 0o600 });
    const { url, ca } = shell.platform;
    await home.write(`schema: skaha
version: 1
active: mine
contexts: { mine: { server: mine, credential: mine } }
servers: { mine: { url: "${url}", ca: "${ca}" } }
credentials: { mine: { mode: x509, path: "${path}" } }
`);
    for (const words of [['ps'], ['stats'], ['image', 'ls'], ['info', 'ab12cd34'], ['whoami']]) {
      expect(await fails(line(words), code, 3)).toContain(said);
    }
  });

  test('that is a directory: 3', async () => {
    const path = join(home.path, 'folder');
    await mkdir(path);
    const { url, ca } = shell.platform;
    const words = ['ps', '--url', url, '--ca', ca, '--certificate', path];
    expect(await fails(line(words), 'authentication.credential_invalid', 3)).toContain(
      'is not a file',
    );
  });
});

describe('the user this process runs as', () => {
  /** The superuser may read and write everything, so that somebody else must try. */
  async function asOther<Value>(work: () => Promise<Value>): Promise<Value> {
    if (process.getuid?.() !== 0) return work();
    process.seteuid?.(65_534);
    try {
      return await work();
    } finally {
      process.seteuid?.(0);
    }
  }

  /** Lets that user into the home directory, and gives it what it needs there. */
  async function letIn(): Promise<void> {
    const ca = join(home.path, 'ca.pem');
    await copyFile(shell.platform.ca, ca);
    const text = (await home.text()) ?? '';
    await home.write(text.replaceAll(shell.platform.ca, ca));
    for (const path of ['', '.config', '.config/skaha']) await chmod(join(home.path, path), 0o755);
    if (process.getuid?.() === 0) await chown(home.config, 65_534, 65_534);
  }

  test('may not read the certificate: 3', async () => {
    await letIn();
    const path = join(home.path, 'mine.pem');
    const { certificate, key } = makePair(new Date(0), new Date(Date.now() + 86_400_000));
    await writeFile(path, certificate + key);
    await chmod(path, 0o000);
    const { url } = shell.platform;
    const run = (more: string[]) =>
      asOther(() => home.run(['ps', '--url', url, '--certificate', path, ...more]));
    const said = await fails(run, 'authentication.credential_invalid', 3);
    expect(said).toContain('is not readable');
    expect(said).toContain('chmod 600');
  });

  test('may not write in the home directory: 1, and no certificate is made', async () => {
    await letIn();
    const folder = join(home.path, '.config/skaha');
    await chmod(folder, 0o555);
    const from = shell.platform.requests.length;
    const before = await home.text();
    const stdin = await passwordOf(shell.platform);
    const run = (more: string[]) =>
      asOther(() => home.run([...withPassword(), ...more], { stdin }));
    expect(await fails(run, 'config.unwritable', 1)).toContain('permission denied');
    await chmod(folder, 0o700);
    expect(await home.text()).toBe(before);
    const asked = shell.platform.requests.slice(from).map(({ path }) => path);
    expect(asked.filter((path) => path.startsWith('/cred/generate'))).toEqual([]);
  });
});

test('a corrupt configuration: 1, naming the file and none of its secrets', async () => {
  await home.write('schema: skaha\nversion: 1\nregistries: { h: { secret: SENTINEL-password, }\n');
  for (const words of [['ps'], ['auth', 'ls'], ['config', 'show'], ['server', 'ls']]) {
    expect(await fails(line(words), 'config.invalid', 1)).toContain(home.config);
  }
});

test('S6: a fault of this program shows no secret', async () => {
  await home.write(`schema: skaha
version: 1
active: mine
contexts: { mine: { server: mine, credential: mine } }
servers: { mine: { url: "${shell.platform.url}", ca: "${shell.platform.ca}" } }
credentials: { mine: { mode: token, access: SENTINEL-password } }
`);
  const connect = () => Promise.reject(new TypeError('Cannot read properties of undefined'));
  const run = line(['ps'], { services: { connect } });
  for (const words of [[], ['--json'], ['--debug']]) {
    const { status, stdout, stderr } = await run(words);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).not.toContain('SENTINEL');
  }
});
