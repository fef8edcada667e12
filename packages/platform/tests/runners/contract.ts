import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { dial } from '@skaha/engine/ports/dial.js';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import type { Run, Runner } from '@skaha/engine/ports/runner.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../fixtures.js';
import { hostileSessions } from './hostile.js';
import { furtherCommands } from './session-commands.js';
import { type MakeRunner, RunnerBench } from './set-up.js';

/** What one runner does differently, each with its reason. */
export interface ContractTerms {
  /** Whether limits of the session as a whole are enforced here. */
  readonly limits: boolean;
  /** Whether even a process that removes every trace of its session is ended with it. */
  readonly catchesAll?: boolean | undefined;
  /** Whether sessions are kept apart from the machine. */
  readonly isolates: boolean;
  /** Why cases about the platform being killed differ; undefined when they hold. */
  readonly skip?: ReadonlyMap<string, string> | undefined;
}

const mebibyte = 2 ** 20;

/** What every runner must do, whatever it runs sessions in. */
export function runnerContract(name: string, make: MakeRunner, terms: ContractTerms): void {
  const check = (title: string, body: (bench: RunnerBench, runner: Runner) => Promise<void>) => {
    const reason = terms.skip?.get(title);
    test(reason === undefined ? title : `${title} (skipped: ${reason})`, {
      skip: reason !== undefined,
    }, async () => {
      const bench = new RunnerBench(make);
      const runner = await bench.runner();
      bench.homeInside = runner.placeOf({ kind: 'home', user: 'ada' });
      onTestFinished(async () => {
        await (await bench.runner()).tidy(() => false);
      });
      await body(bench, runner);
    });
  };
  describe(`${name}: running`, () => running(check));
  describe(`${name}: the session's surroundings`, () => surroundings(check));
  describe(`${name}: ending`, () => ending(check, terms.catchesAll !== false));
  describe(`${name}: finding runs again`, () => recovery(check));
  if (terms.limits) describe(`${name}: limits`, () => limits(check));
  describe(`${name}: usage`, () => usage(check));
  const { isolates, limits: holds, catchesAll = true } = terms;
  describe(`${name}: further commands`, () => furtherCommands(check, { limits: holds, isolates }));
  describe(`${name}: hostile sessions`, () => hostileSessions(check, { isolates, catchesAll }));
}

type Check = (title: string, body: (bench: RunnerBench, runner: Runner) => Promise<void>) => void;

function running(check: Check): void {
  check('a run has its output in order, its exit status and its time', async (bench, runner) => {
    const run = bench.shell('echo out; echo err >&2; exit 3');
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 3, at: expect.any(Number) });
    expect(await bench.log(run, runner)).toBe('out\nerr\n');
    expect(bench.started).toEqual([run.key]);
  });

  check('any part of what it has written can be read', async (bench, runner) => {
    const run = bench.run(['echo', '0123456789']);
    expect(await bench.log(run, runner)).toBe('');
    runner.launch(run);
    await bench.over(run);
    const log = await runner.logs(run.key);
    if (log.size !== undefined) expect(log.size).toBe(11);
    expect(await text(log.stream({ start: 3, end: 6 }))).toBe('345');
    expect(await text(log.stream({ start: 8 }))).toBe('89\n');
    expect(await text(log.stream({ start: 11 }))).toBe('');
    expect(await text((await runner.logs('nothing')).stream())).toBe('');
  });

  check('a command killed by a signal leaves 128 plus its number', async (bench, runner) => {
    const run = bench.shell('kill -9 $$');
    runner.launch(run);
    const end = await bench.over(run);
    expect(end.status).toBe(137);
    expect(end.cause).toBeUndefined();
  });

  check('words reach the command exactly as they are', async (bench, runner) => {
    const words = [
      '',
      'a b',
      "it's",
      '"$HOME"',
      '$(id)',
      '`id`',
      '\\',
      'é 星',
      '-n',
      '--',
      ';',
      '*',
    ];
    const run = bench.run(['/usr/bin/printf', '[%s]\\n', ...words]);
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toBe(words.map((word) => `[${word}]\n`).join(''));
  });

  check('a command that is not there fails with 127 and says so', async (bench, runner) => {
    const run = bench.run(['no-such-command']);
    runner.launch(run);
    const outcome = await until(() => bench.ended.get(run.key) ?? bench.refused.get(run.key));
    if (typeof outcome === 'string') expect(outcome).toContain('no-such-command');
    else {
      expect(outcome.status).toBe(127);
      expect(await bench.log(run, runner)).toContain('no-such-command');
    }
  });

  check('a home that is missing refuses the run', async (bench, runner) => {
    const run = bench.run(['true'], { user: 'nobody-here' });
    runner.launch(run);
    expect(await until(() => bench.refused.get(run.key))).toMatch(/^Cannot start the session: /);
  });

  check(
    'a session that names nothing to run is refused before it is tried',
    async (bench, runner) => {
      if (runner.runsImages) return;
      expect(runner.obstacle(bench.run(['true']))).toBeUndefined();
      expect(runner.obstacle(bench.run([]))).toContain('has no default command');
      expect(runner.obstacle(bench.run([], { kind: 'carta' }))).toContain('cannot run a carta');
      const missing = 'A notebook needs Jupyter: install it.';
      expect(runner.obstacle(bench.run(['true'], { missing }))).toBe(missing);
    },
  );

  check(
    'a page runs once something listens, and is reached where it says',
    async (bench, runner) => {
      const server =
        "const at=process.env.skaha_socket??Number(process.env.PORT);require('http')" +
        ".createServer((_,r)=>r.end('hello')).listen(at,...(process.env.skaha_socket?[]:['127.0.0.1']))";
      for (const socket of [true, false]) {
        const run = bench.run(['node', '-e', server], {
          kind: 'contributed',
          network: 'host',
          page: { port: 5000, socket },
        });
        runner.launch(run);
        await bench.hasStarted(run);
        const endpoint = await runner.endpoint(run.key);
        expect(endpoint).toBeDefined();
        if (endpoint !== undefined) expect(await fetchFrom(endpoint)).toBe('hello');
        await runner.terminate(run);
        await bench.over(run);
      }
    },
  );
}

