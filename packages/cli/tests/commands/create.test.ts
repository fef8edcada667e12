import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalRecord } from 'skaha/internal/batch/records.js';
import type { SkahaClientOptions } from 'skaha/internal/client/options.js';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { systemServices } from '../../src/environment/services.js';
import { Interruption } from '../../src/exit.js';
import { idsOf, ownPlatform, servicesFor, sharedPlatform } from '../harness.js';

const image = 'skaha/terminal:1.1.2';
const { skaha, ...rest } = shared();

function shared() {
  const shell = sharedPlatform();
  return { skaha: shell.skaha, posts: () => postsOf(shell) };
}

function postsOf({ platform }: { platform: { requests: readonly { method: string }[] } }) {
  return platform.requests.filter(({ method }) => method === 'POST').length;
}

describe('create', () => {
  test('launches one session and says its id and name', async () => {
    const { status, stdout, stderr } = await skaha([
      'create',
      'headless',
      image,
      '-n',
      'one',
      '--',
      'true',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^created [a-z0-9]{8} \(one\)\n$/);
  });

  test('launches replicas with their numbers, in order', async () => {
    const made = await skaha([
      'create',
      'headless',
      image,
      '-n',
      'many',
      '-r',
      '3',
      '--json',
      '--details',
      '--',
      'true',
    ]);
    expect(made.status).toBe(0);
    expect(JSON.parse(made.stdout)).toEqual(
      [1, 2, 3].map((index) => ({
        index,
        name: `many-${index}`,
        id: expect.stringMatching(/^[a-z0-9]{8}$/),
        image,
      })),
    );
  });

  test('prints an array of ids for programs, and ids alone with -q', async () => {
    const json = await skaha(['create', 'headless', image, '--json', '--', 'true']);
    expect(JSON.parse(json.stdout)).toEqual([expect.stringMatching(/^[a-z0-9]{8}$/)]);
    expect(json.stderr).toBe('');
    const yaml = await skaha(['create', 'headless', image, '--yaml', '--', 'true']);
    expect(parseYaml(yaml.stdout)).toHaveLength(1);
    const quiet = await skaha(['create', 'headless', image, '-r', '2', '-q', '--', 'true']);
    expect(quiet.stdout).toMatch(/^([a-z0-9]{8}\n){2}$/);
  });

  test('passes words after -- unchanged, options included', async () => {
    const words = ['--', 'echo', '--json', '-h', '--help', '--'];
    const made = await skaha(['create', 'headless', image, '-n', 'words', '-q', ...words]);
    const [id = ''] = idsOf(made);
    expect(await skaha(['wait', id, '--interval', '10ms'])).toMatchObject({ status: 0 });
    expect((await skaha(['logs', id])).stdout).toBe('--json -h --help --\n');
  });

  test('takes variables from files, then options, then the shell', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'skaha-env-')), 'variables');
    writeFileSync(file, '# comment\n\nexport BAND=g\nSEASON="late autumn"\nSITE=x\n');
    const args = ['--env-file', file, '-e', 'BAND=r', '-e', 'OWN'];
    const made = await skaha(
      ['create', 'headless', image, '-n', 'vars', '--dry-run', '--json', ...args, '--', 'env'],
      { terminal: { env: { OWN: 'mine' } } },
    );
    expect(JSON.parse(made.stdout)[0].parameters.env).toEqual([
      'BAND=r',
      'SEASON=late autumn',
      'SITE=x',
      'OWN=mine',
      'REPLICA_ID=1',
      'REPLICA_COUNT=1',
    ]);
  });

  test('makes up a name of one word when none is given', async () => {
    const named = await skaha(['create', 'headless', image, '--dry-run', '--json', '--', 'true'], {
      services: { random: () => 0 },
    });
    expect(JSON.parse(named.stdout)[0].name).toBe('aryabhata');
  });

  test('uses the usual image of an interactive kind, and says so', async () => {
    const made = await skaha(['create', 'notebook', '-n', 'nb', '--dry-run', '-o', 'table']);
    expect(made.stderr).toContain('Using the image images.canfar.net/skaha/astroml:latest.');
    expect(made.stdout).toContain('images.canfar.net/skaha/astroml:latest');
    const headless = await skaha(['create', 'headless', '--', 'true']);
    expect(headless).toMatchObject({ status: 2, stdout: '' });
    expect(headless.stderr).toContain('IMAGE is missing.');
  });
});

