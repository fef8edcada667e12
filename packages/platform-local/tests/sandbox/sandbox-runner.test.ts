import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { RunnerOptions } from '@skaha/engine/ports/runner.js';
import { chooseLimiter } from '@skaha/platform-local/limits/choose.js';
import type { Limiter } from '@skaha/platform-local/limits/limiter.js';
import { rlimits } from '@skaha/platform-local/limits/limiter.js';
import type { Mount } from '@skaha/platform-local/mounts.js';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { sandboxRunner } from '@skaha/platform-local/sandbox/sandbox-runner.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../../platform/tests/fixtures.js';
import { runnerContract } from '../../../platform/tests/runners/contract.js';
import { RunnerBench } from '../../../platform/tests/runners/set-up.js';

const makeWith =
  (limiter: (instance: string) => Limiter, mounts: readonly Mount[] = []) =>
  (parts: RunnerOptions) => {
    return sandboxRunner(tools, mounts)(parts, limiter(parts.instance));
  };

const probe = await probeSandbox();
const obstacle = 'obstacle' in probe ? probe.obstacle : undefined;
const tools = 'tools' in probe ? probe.tools : { bwrap: '', setpriv: '', disablesUsers: false };
if (obstacle !== undefined) process.stdout.write(`the sandbox runner is not tried: ${obstacle}\n`);
const limiter = chooseLimiter(`probe${process.pid}`);
limiter.close();

if (obstacle === undefined) {
  const limits = limiter.name.startsWith('cgroup');
  if (!limits)
    process.stdout.write(`limits of sessions are not tried: only ${limiter.name} here\n`);
  runnerContract('sandbox runner', makeWith(chooseLimiter), {
    limits,
    isolates: true,
    catchesAll: true,
  });
}

/** What a script in a sandbox prints. */
async function printed(text: string, more = {}, given = new RunnerBench(makeWith(() => rlimits))) {
  const runner = await given.runner();
  given.homeInside = runner.placeOf({ kind: 'home', user: 'ada' });
  const run = given.shell(text, more);
  runner.launch(run);
  const { status } = await given.over(run);
  return { status, lines: (await given.log(run, runner)).trimEnd().split('\n'), bench: given, run };
}