async function fetchFrom(endpoint: Endpoint): Promise<string> {
  const connection = await dial(endpoint);
  return await new Promise((resolve, reject) => {
    const outgoing = request({ createConnection: () => connection, path: '/' });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        body += chunk;
      });
      incoming.on('end', () => resolve(body));
    });
    outgoing.end();
  });
}

function surroundings(check: Check): void {
  check(
    'the environment is exact, and nothing of the platform leaks into it',
    async (bench, runner) => {
      process.env['SKAHA_TEST_LEAK'] = 'swordfish';
      onTestFinished(() => {
        delete process.env['SKAHA_TEST_LEAK'];
      });
      const odd = { ODD: 'a b=c\n"$x"', UTF: 'é 星', EMPTY: '', BLANK: '  two  ', QUOTE: "it's" };
      const run = bench.run(['/usr/bin/env', '-0']);
      const secrets = { TOKEN: 'opensesame' };
      runner.launch({ ...run, environment: { ...run.environment, ...odd }, secrets });
      expect(await bench.over(run)).toMatchObject({ status: 0 });
      const found = Object.fromEntries(
        (await bench.log(run, runner))
          .split('\0')
          .filter((pair) => pair !== '')
          .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
      );
      expect(found).toMatchObject({ ...run.environment, ...odd, ...secrets });
      expect(found['HOME']).toBe(runner.placeOf({ kind: 'home', user: 'ada' }));
      expect(JSON.stringify(found)).not.toContain('swordfish');
      const allowed = [
        'LANG',
        'PATH',
        'PWD',
        'OLDPWD',
        'SHLVL',
        '_',
        'SCRATCH',
        'TMPDIR',
        'skaha_hostname',
        'HOSTNAME',
        'container',
        'TERM',
      ];
      const own = Object.keys({ ...run.environment, ...odd, ...secrets });
      const more = Object.keys(found).filter((key) => ![...own, ...allowed].includes(key));
      // A cluster tells every pod where its API is, as on the real platform.
      expect(more.filter((key) => !key.startsWith('KUBERNETES_'))).toEqual([]);
    },
  );

  check('it begins in the home, and what it writes there stays', async (bench, runner) => {
    const run = bench.shell('pwd; echo kept > "$HOME/kept"; cat kept');
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toBe(
      `${runner.placeOf({ kind: 'home', user: 'ada' })}\nkept\n`,
    );
    expect(readFileSync(join(bench.home, 'kept'), 'utf8')).toBe('kept\n');
  });

  check('the scratch space is its own, and emptied at the end', async (bench, runner) => {
    const run = bench.shell('echo x > "$SCRATCH/x" && echo y > "$TMPDIR/y" && echo z');
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toBe('z\n');
    await until(
      () => !existsSync(bench.scratch(run)) || readdirSync(bench.scratch(run)).length === 0,
    );
  });

  check('projects are where the Skaha API has them', async (bench, runner) => {
    const place = runner.placeOf({ kind: 'project', name: 'survey' });
    if (!place.startsWith('/arc/')) return;
    expect(place).toBe('/arc/projects/survey');
    mkdirSync(bench.project('survey'), { recursive: true });
    writeFileSync(join(bench.project('survey'), 'page'), 'read me\n');
    const text =
      'cat /arc/projects/survey/page; echo new > /arc/projects/survey/file; ls /arc/projects';
    const run = bench.shell(text);
    const volumes = [...run.volumes, { kind: 'project', name: 'survey' } as const];
    runner.launch({ ...run, volumes });
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toBe('read me\nsurvey\n');
    expect(readFileSync(join(bench.project('survey'), 'file'), 'utf8')).toBe('new\n');
  });
}