describe('create --dry-run', () => {
  test('checks, shows the exact requests, and launches nothing', async () => {
    const before = rest.posts();
    const shown = await skaha([
      'create',
      'headless',
      'skaha/terminal',
      '-n',
      'dry',
      '-r',
      '50',
      '-c',
      '1',
      '-m',
      '1500Mi',
      '--dry-run',
      '--',
      'ls',
      '-l',
    ]);
    expect(shown.stdout).toBe(
      [
        'POST session',
        '  name   dry-1',
        '  image  images.canfar.net/skaha/terminal:latest',
        '  cores  1',
        '  ram    2',
        '  type   headless',
        '  cmd    ls',
        '  args   -l',
        '  env    REPLICA_ID=1',
        '  env    REPLICA_COUNT=50',
        "and 49 more like it, up to 'dry-50', each with its own REPLICA_ID",
        '',
      ].join('\n'),
    );
    expect(shown.stderr).toContain('Memory is rounded up from 1500Mi to 2 GiB.');
    expect(rest.posts()).toBe(before);
  });

  test('JSON and YAML say the same', async () => {
    const words = ['create', 'headless', image, '-n', 'dry', '--dry-run', '--', 'ls'];
    const json = await skaha([...words.slice(0, 6), '--json', ...words.slice(6)]);
    const yaml = await skaha([...words.slice(0, 6), '--yaml', ...words.slice(6)]);
    expect(parseYaml(yaml.stdout)).toEqual(JSON.parse(json.stdout));
    expect(json.stderr).toBe('');
  });

  test('finds what is wrong', async () => {
    const wrong = await skaha(['create', 'headless', image, '-n', 'a_b', '--dry-run', '--', 'ls']);
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('what create refuses before anything is sent', () => {
  test.each<[string, string[], RegExp]>([
    ['a name with other characters', ['-n', 'my_job', '--', 'ls'], /letters, digits and hyphens/],
    ['an argument with a blank', ['--', 'echo', 'a b'], /splits arguments at spaces/],
    ['an argument with a dollar sign', ['--', 'echo', '$HOME'], /dollar sign/],
    ['a value with an equals sign', ['-e', 'A=b=c', '--', 'ls'], /"="/],
    ['a variable of the platform', ['-e', 'REPLICA_ID=1', '--', 'ls'], /set for each replica/],
    ['a variable that is not set here', ['-e', 'NOT_SET', '--', 'ls'], /NOT_SET is not set here/],
    ['more cores than there are', ['-c', '200', '--', 'ls'], /This platform offers .* cores/],
    ['more memory than there is', ['-m', '500', '--', 'ls'], /This platform offers .* GiB/],
    ['a fraction of a core', ['-c', '1.5', '--', 'ls'], /whole number of cores/],
    ['too little memory', ['-m', '0.2Gi', '--', 'ls'], /at least 1 GiB/],
    ['an unknown unit', ['-m', '4parsec', '--', 'ls'], /not an amount of memory/],
    [
      'an unreadable file of variables',
      ['--env-file', '/nowhere', '--', 'ls'],
      /\/nowhere cannot be read/,
    ],
  ])('%s', async (_what, words, message) => {
    const before = rest.posts();
    const refused = await skaha(['create', 'headless', image, ...words]);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    const [error, hint] = refused.stderr.split('\n');
    expect(error).toMatch(/^Error: /);
    expect(error).toMatch(message);
    expect(hint).toMatch(/^Hint: /);
    expect(refused.stderr).not.toContain('    at ');
    expect(rest.posts()).toBe(before);
  });

  test.each(['cmd', 'env'])('%s for a notebook', async (what) => {
    const words = what === 'cmd' ? ['--', 'ls'] : ['-e', 'A=1'];
    const refused = await skaha(['create', 'notebook', 'skaha/astroml', ...words]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('is for headless sessions');
  });

  test('replicas of a desktop', async () => {
    const refused = await skaha(['create', 'desktop', 'skaha/desktop', '-r', '2']);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('what the server refuses', () => {
  test.each([
    ['skaha/termnal:1.1.2', 'images.canfar.net/skaha/terminal:1.1.2'],
    ['skaha/terminal', 'images.canfar.net/skaha/terminal:1.1.2'],
    ['images.canfar.net/skaha/astrml:latest', 'images.canfar.net/skaha/astroml:latest'],
  ])('the unknown image %s: the one that was meant is named', async (wrong, meant) => {
    const refused = await skaha(['create', 'headless', wrong, '--', 'ls']);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('Error: The platform does not know this image');
    expect(refused.stderr).toContain('(HTTP 400)');
    expect(refused.stderr).toContain(`Hint: Did you mean ${meant}?`);
  });

  test('for programs as one document', async () => {
    const refused = await skaha([
      'create',
      'headless',
      'skaha/nope',
      '-r',
      '2',
      '--json',
      '--',
      'ls',
    ]);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(JSON.parse(refused.stderr)).toMatchObject({
      code: 'partial.failure',
      items: [{ index: 0 }, { index: 1, error: { code: 'request.rejected', status: 400 } }],
    });
  });

  test('one of five replicas: exit 7, both lists shown', async () => {
    const { platform, skaha: own } = await ownPlatform();
    platform.faults.inject({ kind: 'reject-create', every: 3, first: 1, message: 'no room' });
    const made = await own(['create', 'headless', image, '-n', 'five', '-r', '5', '--', 'true']);
    expect(made.status).toBe(7);
    expect(idsOf(made)).toHaveLength(4);
    expect(made.stderr).toContain('1 of 5');
    expect(made.stderr).toMatch(/five-\d: .*no room/);

    platform.faults.clear();
    platform.faults.inject({ kind: 'reject-create', every: 3, first: 1, message: 'no room' });
    const json = await own(['create', 'headless', image, '-r', '5', '--json', '--', 'true']);
    expect(json.status).toBe(7);
    expect(JSON.parse(json.stdout)).toHaveLength(4);
    expect(JSON.parse(json.stderr)).toMatchObject({ code: 'partial.failure', items: [{}] });
  });

  test('Ctrl-C in the middle of 50 replicas lists what was launched', async () => {
    const { platform, skaha: own } = await ownPlatform();
    platform.faults.inject({ kind: 'slow-queue' });
    const controller = new AbortController();
    let launched = 0;
    const jobs = async () => {
      const store = await systemServices({ env: {} }).jobs();
      return {
        ...store,
        openNew: async (...given: Parameters<typeof store.openNew>) => {
          const journal = await store.openNew(...given);
          const append = async (record: JournalRecord) => {
            await journal.append(record);
            if (record.type === 'outcome') launched += 1;
            if (launched === 10) controller.abort(new Interruption('SIGINT'));
          };
          return { ...journal, append };
        },
      };
    };
    const connect = (given: SkahaClientOptions) =>
      servicesFor(platform).connect({ ...given, concurrency: 4 });
    const made = await own(
      ['create', 'headless', image, '-n', 'fifty', '-r', '50', '-q', '--', 'true'],
      { services: { connect, jobs }, terminal: { signal: controller.signal } },
    );
    expect(made.status).toBe(130);
    const listed = JSON.parse((await own(['ps', '--all', '--json'])).stdout);
    expect(idsOf(made).sort()).toEqual(listed.map(({ id }: { id: string }) => id).sort());
    expect(idsOf(made).length).toBeGreaterThanOrEqual(10);
    expect(idsOf(made).length).toBeLessThan(50);
    expect(made.stderr).toMatch(/^Error: Cancelled after \d+ of 50 sessions were launched\.\n/);
    expect(made.stderr).toContain(
      "Hint: Continue with 'skaha jobs resume fifty', or undo it with 'skaha jobs cancel fifty'.",
    );
  });
});

test('create --wait waits until the session ran', async () => {
  const made = await skaha(['create', 'headless', image, '-n', 'waited', '--wait', '--', 'true']);
  expect(made.status).toBe(0);
  expect(made.stderr).toMatch(/waited \([a-z0-9]{8}\): /);
});
