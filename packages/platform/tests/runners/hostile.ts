import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { dial } from '@skaha/engine/ports/dial.js';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import type { Run, Runner } from '@skaha/engine/ports/runner.js';
import { expect, onTestFinished } from 'vitest';
import { until } from '../fixtures.js';
import type { RunnerBench } from './set-up.js';

type Check = (title: string, body: (bench: RunnerBench, runner: Runner) => Promise<void>) => void;

/** What a runner promises against a session that means harm. */
export interface HostileTerms {
  /** Whether sessions are kept apart from the machine; plain processes are not. */
  readonly isolates: boolean;
  /** Whether even a process that removes every trace of its session is ended with it. */
  readonly catchesAll: boolean;
}

/** Sessions that try to get out, with payloads that do no harm. */
export function hostileSessions(check: Check, { isolates, catchesAll }: HostileTerms): void {
  variables(check, isolates);
  sockets(check);
  escapees(check, catchesAll);
  if (isolates) paths(check);
}

/** Variables that loaders, shells and languages obey, and names that no shell takes. */
const obeyed = (home: string): Record<string, string> => ({
  LD_LIBRARY_PATH: `${home}/lib`,
  LD_PRELOAD: 'libc.so.6',
  GCONV_PATH: home,
  GLIBC_TUNABLES: 'glibc.malloc.check=0',
  LOCPATH: home,
  LC_ALL: 'no_SUCH',
  BASH_ENV: `${home}/obeyed.sh`,
  ENV: `${home}/obeyed.sh`,
  'BASH_FUNC_mkdir%%': `() { : > "${home}/obeyed"; }`,
  PERL5OPT: '-Mnone',
  PYTHONSTARTUP: `${home}/obeyed.sh`,
  NODE_OPTIONS: '--none',
  IFS: 'a/',
  CDPATH: '/',
  PS4: '$(: > obeyed)',
  SHELLOPTS: 'xtrace',
  _e0: 'LD_PRELOAD=/none',
  '1ST': 'a number first',
  'a.b-c d': 'no name of a shell',
  '-S': 'an option',
  MULTI: `two\nlines=\t"$(id)" \`id\` \\n \${HOME}`,
});

function variables(check: Check, isolates: boolean): void {
  check(
    'variables of loaders and shells act in the session only, and are there as they are',
    async (bench, runner) => {
      const home = runner.placeOf({ kind: 'home', user: 'ada' });
      // Every program that the loader of GNU systems begins leaves a file here, if it obeys.
      const traces = bench.path('traces');
      mkdirSync(traces, { mode: 0o777 });
      writeFileSync(join(bench.home, 'obeyed.sh'), `: > "${home}/obeyed"\n`);
      mkdirSync(join(bench.home, 'bin'));
      for (const name of ['sh', 'mkdir', 'env', 'nice', 'bwrap', 'setpriv', 'ps', 'printf']) {
        const path = join(bench.home, 'bin', name);
        writeFileSync(path, `#!/bin/sh\n: > "${home}/obeyed"\n`, { mode: 0o755 });
      }
      const given = {
        ...obeyed(home),
        LD_DEBUG: 'libs',
        LD_DEBUG_OUTPUT: join(traces, 'trace'),
      };
      const run = bench.run(['/usr/bin/env', '-0']);
      const path = `${home}/bin:.`;
      runner.launch({ ...run, environment: { ...run.environment, PATH: path, ...given } });
      expect(await bench.over(run)).toMatchObject({ status: 0 });
      const pairs = (await bench.log(run, runner)).split('\0');
      const wanted = Object.entries(given).map((pair) => pair.join('='));
      // What a loader has to say on the other stream may stand before one of them.
      const isThere = (pair: string) =>
        pairs.some((found) => found === pair || found.endsWith(`\n${pair}`));
      expect(wanted.filter((pair) => !isThere(pair))).toEqual([]);
      expect(existsSync(join(bench.home, 'obeyed'))).toBe(false);
      const begun = readdirSync(traces).map((name) => readFileSync(join(traces, name), 'utf8'));
      const programs = begun.map((text) => /initialize program: (\S+)/.exec(text)?.[1]);
      // In a session that sees the machine, its own program obeys, and no other.
      expect(programs).toEqual(isolates ? [] : programs.filter((name) => name === '/usr/bin/env'));
      expect(programs.length).toBeLessThan(2);
    },
  );

  check('it has its three streams, and nothing else is open', async (bench, runner) => {
    const run = bench.run(['/bin/ls', '-l', '/proc/self/fd']);
    runner.launch(run);
    await bench.over(run);
    const open = [...(await bench.log(run, runner)).matchAll(/ (\d+) -> (.*)$/gm)].map((found) => ({
      descriptor: Number(found[1]),
      target: found[2],
    }));
    const own = open.filter(({ descriptor }) => descriptor <= 3);
    // The last one is the directory that is listed.
    expect(own.map(({ descriptor }) => descriptor)).toEqual([0, 1, 2, 3]);
    // What the tests themselves have inherited is covered.
    const others = open.filter(({ descriptor }) => descriptor > 3);
    expect(others.filter(({ target }) => target !== '/dev/null')).toEqual([]);
  });

  check('the mask of the platform is not that of its sessions', async (bench, runner) => {
    const former = process.umask(0);
    onTestFinished(() => void process.umask(former));
    const run = bench.run(['/bin/sh', '-c', 'umask; : > "$HOME/made"']);
    runner.launch(run);
    await bench.over(run);
    expect(await bench.log(run, runner)).toBe('0022\n');
    expect(lstatSync(join(bench.home, 'made')).mode & 0o777).toBe(0o644);
  });

  check('a program whose name looks like a variable is a program', async (bench, runner) => {
    const script = join(bench.home, 'a=b');
    writeFileSync(script, '#!/bin/sh\necho "ran $1"\n', { mode: 0o755 });
    const run = bench.run(['./a=b', 'c=d']);
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toBe('ran c=d\n');
  });
}

