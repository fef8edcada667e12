import fc from 'fast-check';
import {
  type CreateOptions,
  checkCreate,
  planCreate,
  type RequestedKind,
  type Resources,
  type UnlistedKind,
  ValidationError,
} from 'skaha';
import { describe, expect, test } from 'vitest';

const job: CreateOptions = { name: 'job', image: 'skaha/terminal:1.1.2' };

/** The paths of everything wrong with some options. */
function issues(options: Partial<CreateOptions>, resources?: Resources): string[] {
  try {
    planCreate({ ...job, ...options }, resources);
    return [];
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return error.issues.map(({ path }) => path);
  }
}

const words = (options: Partial<CreateOptions>, resources?: Resources) => () =>
  planCreate({ ...job, ...options }, resources);

test('what is checked alone is what a plan is refused for', () => {
  for (const options of [{}, { name: '-' }, { image: '' }, { cores: 0 }, { replicas: 513 }]) {
    const asked: CreateOptions = { ...job, ...options };
    const check = () => checkCreate(asked);
    if (issues(options).length === 0) expect(check).not.toThrow();
    else expect(check).toThrow(ValidationError);
  }
});

describe('the form', () => {
  test('has its fields in order, replicas numbered from 1', () => {
    const plan = planCreate({
      ...job,
      cores: 2,
      memoryGiB: 4,
      gpus: 1,
      cmd: 'python',
      args: ['-m', 'worker'],
      env: { A: '1', B: 'two words' },
      replicas: 2,
    });
    expect(plan.requests.map(({ name }) => name)).toEqual(['job-1', 'job-2']);
    expect(plan.requests[1]?.form).toEqual([
      ['name', 'job-2'],
      ['image', 'images.canfar.net/skaha/terminal:1.1.2'],
      ['cores', '2'],
      ['ram', '4'],
      ['type', 'headless'],
      ['gpus', '1'],
      ['cmd', 'python'],
      ['args', '-m worker'],
      ['env', 'A=1'],
      ['env', 'B=two words'],
      ['env', 'REPLICA_ID=2'],
      ['env', 'REPLICA_COUNT=2'],
    ]);
  });

  test('holds only what was asked for; no GPUs are not asked for', () => {
    expect(
      planCreate({ ...job, kind: 'Notebook' as UnlistedKind, gpus: 0 }, undefined, 'h.example')
        .requests,
    ).toEqual([
      {
        index: 1,
        name: 'job',
        form: [
          ['name', 'job'],
          ['image', 'h.example/skaha/terminal:1.1.2'],
          ['type', 'notebook'],
        ],
      },
    ]);
  });

  test.each(['desktop', 'firefly'])('%s sets its size itself', (kind) => {
    const plan = planCreate({ ...job, kind: kind as RequestedKind, cores: 2, memoryGiB: 999 });
    expect(plan.requests[0]?.form.map(([name]) => name)).toEqual(['name', 'image', 'type']);
    expect(plan.notes).toEqual([expect.stringContaining(kind)]);
  });

  test('a kind of a newer server passes', () => {
    expect(planCreate({ ...job, kind: 'quantum' as UnlistedKind }).kind).toBe('quantum');
  });
});

