import { describe, expect, test } from 'vitest';
import type { RunOptions } from '../harness.js';
import { type StandInShell, session, standIn } from '../stand-in.js';

const { Interruption } = await import('../../src/exit.js');

const header = 'TYPE    REASON     MESSAGE    FIRST-TIME    LAST-TIME\n';
const scheduled = 'Normal  Scheduled  Assigned  to  here  <nil>  2026-08-06T11:00:00Z\n';
const pulling = (last: string) =>
  `Warning  Failed  Cannot pull  2026-08-06T11:01:00Z  2026-08-06T11:0${last}:00Z\n`;

/** One moment in the life of each session. */
interface Moment {
  status?: string;
  events?: string;
  log?: string | Uint8Array;
}

/** A server with sessions of the given lives, moved on each time they are described. */
async function lives(of: Readonly<Record<string, readonly Moment[]>>): Promise<StandInShell> {
  const looks = new Map<string, number>();
  const described = (id: string, moment: Moment | undefined) =>
    session(id, { name: `job-${id.slice(0, 3)}`, status: moment?.status ?? 'Running' });
  return standIn(({ path }) => {
    const url = new URL(path, 'http://h');
    const id = /\/session\/(\w+)$/.exec(url.pathname)?.[1];
    if (id === undefined) {
      const all = Object.entries(of).map(([each, moments]) => described(each, moments[0]));
      return { body: JSON.stringify(all) };
    }
    const moments = of[id];
    const view = url.searchParams.get('view');
    if (view === null) looks.set(id, (looks.get(id) ?? 0) + 1);
    const moment = moments?.[Math.min(looks.get(id) ?? 1, moments.length) - 1];
    if (moments === undefined || moment?.status === 'gone') {
      const headers = { 'content-type': 'text/plain' };
      return { status: 404, headers, body: `session ${id} not found\n` };
    }
    if (view === 'events') return { body: moment?.events ?? '' };
    if (view === 'logs') return { body: moment?.log ?? '' };
    return { body: JSON.stringify(described(id, moment)) };
  });
}