/** A server of this machine that no session may lead anybody to. */
async function victim(path: string): Promise<{ readonly visits: number }> {
  const seen = { visits: 0 };
  const server = createServer((socket) => {
    seen.visits += 1;
    socket.on('error', () => undefined).end('victim');
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return seen;
}

/** What a page says, or `''` where nothing answers. */
async function answerOf(endpoint: Endpoint): Promise<string> {
  const socket = await dial(endpoint).catch(() => undefined);
  if (socket === undefined) return '';
  return await new Promise((resolve) => {
    let text = '';
    socket.on('data', (data) => {
      text += String(data);
    });
    socket.on('error', () => resolve(''));
    socket.on('close', () => resolve(text));
  });
}

const page = { kind: 'contributed', network: 'host', page: { port: 5000, socket: true } } as const;

function sockets(check: Check): void {
  check('a link in place of its socket leads nowhere', async (bench, runner) => {
    const target = bench.path('victim');
    const seen = await victim(target);
    const script = `ln -s "${target}" "$skaha_socket"; echo linked; sleep 600`;
    const run = bench.run(['/bin/sh', '-c', script], page);
    runner.launch(run);
    await until(async () => (await bench.log(run, runner)) === 'linked\n');
    for (let look = 0; look < 20; look += 1) {
      expect(await runner.endpoint(run.key)).toBeUndefined();
    }
    expect(bench.started).toEqual([]);
    await runner.terminate(run);
    expect(seen.visits).toBe(0);
  });

  check('a socket that is exchanged all the time never leads elsewhere', async (bench, runner) => {
    const target = bench.path('victim');
    const seen = await victim(target);
    const server = `
      const { createServer } = require('net'), fs = require('fs'), at = process.env.skaha_socket;
      createServer((s) => s.on('error', () => 0).end('own')).listen(at, () => {
        fs.linkSync(at, at + '.own');
        fs.symlinkSync(${JSON.stringify(target)}, at + '.link');
        const turn = () => {
          for (const name of ['.link', '.own']) {
            try { fs.unlinkSync(at + '.new'); } catch {}
            if (name === '.own') fs.linkSync(at + name, at + '.new');
            else fs.symlinkSync(${JSON.stringify(target)}, at + '.new');
            fs.renameSync(at + '.new', at);
          }
          setImmediate(turn);
        };
        turn();
      });`;
    const run = bench.run(['node', '-e', server], page);
    runner.launch(run);
    await bench.hasStarted(run);
    let [answered, asked] = [0, 0];
    await until(async () => {
      for (let turn = 0; turn < 20; turn += 1) {
        const endpoint = await runner.endpoint(run.key);
        asked += 1;
        if (endpoint === undefined) continue;
        expect(await answerOf(endpoint)).not.toBe('victim');
        answered += 1;
      }
      return answered > 50 && asked > 200;
    });
    await runner.terminate(run);
    expect(seen.visits).toBe(0);
  });

  check('neither a pipe, a file nor a directory is a socket', async (bench, runner) => {
    for (const make of ['mkfifo', ': >', 'mkdir']) {
      const script = `${make} "$skaha_socket"; echo made; sleep 600`;
      const run = bench.run(['/bin/sh', '-c', script], page);
      runner.launch(run);
      await until(async () => (await bench.log(run, runner)) === 'made\n');
      expect(await runner.endpoint(run.key)).toBeUndefined();
      await runner.terminate(run);
      await bench.over(run);
    }
  });
}

function escapees(check: Check, catchesAll: boolean): void {
  const clean = catchesAll ? 'env -i HOME="$HOME" PATH="$PATH" ' : '';
  check('what was forked twice into sessions of its own ends with it', async (bench, runner) => {
    const beat = `trap '' HUP TERM INT; while :; do echo x >> "$HOME/$1"; sleep 0.05; done`;
    writeFileSync(join(bench.home, 'beat.sh'), beat);
    const fork = (name: string) =>
      `(setsid ${clean}/bin/sh -c 'setsid /bin/sh beat.sh ${name} >/dev/null 2>&1 &' &)`;
    const names = ['one', 'two', 'three'];
    const awaited = names.map((name) => `[ -e ${name} ]`).join(' && ');
    const script = `${names.map(fork).join('\n')}\nuntil ${awaited}; do sleep 0.02; done`;
    const run = bench.shell(script);
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    const sizes = () => names.map((name) => readFileSync(join(bench.home, name)).length).join();
    let [last, quiet] = ['', 0];
    await until(() => {
      const now = sizes();
      quiet = now === last ? quiet + 1 : 0;
      last = now;
      return quiet > 12;
    });
  });
}

/** Ways in which a session could reach a path of this machine. */
const waysTo = (path: string): string[] => [
  path,
  `/proc/1/root${path}`,
  `/proc/self/root${path}`,
  `/proc/self/cwd/../../../../../../..${path}`,
  `/proc/1/cwd${path}`,
  `/oldroot${path}`,
  `/newroot${path}`,
  `/dev/fd/1/../../../../../..${path}`,
  `/tmp/../../../../../..${path}`,
];

function paths(check: Check): void {
  check('no way leads to what is not its own', async (bench, runner) => {
    const secret = bench.path('secret');
    writeFileSync(secret, 'swordfish\n');
    const tries = waysTo(secret).flatMap((way, index) => [
      `cat '${way}' 2>/dev/null`,
      `ln -s '${way}' "$HOME/l${index}"; cat "$HOME/l${index}" 2>/dev/null`,
      `ln '${way}' "$HOME/h${index}" 2>/dev/null; cat "$HOME/h${index}" 2>/dev/null`,
      `echo changed 2>/dev/null >> '${way}'`,
      `mv "$SCRATCH" '${way}' 2>/dev/null`,
    ]);
    const run = bench.shell(`{ ${tries.join('\n')}\n} 2>/dev/null\necho done`);
    runner.launch(run);
    await bench.over(run);
    expect(await bench.log(run, runner)).toBe('done\n');
    expect(readFileSync(secret, 'utf8')).toBe('swordfish\n');
  });

  check('its log and its state are out of its reach', async (bench, runner) => {
    const run: Run = bench.shell(
      [
        'log=$(readlink /proc/self/fd/2)',
        `for state in "\${log%.log}" '${bench.path('sessions')}/'*; do`,
        '  rm -f "$state.log" "$state.claim"; ln -s /etc/passwd "$state.log"; mkfifo "$state.claim"',
        'done 2>/dev/null',
        'echo done',
      ].join('\n'),
    );
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    const logs = [`${run.key}.log`, `${run.key}/log`].map((name) =>
      lstatSync(join(bench.path('sessions'), name), { throwIfNoEntry: false }),
    );
    expect(logs.map((found) => found?.isFile())).toContain(true);
    expect(await bench.log(run, runner)).toBe('done\n');
  });

  check('it can neither change the kernel nor gain a right', async (bench, runner) => {
    const places = [
      '/proc/sys/kernel/core_pattern',
      '/proc/sysrq-trigger',
      '/sys/kernel/x',
      '/usr/x',
    ];
    const run = bench.shell(
      [
        ...places.map((path) => `( : >> ${path} ) 2>/dev/null && echo "wrote ${path}"`),
        'id -u | grep -x 0',
        'grep -E "^Cap(Prm|Eff|Bnd|Inh|Amb):" /proc/self/status | grep -v "0000000000000000"',
        'grep -E "^NoNewPrivs:" /proc/self/status',
      ].join('\n'),
    );
    runner.launch(run);
    await bench.over(run);
    expect(await bench.log(run, runner)).toBe('NoNewPrivs:\t1\n');
  });

  check('it can signal nobody else', async (bench, runner) => {
    const run = bench.shell(
      `kill -0 ${process.pid} 2>/dev/null && echo reached; kill -0 ${process.ppid} 2>/dev/null && echo reached; echo done`,
    );
    runner.launch(run);
    await bench.over(run);
    expect(await bench.log(run, runner)).toBe('done\n');
  });
}