describe('what is refused', () => {
  test.each<[Partial<CreateOptions>, string[]]>([
    [{ name: 'a_b' }, ['name']],
    [{ name: 'a'.repeat(62), replicas: 10 }, ['name']],
    [{ image: 'not an image' }, ['image']],
    [{ image: '' }, ['image']],
    [{ kind: 'desktop-app' }, ['kind']],
    [{ kind: 'no such kind' as UnlistedKind }, ['kind', 'cmd'].slice(0, 1)],
    [{ kind: 'notebook', cmd: 'x', args: ['y'], env: { A: 'b' } }, ['cmd', 'args', 'env']],
    [{ cores: 0 }, ['cores']],
    [{ cores: 1.5 }, ['cores']],
    [{ cores: 257 }, ['cores']],
    [{ memoryGiB: 513 }, ['memoryGiB']],
    [{ gpus: 29 }, ['gpus']],
    [{ gpus: -1 }, ['gpus']],
    [{ replicas: 0 }, ['replicas']],
    [{ replicas: 513 }, ['replicas']],
    [{ kind: 'desktop', replicas: 2 }, ['replicas']],
    [{ cmd: '' }, ['cmd']],
    [{ cmd: 'python job.py' }, ['cmd']],
    [{ args: [''] }, ['args.0']],
    [{ args: ['a', 'b c'] }, ['args.1']],
    [
      { args: ['"', '\\', '$x', 'a\nb', '\t"', 'a\u0000b', 'a\u2028b', '\ud800'] },
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `args.${n}`),
    ],
    [{ env: { A: '' } }, ['env.A']],
    [{ env: { A: 'b=c' } }, ['env.A']],
    [{ env: { A: 'b=' } }, ['env.A']],
    [{ env: { A: '"' } }, ['env.A']],
    [{ env: { 'A-B': 'x' } }, ['env.A-B']],
    [{ env: { '1A': 'x' } }, ['env.1A']],
    [{ env: { '': 'x' } }, ['env.']],
    [{ env: { REPLICA_ID: '1', REPLICA_COUNT: '2' } }, ['env.REPLICA_ID', 'env.REPLICA_COUNT']],
    [{ env: { HOME: '/x', skaha_sessionid: 'x' } }, ['env.HOME', 'env.skaha_sessionid']],
  ])('%j', (options, paths) => {
    expect(issues(options)).toEqual(paths);
  });

  test('everything is said at once, in the order of the options', () => {
    expect(
      issues({
        name: '-',
        image: '-',
        cores: 0,
        cmd: '$',
        args: [' '],
        env: { A: '' },
        replicas: 0,
      }),
    ).toEqual(['name', 'image', 'cores', 'cmd', 'args.0', 'env.A', 'replicas']);
  });

  test('what cannot be carried comes with the way round it', () => {
    expect(words({ args: ['$x'] })).toThrow(
      expect.objectContaining({
        message: 'The platform cannot pass on a dollar sign ($) in argument 1.',
        hint: expect.stringContaining('script'),
      }),
    );
  });
});

describe("the platform's own bounds", () => {
  const amounts = (options: number[]) => ({
    default: 1,
    defaultRequest: 1,
    defaultLimit: 8,
    options,
  });
  const resources: Resources = {
    cores: amounts([1, 2, 3, 4, 5, 6, 7, 8]),
    memoryGiB: amounts([1, 2, 4, 8]),
    gpus: { options: [] },
    raw: {},
  };

  test('come before the general ones', () => {
    expect(issues({ cores: 8, memoryGiB: 8 }, resources)).toEqual([]);
    expect(words({ cores: 9 }, resources)).toThrow(
      'This platform offers 1 to 8 cores; 9 is not among them.',
    );
    expect(words({ memoryGiB: 3 }, resources)).toThrow(
      'This platform offers 1, 2, 4, 8 GiB of memory; 3 is not among them.',
    );
    expect(words({ gpus: 1 }, resources)).toThrow('This platform offers no GPUs');
    expect(issues({ gpus: 0 }, resources)).toEqual([]);
  });
});

describe('what the server makes of an accepted plan', () => {
  /** How the server takes arguments apart, and which variables it keeps (Skaha API 2.3). */
  const split = (args: string) => args.replace(/ +$/, '').split(' ');
  const keeps = (entry: string) => entry.replace(/=+$/, '').split('=').length === 2;

  test('arguments and variables arrive as they were given', () => {
    const word = fc.string({ maxLength: 12, unit: 'grapheme' });
    const args = fc.array(word, { maxLength: 5 });
    const env = fc.dictionary(fc.stringMatching(/^[A-Z_]{1,6}$/), word, { maxKeys: 3 });
    fc.assert(
      fc.property(args, env, (given, variables) => {
        if (issues({ args: given, env: variables }).length > 0) return;
        const form = planCreate({ ...job, args: given, env: variables }).requests[0]?.form ?? [];
        const sent = new URLSearchParams(
          form.map(([name, value]): [string, string] => [name, value]),
        );
        const received = new URLSearchParams(sent.toString());
        if (given.length > 0) expect(split(received.get('args') ?? '')).toEqual(given);
        const entries = received.getAll('env');
        expect(entries.every(keeps)).toBe(true);
        for (const [name, value] of Object.entries(variables)) {
          expect(entries).toContain(`${name}=${value}`);
        }
        for (const text of [...given, ...Object.values(variables)]) {
          expect(text).not.toMatch(/["\\$\p{Cc}]/u);
        }
      }),
      { numRuns: 500 },
    );
  });
});