/** A command that writes `up` and then waits for ever, deaf to SIGTERM when asked. */
const waiting = (deaf: boolean) =>
  `${deaf ? "trap '' TERM; " : 'trap "echo bye; exit 0" TERM; '}echo up; while :; do sleep 0.05; done`;

const isUp = async (bench: RunnerBench, runner: Runner, run: Run): Promise<void> =>
  await isUpWith(bench, runner, run, 'up\n');

async function isUpWith(bench: RunnerBench, runner: Runner, run: Run, word: string) {
  await until(async () => (await bench.log(run, runner)).includes(word));
}

function ending(check: Check, catchesAll: boolean): void {
  const hide = catchesAll ? 'setsid env -i HOME="$HOME" PATH="$PATH"' : 'setsid';
  check('a run that listens to SIGTERM ends by it', async (bench, runner) => {
    const run = bench.shell(waiting(false));
    runner.launch(run);
    await isUp(bench, runner, run);
    await runner.terminate(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toMatch(/up\n(?:.*\n)*bye\n/);
  });

  check(
    'a run that does not listen is killed after the grace, with all it started',
    async (bench, runner) => {
      const deaf = `while :; do echo x >> "$HOME/beat"; sleep 0.05; done`;
      writeFileSync(join(bench.home, 'deaf.sh'), `trap '' TERM; ${deaf}`);
      const run = bench.shell(
        `trap '' TERM; /bin/sh deaf.sh & ${hide} /bin/sh deaf.sh & ${waiting(true)}`,
      );
      runner.launch(run);
      await isUp(bench, runner, run);
      await until(() => existsSync(join(bench.home, 'beat')));
      await runner.terminate(run);
      await bench.over(run);
      await isStill(join(bench.home, 'beat'));
    },
  );

  check('what a finished command left running ends with it', async (bench, runner) => {
    const deaf = `trap '' TERM; while :; do echo x >> "$HOME/beat"; sleep 0.05; done`;
    writeFileSync(join(bench.home, 'deaf.sh'), deaf);
    const run = bench.shell(
      'setsid /bin/sh deaf.sh > /dev/null 2>&1 & while [ ! -e "$HOME/beat" ]; do sleep 0.02; done',
    );
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    await isStill(join(bench.home, 'beat'));
  });

  check('a run that is ended before it began leaves nothing running', async (bench, runner) => {
    const run = bench.shell(`echo x > "$HOME/began"; ${waiting(true)}`);
    runner.launch(run);
    await runner.terminate(run);
    await until(() => bench.ended.has(run.key) || bench.refused.has(run.key));
    expect(await bench.usage(run, runner)).toBeUndefined();
  });

  check('ending a run twice, or one that is unknown, does nothing', async (bench, runner) => {
    const run = bench.run(['true']);
    runner.launch(run);
    await bench.over(run);
    await runner.terminate(run);
    await runner.terminate(bench.run(['true']));
    expect(await bench.recover(run, runner)).toMatchObject({ state: 'ended', end: { status: 0 } });
  });

  check('purging removes everything that was kept', async (bench, runner) => {
    const run = bench.shell('echo gone');
    runner.launch(run);
    await bench.over(run);
    await runner.purge(run.key);
    expect(readdirSync(bench.path('sessions'))).toEqual([]);
    expect(readdirSync(bench.path('scratch'))).toEqual([]);
  });
}

/** True once a file has not grown for longer than the thing that writes it would take. */
async function isStill(path: string): Promise<void> {
  let [size, quiet] = [-1, 0];
  await until(() => {
    const now = readFileSync(path).length;
    quiet = now === size ? quiet + 1 : 0;
    size = now;
    return quiet > 12;
  });
}

function recovery(check: Check): void {
  check('a run that still runs is watched to its end by another runner', async (bench, first) => {
    const run = bench.shell(
      'echo up; while [ ! -e "$HOME/go" ]; do sleep 0.02; done; echo done; exit 7',
    );
    first.launch(run);
    await isUp(bench, first, run);
    await first.close();
    const second = await bench.runner();
    expect(await bench.recover(run, second)).toMatchObject({ state: 'running' });
    writeFileSync(join(bench.home, 'go'), '');
    expect(await bench.over(run)).toMatchObject({ status: 7 });
    expect(await bench.log(run, second)).toBe('up\ndone\n');
  });

  check(
    'a run that ended meanwhile has its status, its time and its output',
    async (bench, first) => {
      const run = bench.shell(
        'echo up; while [ ! -e "$HOME/go" ]; do sleep 0.02; done; echo x > "$HOME/over"; exit 4',
      );
      first.launch(run);
      await isUp(bench, first, run);
      await first.close();
      writeFileSync(join(bench.home, 'go'), '');
      await until(() => existsSync(join(bench.home, 'over')));
      const second = await bench.runner();
      const found = await until(async () => {
        const state = await bench.recover(run, second);
        if (state?.state === 'ended') return state;
        return bench.ended.has(run.key) ? { state: 'ended', end: bench.ended.get(run.key) } : false;
      });
      expect(found).toMatchObject({ state: 'ended', end: { status: 4, at: expect.any(Number) } });
      expect(await bench.log(run, second)).toBe('up\n');
    },
  );

  check('a run nobody started is unclaimed, and can be launched then', async (bench, runner) => {
    const run = bench.shell('echo once');
    expect(await bench.recover(run, runner)).toEqual({ state: 'unclaimed' });
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toBe('once\n');
  });

  check('what is launched again runs once', async (bench, runner) => {
    const run = bench.shell('echo once; while [ ! -e "$HOME/go" ]; do sleep 0.02; done');
    runner.launch(run);
    runner.launch(run);
    await isUpWith(bench, runner, run, 'once\n');
    runner.launch(run);
    writeFileSync(join(bench.home, 'go'), '');
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toBe('once\n');
  });

  check('what became of several runs is told in one', async (bench, first) => {
    const [over, running] = [bench.run(['true']), bench.shell(waiting(false))];
    for (const run of [over, running]) first.launch(run);
    await bench.over(over);
    await isUp(bench, first, running);
    await first.close();
    const second = await bench.runner();
    const never = bench.run(['true']);
    const found = await second.recover(
      [over, running, never].map((run) => ({ run, wasRunning: run !== never })),
    );
    expect(found.get(over.key)).toMatchObject({ state: 'ended', end: { status: 0 } });
    expect(found.get(running.key)).toMatchObject({ state: 'running' });
    expect(found.get(never.key)).toEqual({ state: 'unclaimed' });
    await second.terminate(running);
    await bench.over(running);
  });

  check('what several runs use is told in one', async (bench, runner) => {
    const [over, running] = [bench.run(['true']), bench.shell(waiting(false))];
    for (const run of [over, running]) runner.launch(run);
    await bench.over(over);
    await isUp(bench, runner, running);
    const used = await until(async () => {
      const all = await runner.usage([over.key, running.key, 'never']);
      return all.size > 0 && all;
    });
    expect([...used.keys()]).toEqual([running.key]);
    await runner.terminate(running);
    await bench.over(running);
  });

  check('a page that did not listen yet is pending until it does', async (bench, first) => {
    const server =
      "const{existsSync}=require('fs');console.log('up');const at=process.env.skaha_socket??" +
      "Number(process.env.PORT);const t=setInterval(()=>{if(!existsSync('open'))return;" +
      "clearInterval(t);require('http').createServer((_,r)=>r.end('hello')).listen(at," +
      "...(process.env.skaha_socket?[]:['127.0.0.1']))},20)";
    const run = bench.run(['node', '-e', server], {
      kind: 'contributed',
      network: 'host',
      page: { port: 5000, socket: false },
    });
    first.launch(run);
    await isUp(bench, first, run);
    await first.close();
    const second = await bench.runner();
    expect(await bench.recover(run, second)).toEqual({ state: 'pending', queued: false });
    expect(bench.started).toEqual([]);
    writeFileSync(join(bench.home, 'open'), '');
    await bench.hasStarted(run);
    await second.terminate(run);
    await bench.over(run);
  });

  check('a recovered run can be ended', async (bench, first) => {
    const run = bench.shell(waiting(true));
    first.launch(run);
    await isUp(bench, first, run);
    await first.close();
    const second = await bench.runner();
    expect(await bench.recover(run, second)).toMatchObject({ state: 'running' });
    await second.terminate(run);
    await bench.over(run);
    expect(await bench.usage(run, second)).toBeUndefined();
  });

  check(
    'tidying ends and removes the runs of sessions that are not known',
    async (bench, first) => {
      const run = bench.shell('echo up; while :; do echo x >> "$HOME/beat"; sleep 0.05; done');
      first.launch(run);
      await isUp(bench, first, run);
      await until(() => existsSync(join(bench.home, 'beat')));
      await first.close();
      mkdirSync(join(bench.path('scratch'), 'orphan'));
      const second = await bench.runner();
      await second.tidy((key) => key === run.key);
      expect(readdirSync(bench.path('scratch'))).not.toContain('orphan');
      expect(await bench.recover(run, second)).toMatchObject({ state: 'running' });
      await second.close();
      await (await bench.runner()).tidy(() => false);
      await isStill(join(bench.home, 'beat'));
      expect(readdirSync(bench.path('sessions'))).toEqual([]);
    },
  );
}

function limits(check: Check): void {
  check(
    'a run that uses more memory than it may is ended, and this is told',
    async (bench, runner) => {
      const eat = 'const a=[];for(;;){const b=Buffer.alloc(8<<20,1);a.push(b)}';
      const run = bench.run(['node', '-e', eat], {
        limits: { cores: 1, memory: 128 * mebibyte, processes: 256 },
      });
      runner.launch(run);
      expect(await bench.over(run)).toMatchObject({ status: 137, cause: { reason: 'OOMKilled' } });
    },
  );

  check('a run that stays within its memory is left alone', async (bench, runner) => {
    const eat = 'const b=Buffer.alloc(48<<20,1);console.log(b.length)';
    const run = bench.run(['node', '-e', eat], {
      limits: { cores: 1, memory: 256 * mebibyte, processes: 256 },
    });
    runner.launch(run);
    const end = await bench.over(run);
    expect(end.status).toBe(0);
    expect(end.cause).toBeUndefined();
  });

  check('computing is held to the cores it may use', async (bench, runner) => {
    // Measured by itself: computing time against the time that passed, over half a second of it.
    const spin =
      'const t=process.hrtime.bigint();for(;;){const c=process.cpuUsage();' +
      'if(c.user+c.system>5e5){console.log((c.user+c.system)*1e3/Number(process.hrtime.bigint()-t));break}}';
    const run = bench.run(['node', '-e', spin], {
      limits: { cores: 0.25, memory: 512 * mebibyte, processes: 256 },
    });
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(Number(await bench.log(run, runner))).toBeLessThan(0.6);
  });

  check('a run cannot have more processes than it may', async (bench, runner) => {
    const text =
      'i=0; while [ $i -lt 60 ]; do sleep 30 & i=$((i+1)); done 2>/dev/null; echo "made $i"';
    const run = bench.shell(text, { limits: { cores: 1, memory: 512 * mebibyte, processes: 30 } });
    runner.launch(run);
    const end = await bench.over(run);
    expect(end.status).not.toBe(0);
    expect(await bench.log(run, runner)).not.toContain('made 60');
  });
}

function usage(check: Check): void {
  check('what a run uses is counted while it runs, and not afterwards', async (bench, runner) => {
    // It computes in pieces, so that it hears SIGTERM.
    const busy =
      'const b=Buffer.alloc(64<<20,1);process.on("SIGTERM",()=>process.exit());' +
      'console.log("up");setInterval(()=>{for(let i=0;i<1e7;i++)b[0]++},1)';
    const run = bench.run(['node', '-e', busy]);
    runner.launch(run);
    await isUp(bench, runner, run);
    const used = await until(async () => {
      const found = await bench.usage(run, runner);
      return found !== undefined && found.cpuSeconds > 0.1 && found;
    });
    expect(used.memory).toBeGreaterThan(64 * mebibyte);
    expect(used.memory).toBeLessThan(1024 * mebibyte);
    await until(async () => ((await bench.usage(run, runner))?.cpuSeconds ?? 0) > used.cpuSeconds);
    await runner.terminate(run);
    await bench.over(run);
    expect(await bench.usage(run, runner)).toBeUndefined();
  });
}