describe('events', () => {
  test('29: show messages with double spaces, and say that there are none', async () => {
    const { skaha } = await lives({
      aaa11111: [{ events: header + scheduled }],
      bbb22222: [{ events: '<none>\n' }],
    });
    const some = await skaha(['events', 'aaa11111', '--json']);
    expect(JSON.parse(some.stdout)).toEqual([
      {
        id: 'aaa11111',
        type: 'Normal',
        reason: 'Scheduled',
        message: 'Assigned  to  here',
        firstTime: null,
        lastTime: '2026-08-06T11:00:00Z',
      },
    ]);
    expect(await skaha(['events', 'bbb22222'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: 'No events for session bbb22222.\n',
    });
    expect((await skaha(['events', 'bbb22222', '--json'])).stdout).toBe('[]\n');
    const both = await skaha(['events', 'aaa11111', 'bbb22222']);
    expect(both.stdout).toMatch(/^SESSION +TYPE.+\naaa11111 +Normal .+\n$/);
    expect(both.stderr).toBe('No events for session bbb22222.\n');
  });

  test('text that cannot be read is shown as it is', async () => {
    const { skaha } = await lives({ aaa11111: [{ events: 'something else\u001B[2J\n' }] });
    expect((await skaha(['events', 'aaa11111'])).stdout).toBe('something else\u001B[2J\n');
    const terminal = { isTty: true };
    expect((await skaha(['events', 'aaa11111'], { terminal })).stdout).toBe('something else[2J\n');
  });

  test('can be narrowed down', async () => {
    const { skaha } = await lives({ aaa11111: [{ events: header + scheduled + pulling('2') }] });
    const reasons = async (...words: string[]) =>
      (await skaha(['events', 'aaa11111', '-o', 'template={reason}', ...words])).stdout;
    expect(await reasons('--types', 'warning,odd')).toBe('Failed\n');
    expect(await reasons('--since', '59m')).toBe('Failed\n');
    expect(await reasons('--filter', 'message=Assigned*')).toBe('Scheduled\n');
    expect(await reasons('--sort-by', '-lastTime', '--limit', '1')).toBe('Failed\n');
    const raw = await skaha(['events', 'aaa11111', '--raw']);
    expect(raw.stdout).toBe(header + scheduled + pulling('2'));
  });

  test('-f tells what is new or has changed, until the session has ended', async () => {
    const life = {
      aaa11111: [
        { status: 'Pending', events: header + scheduled },
        { events: header + scheduled + pulling('1') },
        { events: header + scheduled + pulling('1') },
        { status: 'Failed', events: header + scheduled + pulling('2') },
      ],
    };
    const followed = await (await lives(life)).skaha(['events', '-f', 'aaa11111']);
    expect(followed).toMatchObject({ status: 0, stderr: '' });
    expect(followed.stdout.split('\n')).toEqual([
      '2026-08-06T11:00:00Z  Normal   Scheduled         Assigned  to  here',
      '2026-08-06T11:01:00Z  Warning  Failed            Cannot pull',
      '2026-08-06T11:02:00Z  Warning  Failed            Cannot pull',
      '',
    ]);
    const warnings = ['events', '-f', 'aaa11111', '-t', 'Warning', '-o', 'jsonl', '--fields'];
    const { stdout } = await (await lives(life)).skaha([...warnings, 'type,lastTime']);
    expect(stdout).toBe(
      '{"type":"Warning","lastTime":"2026-08-06T11:01:00Z"}\n{"type":"Warning","lastTime":"2026-08-06T11:02:00Z"}\n',
    );
    const raw = await (await lives(life)).skaha(['events', '-f', 'aaa11111', '--raw']);
    expect(raw.stdout).toBe(header + scheduled + pulling('1') + pulling('2'));
  });

  test('-f of several carries their names, and ends when one was deleted', async () => {
    const { skaha } = await lives({
      aaa11111: [{ events: header + scheduled }, { status: 'gone' }],
      bbb22222: [{ status: 'Completed', events: header + pulling('1') }],
    });
    const followed = await skaha(['events', '-f', 'aaa11111', 'bbb22222', 'zzz99999']);
    expect(followed.status).toBe(7);
    expect(followed.stdout).toContain('job-aaa/aaa11111 │ 2026-08-06T11:00:00Z  Normal');
    expect(followed.stdout).toContain('job-bbb/bbb22222 │ 2026-08-06T11:01:00Z  Warning');
    expect(followed.stderr).toContain('zzz99999');
  });

  test('54: -f ends with 130 on Ctrl-C', async () => {
    const { skaha } = await lives({ aaa11111: [{ events: header + scheduled }] });
    const controller = new AbortController();
    const stopped = await skaha(['events', '-f', 'aaa11111'], {
      terminal: { signal: controller.signal },
      onOut: () => controller.abort(new Interruption('SIGINT')),
    });
    expect(stopped).toMatchObject({ status: 130, stderr: 'Cancelled.\n' });
  });
});

describe('logs', () => {
  test.each([[['-f']], [['-f', '--prefix']], [[]], [['--prefix']]])(
    '%j reads no further than what standard output takes',
    async (words) => {
      const log = 'frame calibrated, residual 0.0417 arcsec\n'.repeat(50_000);
      const { skaha } = await lives({ aaa11111: [{ status: 'Completed', log }] });
      let [printed, waiting, most] = [0, 0, 0];
      const { status } = await skaha(['logs', 'aaa11111', ...words], {
        terminal: {
          out: (chunk) => {
            printed += chunk.length;
            waiting += chunk.length;
            most = Math.max(most, waiting);
          },
          drained: async () => {
            waiting = 0;
          },
        },
      });
      expect(status).toBe(0);
      expect(printed).toBeGreaterThanOrEqual(log.length);
      expect(most).toBeLessThan(printed / 2);
    },
  );

  const bytes = Uint8Array.from([0x5b, 0x69, 0x5d, 0xff, 0x80, 0x9f, 0x0a, 0xc3, 0xa9, 0x0a]);

  test.each([[[]], [['-f']]])('16: reach a pipe byte for byte %j', async (words) => {
    const { skaha } = await lives({ aaa11111: [{ status: 'Completed', log: bytes }] });
    const { stdout, bytes: printed } = await skaha(['logs', 'aaa11111', ...words]);
    expect([...printed]).toEqual([...bytes]);
    expect(stdout).toContain('é');
    const prefixed = await skaha(['logs', 'aaa11111', '--prefix', ...words]);
    expect([...prefixed.bytes.subarray(0, 26)]).toEqual([
      ...Buffer.from('job-aaa/aaa11111 │ '),
      ...bytes.subarray(0, 5),
    ]);
  });

  test.each([[[]], [['-f']]])('16: but a terminal gets text %j', async (words) => {
    const { skaha } = await lives({ aaa11111: [{ status: 'Completed', log: bytes }] });
    const options: RunOptions = { terminal: { isTty: true } };
    const { bytes: printed } = await skaha(['logs', 'aaa11111', ...words], options);
    expect(printed.toString()).toBe('[i]\uFFFD\uFFFD\uFFFD\né\n');
  });

  const growing = {
    aaa11111: [
      { log: 'one\ntwo\n' },
      { log: 'one\ntwo\nthree\n' },
      { status: 'Completed', log: 'two\nthree\nfour' },
    ],
  };

  test.each([
    [[], 'one\ntwo\nthree\nfour'],
    [['--since-start'], 'one\ntwo\nthree\nfour'],
    [['--new'], 'three\nfour'],
    [['--tail', '1'], 'two\nthree\nfour'],
    [['--prefix', '--tail', '0'], 'job-aaa/aaa11111 │ three\njob-aaa/aaa11111 │ four\n'],
  ])('-f %j goes on where it was, also after a rotation', async (words, expected) => {
    const { skaha } = await lives(growing);
    // The pauses of the library are those of its own clock.
    const { status, stdout } = await skaha(['logs', '-f', 'aaa11111', ...words]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expected });
  });

  test('-f of several: each line with its session; a missing one is named', async () => {
    const { skaha } = await lives({
      aaa11111: [{ status: 'Completed', log: 'x\n' }],
      bbb22222: [{ status: 'Completed', log: 'y' }],
    });
    const followed = await skaha(['logs', '-f', 'aaa11111', 'bbb22222', 'nobody', '--timestamps']);
    expect(followed.status).toBe(7);
    expect(followed.stdout.split('\n').sort()).toEqual([
      '',
      '2026-08-06T12:00:00.000Z job-aaa/aaa11111 │ x',
      '2026-08-06T12:00:00.000Z job-bbb/bbb22222 │ y',
    ]);
    expect(followed.stderr).toContain('nobody');
  });
});
