import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { idsOf, sharedPlatform } from '../harness.js';

const image = 'skaha/terminal:1.1.2';
const shell = sharedPlatform();
const { skaha } = shell;
const platform = () => shell.platform;
let done = '';
let running = '';

beforeAll(async () => {
  const launch = async (name: string, ...command: string[]) =>
    idsOf(await skaha(['create', 'headless', image, '-n', name, '-q', '--', ...command]))[0] ?? '';
  done = await launch('alpha', 'printf', '[info]%s[/x]', '-----');
  running = await launch('busy', 'sleep', '600');
  await skaha(['wait', done, '--interval', '10ms']);
  await skaha(['wait', running, '--for', 'running', '--interval', '10ms']);
});

describe('ps', () => {
  test('shows what is pending or running', async () => {
    const { status, stdout, stderr } = await skaha(['ps']);
    expect(status).toBe(0);
    expect(stderr).toBe("Not shown: 1 completed. See them with 'skaha ps --all'.\n");
    const [header, ...lines] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^ID\s+NAME\s+KIND\s+STATUS\s+IMAGE\s+AGE$/);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${running}  busy  headless  Running  ${image}`);
  });

  test('--all and --status show finished ones too; Succeeded is Completed', async () => {
    expect(idsOf(await skaha(['ps', '--all', '-q']))).toEqual([done, running]);
    expect(idsOf(await skaha(['ps', '-s', 'completed', '-q']))).toEqual([done]);
    expect(idsOf(await skaha(['ps', '-s', 'Succeeded', '-q']))).toEqual([done]);
    expect(idsOf(await skaha(['ps', '-k', 'headless', '-q']))).toEqual([running]);
  });

  test('has every field for programs, null where there is none, times in UTC', async () => {
    const { stdout, stderr } = await skaha(['ps', '--json']);
    expect(stderr).toBe('');
    const [session] = JSON.parse(stdout);
    expect(Object.keys(session).slice(0, 21)).toEqual([
      'id',
      'userid',
      'runAsUID',
      'runAsGID',
      'supplementalGroups',
      'appid',
      'image',
      'type',
      'status',
      'name',
      'startTime',
      'expiryTime',
      'connectURL',
      'requestedRAM',
      'requestedCPUCores',
      'requestedGPUCores',
      'ramInUse',
      'gpuRAMInUse',
      'cpuCoresInUse',
      'gpuUtilization',
      'isFixedResources',
    ]);
    expect(session).toMatchObject({ id: running, type: 'headless', userid: 'ada', appid: null });
    expect(session.startTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(parseYaml((await skaha(['ps', '--yaml'])).stdout)).toEqual([session]);
  });

  test('says on standard error that there is nothing, and gives programs an empty array', async () => {
    const empty = await skaha(['ps', '-k', 'carta']);
    expect(empty).toMatchObject({ status: 0, stdout: '', stderr: 'No sessions found.\n' });
    expect(await skaha(['ps', '-k', 'carta', '--json'])).toMatchObject({
      stdout: '[]\n',
      stderr: '',
    });
  });

  test('fits a terminal and colours it, and does neither in a pipe', async () => {
    const terminal = { isTty: true, columns: 60 };
    const narrow = await skaha(['ps', '-a'], { terminal });
    expect(narrow.stdout).toContain('\u001B[32mRunning\u001B[39m');
    const plain = await skaha(['ps', '-a', '--color', 'never'], { terminal });
    expect(plain.stdout).not.toContain('\u001B');
    for (const line of plain.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
    const piped = await skaha(['ps', '-a'], { terminal: { columns: 20 } });
    expect(piped.stdout).toContain(`  ${image}`);
    const wide = await skaha(['ps', '-a', '--wide'], { terminal: { columns: 20 } });
    expect(wide.stdout).toContain(`images.canfar.net/${image}`);
  });

  test('-o wide adds resources and expiry', async () => {
    const { stdout } = await skaha(['ps', '--wide']);
    expect(stdout).toMatch(/CORES\s+MEMORY\s+GPUS\s+MODE\s+EXPIRES\s+URL/);
    expect(stdout).toContain('FLEX');
  });
});

describe('info', () => {
  test('tells of what is over how it ended, when, and why', async () => {
    const made = await skaha([
      'create',
      'headless',
      image,
      '-n',
      'ends',
      '-q',
      '--wait',
      '--',
      'sh',
      '-c',
      'exit\t7',
    ]);
    expect(made.status).toBe(8);
    const { stdout } = await skaha(['info', 'ends']);
    expect(stdout).toMatch(/^Ended +2.*\(.* ago\)\nTook +\d+s\nExit status +7\nReason +.*7/m);
    const [document] = JSON.parse((await skaha(['info', 'ends', '--json'])).stdout);
    expect(document).toMatchObject({ endTime: expect.stringMatching(/Z$/), exitStatus: 7 });
    await skaha(['delete', '-y', 'ends']);
  });

  test('takes ids, names, latest and standard input', async () => {
    const byId = await skaha(['info', running]);
    expect(byId.status).toBe(0);
    expect(byId.stdout).toMatch(/^Session\s+[a-z0-9]{8}\nName\s+busy\nKind\s+headless\n/);
    expect((await skaha(['info', 'busy'])).stdout).toContain(running);
    expect((await skaha(['info', 'latest', '-o', 'name'])).stdout).toBe(`${running}\n`);
    const piped = await skaha(['info', '-', '-o', 'name'], {
      stdin: `${done}\n${running}\n${done}\n`,
    });
    expect(idsOf(piped)).toEqual([done, running]);
  });

  test('names each one that is missing: 4 when none is there, 7 when some are', async () => {
    const none = await skaha(['info', 'zzzzzzz9']);
    expect(none).toMatchObject({ status: 4, stdout: '' });
    expect(none.stderr).toContain('zzzzzzz9');
    const two = await skaha(['info', 'zzzzzzz9', 'nosuch']);
    expect(two).toMatchObject({ status: 4, stdout: '' });
    expect(two.stderr).toMatch(/zzzzzzz9/);
    expect(two.stderr).toMatch(/nosuch/);
    const some = await skaha(['info', 'zzzzzzz9', 'busy', '--json']);
    expect(some.status).toBe(7);
    expect(JSON.parse(some.stdout)).toHaveLength(1);
    expect(JSON.parse(some.stderr)).toMatchObject({
      code: 'partial.failure',
      items: [{ item: 'zzzzzzz9', error: { code: 'session.not_found' } }],
    });
  });

  test('suggests the name that was probably meant', async () => {
    const wrong = await skaha(['info', 'bsuy']);
    expect(wrong.status).toBe(4);
    expect(wrong.stderr).toContain("Did you mean 'busy'?");
  });
});

test('a name of several sessions is refused with their ids', async () => {
  const twins = ['create', 'headless', image, '-n', 'twin', '-q', '--', 'true'];
  const ids = [...idsOf(await skaha(twins)), ...idsOf(await skaha(twins))];
  const { status, stdout, stderr } = await skaha(['info', 'twin']);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  for (const id of ids) expect(stderr).toContain(id);
  await skaha(['delete', '-y', ...ids]);
});

describe('events', () => {
  test('are shown in the order of time', async () => {
    const { status, stdout } = await skaha(['events', 'alpha']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^TYPE\s+REASON\s+AGE\s+MESSAGE\n/);
    const places = ['Scheduled', 'Created', 'Started', 'Completed'].map((one) =>
      stdout.indexOf(one),
    );
    expect(places).toEqual([...places].sort((left, right) => left - right));
  });

  test('are objects for programs', async () => {
    const events = JSON.parse((await skaha(['events', 'alpha', '--json'])).stdout);
    expect(Object.keys(events[0])).toEqual([
      'id',
      'type',
      'reason',
      'message',
      'firstTime',
      'lastTime',
    ]);
    expect(events.map(({ reason }: { reason: string }) => reason)).toContain('Completed');
  });
});

describe('logs', () => {
  test('are printed byte for byte', async () => {
    const { status, stdout, stderr } = await skaha(['logs', 'alpha']);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '[info]-----[/x]',
      stderr: '',
    });
  });

  test('keep bytes that are no text', async () => {
    const bytes = [
      'create',
      'headless',
      image,
      '-n',
      'bytes',
      '-q',
      '--',
      'head',
      '-c',
      '2000',
      '/dev/urandom',
    ];
    const [id = ''] = idsOf(await skaha(bytes));
    await skaha(['wait', id, '--interval', '10ms']);
    expect((await skaha(['logs', id])).bytes).toHaveLength(2000);
  });

  test('--tail counts lines from the end', async () => {
    const [id = ''] = idsOf(
      await skaha(['create', 'headless', image, '-n', 'seq', '-q', '--', 'seq', '1', '9']),
    );
    await skaha(['wait', id, '--interval', '10ms']);
    expect((await skaha(['logs', id, '--tail', '2'])).stdout).toBe('8\n9\n');
    expect((await skaha(['logs', id, '-n', '0'])).stdout).toBe('');
    expect((await skaha(['logs', id, '-n', '100'])).stdout).toMatch(/^1\n/);
    const now = new Date('2026-11-23T12:00:00.000Z');
    const clock = { now: () => now.getTime(), sleep: async () => {} };
    const timed = await skaha(['logs', id, '-n', '1', '--timestamps'], { services: { clock } });
    expect(timed.stdout).toBe('2026-11-23T12:00:00.000Z 9\n');
  });

  test('of several sessions carry NAME/ID on each line', async () => {
    const { stdout } = await skaha(['logs', 'alpha', 'seq', '-n', '1']);
    expect(stdout).toMatch(/^alpha\/[a-z0-9]{8} │ \[info\]-----\[\/x\]\nseq\/[a-z0-9]{8} │ 9\n$/);
  });

  test('an empty one is said to be empty, a missing session is missing', async () => {
    const empty = await skaha(['logs', 'busy']);
    expect(empty).toMatchObject({ status: 0, stdout: '' });
    expect(empty.stderr).toContain('is empty');
    expect((await skaha(['logs', 'zzzzzzz9'])).status).toBe(4);
  });

  test('-f prints what comes and ends with the session', async () => {
    const [id = ''] = idsOf(
      await skaha(['create', 'headless', image, '-n', 'slow', '-q', '--', 'seq', '1', '2000']),
    );
    const followed = await skaha(['logs', '-f', id, '--interval', '100ms']);
    expect(followed.status).toBe(0);
    expect(idsOf(followed)).toEqual(Array.from({ length: 2000 }, (_, index) => `${index + 1}`));
  });

  test('-f ends with 130 on Ctrl-C', async () => {
    const { Interruption } = await import('../../src/exit.js');
    const controller = new AbortController();
    const chatty = ['--', 'env', 'sh', './chatty.sh'];
    writeFileSync(join(platform().home, 'chatty.sh'), 'echo ready\nexec sleep 600\n');
    await skaha(['create', 'headless', image, '-n', 'chatty', ...chatty]);
    const stopped = await skaha(['logs', '-f', 'chatty', '--interval', '100ms'], {
      terminal: { signal: controller.signal },
      onOut: () => controller.abort(new Interruption('SIGINT')),
    });
    expect(stopped).toMatchObject({ status: 130, stdout: 'ready\n' });
    expect(stopped.stderr).toBe('Cancelled.\n');
  });
});