const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`a sandbox${reason}`, () => {
  test('has only its own processes', async () => {
    const { lines } = await printed('ls /proc | grep -c "^[0-9]*$"');
    expect(Number(lines[0])).toBeLessThan(8);
  });

  test('has no rights, and can get none', async () => {
    const { lines } = await printed(
      'grep -E "^(Cap(Prm|Eff|Bnd|Inh|Amb)|NoNewPrivs)" /proc/self/status; id -u',
    );
    const none = '0000000000000000';
    expect(lines.slice(0, 5).map((line) => line.split(/\s+/)[1])).toEqual(Array(5).fill(none));
    expect(lines[5]).toBe('NoNewPrivs:\t1');
    expect(lines[6]).not.toBe('0');
  });

  test('cannot write to the system, nor change the kernel', async () => {
    const places = [
      '/x',
      '/usr/x',
      '/etc/x',
      '/run/x',
      '/arc/x',
      '/arc/home/x',
      '/proc/sys/kernel/core_pattern',
      '/proc/sysrq-trigger',
      '/sys/x',
    ];
    const text = places
      .map((path) => `if ( : >> ${path} ) 2>/dev/null; then echo "wrote ${path}"; fi`)
      .join('\n');
    const { lines } = await printed(`${text}\necho done`);
    expect(lines).toEqual(['done']);
  });

  test('sees neither the machine\u2019s files, nor other homes, nor secrets', async () => {
    const bench = new RunnerBench(makeWith(() => rlimits));
    mkdirSync(join(bench.root, 'arc', 'home', 'eve'), { recursive: true });
    writeFileSync(join(bench.root, 'arc', 'home', 'eve', 'secret'), 'x');
    const text = [
      'ls /arc/home',
      `if [ -e ${bench.root} ]; then echo "saw the data"; fi`,
      'if [ -s /etc/shadow ] && cat /etc/shadow; then echo "saw shadow"; fi 2>/dev/null',
      'ls -A /root /home /var/log /boot /srv 2>/dev/null | grep -v : | grep .',
      'echo done',
    ].join('\n');
    const { lines } = await printed(text, {}, bench);
    expect(lines).toEqual(['ada', 'done']);
  });

  test('a link of the home that leads outside leads nowhere', async () => {
    const bench = new RunnerBench(makeWith(() => rlimits));
    writeFileSync(bench.path('secret'), 'swordfish');
    const script = `ln -s ${bench.path('secret')} "$HOME/link"; cat "$HOME/link" 2>/dev/null; ln /etc/passwd "$HOME/hard" 2>/dev/null; echo done`;
    const { lines } = await printed(script, {}, bench);
    expect(lines).toEqual(['done']);
  });

  test('a headless session has no network; another one has the machine\u2019s', async () => {
    const server = createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const script = `node -e 'require("net").connect(${port},"127.0.0.1").on("error",e=>console.log(e.code)).on("data",d=>console.log(String(d)))'`;
    expect((await printed(script)).lines).toEqual(['ECONNREFUSED']);
    expect((await printed(script, { network: 'host' })).lines).toEqual(['hello']);
  });

  test('its user has a name, a home and a place for small files', async () => {
    const script =
      'id -un; echo ~; echo x > /tmp/x && echo y > /var/tmp/y && echo z > /dev/shm/z && cat /tmp/x /tmp/y; hostname';
    const { lines, run } = await printed(script);
    expect(lines).toEqual(['ada', '/arc/home/ada', 'x', 'y', run.key]);
  });

  test('what it makes in the home belongs to whoever may use it next', async () => {
    const bench = new RunnerBench(makeWith(() => rlimits));
    mkdirSync(join(bench.home, 'job', 'parts'), { recursive: true });
    writeFileSync(join(bench.home, 'job', 'list'), 'one\n');
    const script = 'echo two >> job/list && echo part > job/parts/1 && cat job/list';
    expect(await printed(script, {}, bench)).toMatchObject({ status: 0, lines: ['one', 'two'] });
    expect(readFileSync(join(bench.home, 'job', 'parts', '1'), 'utf8')).toBe('part\n');
  });

  test('a page is reached at its socket however deep the state lies', async () => {
    const bench = new RunnerBench(makeWith(() => rlimits));
    const deep = bench.path(`sessions/${'deep/'.repeat(20)}`);
    mkdirSync(deep, { recursive: true });
    const make = makeWith(() => rlimits);
    const runner = make({ ...bench.parts, sessions: deep });
    onTestFinished(() => runner.close());
    const server =
      "require('net').createServer(s=>s.on('error',()=>0).end('hello')).listen(process.env.skaha_socket)";
    const run = bench.run(['node', '-e', server], { page: { port: 5000, socket: true } });
    runner.launch(run);
    await bench.hasStarted(run);
    const endpoint = await runner.endpoint(run.key);
    if (endpoint === undefined || !('socketPath' in endpoint)) throw new Error('no socket');
    const text = await new Promise((resolve, reject) => {
      connect(endpoint.socketPath)
        .on('error', reject)
        .on('data', (data) => resolve(String(data)));
    });
    expect(text).toBe('hello');
    await runner.terminate(run);
  });

  // The system does not count the processes of root.
  test.runIf(process.getuid?.() !== 0)(
    'without control groups the number of processes is limited all the same',
    async () => {
      const script = 'i=0; while [ $i -lt 60 ]; do sleep 9 & i=$((i+1)); done 2>/dev/null; echo $i';
      const limits = { cores: 1, memory: 2 ** 30, processes: 20 };
      const { lines } = await printed(script, { limits });
      expect(lines).not.toContain('60');
    },
  );

  test('names and words of a hostile user stay words', async () => {
    const bench = new RunnerBench(makeWith(() => rlimits));
    const runner = await bench.runner();
    bench.homeInside = runner.placeOf({ kind: 'home', user: 'ada' });
    const words = ['--bind', '/', '/mnt', '--', '--share-net', '--uid', '0'];
    const run = bench.run(['/usr/bin/printf', '%s\\n', ...words]);
    const environment = { ...run.environment, LD_PRELOAD: '', BASH_ENV: '/x', 'A;B': '$(id)' };
    runner.launch({ ...run, environment });
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toBe(words.map((word) => `${word}\n`).join(''));
  });

  test('one that cannot be made is refused, and its command never starts', async () => {
    const mounts = [{ source: '/usr', target: '/proc/self/nowhere/at/all', readOnly: true }];
    const bench = new RunnerBench(makeWith(() => rlimits, mounts));
    const runner = await bench.runner();
    const run = bench.shell('touch began');
    runner.launch(run);
    const words = await until(() => bench.refused.get(run.key));
    expect(words).toContain('its sandbox could not be made');
    expect(existsSync(join(bench.home, 'began'))).toBe(false);
  });

  test('nothing is left of its limits when it is over', async () => {
    const groups = chooseLimiter(`left${process.pid}`);
    const bench = new RunnerBench(makeWith(() => groups));
    const runner = await bench.runner();
    const run = bench.run(['true']);
    runner.launch(run);
    await bench.over(run);
    await runner.close();
    const claim = readFileSync(join(bench.path('sessions'), `${run.key}.claim`), 'utf8');
    const joined = claim.split('\n').filter((line) => line.startsWith('/'));
    const left = joined.filter((path) => existsSync(join(path, '..')));
    if (groups.name.startsWith('cgroup')) expect(joined).not.toEqual([]);
    expect(left).toEqual([]);
    expect(readdirSync(bench.path('scratch'))).toEqual([]);
    groups.close();
  });
});
