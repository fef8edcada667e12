import { execFileSync } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { rlimits } from '@skaha/platform-local/limits/limiter.js';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { openSandboxes, sandboxRunner } from '@skaha/platform-local/sandbox/sandbox-runner.js';
import {
  loadedPaths,
  ownPrograms,
  systemArguments,
  whatIsShown,
} from '@skaha/platform-local/sandbox/shown.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { disk } from '../../../../scripts/tests/places.js';
import { temporaryDirectory, until } from '../../../platform/tests/fixtures.js';
import { RunnerBench } from '../../../platform/tests/runners/set-up.js';

const probe = await probeSandbox();
const obstacle = 'obstacle' in probe ? probe.obstacle : undefined;
const tools = 'tools' in probe ? probe.tools : { bwrap: '', setpriv: '', disablesUsers: false };
const isRoot = process.getuid?.() === 0;

/** A bench whose runner is the one that a platform would choose. */
const chosen = () =>
  new RunnerBench(async (parts) => {
    const found = await openSandboxes([]);
    if ('obstacle' in found) throw new Error(found.obstacle);
    return found.make(parts);
  });

const plain = () => new RunnerBench((parts) => sandboxRunner(tools)(parts, rlimits));

/** What a script in a sandbox prints. */
async function printed(text: string, bench: RunnerBench): Promise<string[]> {
  const runner = await bench.runner();
  bench.homeInside = runner.placeOf({ kind: 'home', user: 'ada' });
  const run = bench.shell(text);
  runner.launch(run);
  await bench.over(run);
  return (await bench.log(run, runner)).trimEnd().split('\n');
}

function onPath(path: string): void {
  const before = process.env['PATH'];
  process.env['PATH'] = path;
  onTestFinished(() => {
    process.env['PATH'] = before;
  });
}

/** Lets Node be where a user has put it, with a file beside it that is nobody's business. */
function nodeInHome(bench: RunnerBench) {
  const prefix = bench.path('user/.nvm/node/v0');
  mkdirSync(join(prefix, 'bin'), { recursive: true });
  writeFileSync(join(prefix, 'secret'), 'swordfish\n', { mode: 0o644 });
  const node = join(prefix, 'bin/node');
  copyFileSync(process.execPath, node);
  const before = process.execPath;
  process.execPath = node;
  onTestFinished(() => {
    process.execPath = before;
  });
  return { prefix, node };
}

const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

describe.skipIf(obstacle !== undefined)(`what a sandbox stands on${reason}`, () => {
  test('bubblewrap is taken from wherever the path has it, for every session', async () => {
    const bench = chosen();
    const bin = bench.path('bin');
    mkdirSync(bin);
    const calls = bench.path('calls');
    const wrapper = `#!/bin/sh\necho x >> ${calls}\nexec ${tools.bwrap} "$@"\n`;
    writeFileSync(join(bin, 'bwrap'), wrapper, { mode: 0o755 });
    onPath(`.:nowhere:${bin}`);
    const runner = await bench.runner();
    bench.homeInside = runner.placeOf({ kind: 'home', user: 'ada' });
    // The path of later is of no interest any more.
    process.env['PATH'] = '/nowhere';
    const tried = readFileSync(calls, 'utf8');
    const run = bench.shell('echo ran');
    runner.launch(run);
    expect(await bench.over(run)).toMatchObject({ status: 0 });
    expect(await bench.log(run, runner)).toBe('ran\n');
    expect(readFileSync(calls, 'utf8')).toBe(`${tried}x\n`);
  });

  test('Node in a home is shown alone, without what is beside it', async () => {
    const bench = plain();
    const { prefix, node } = nodeInHome(bench);
    const lines = await printed(
      [
        'node -e "console.log(process.execPath)"',
        `find ${bench.path('user')} ! -type d`,
        `cat ${prefix}/secret 2>/dev/null`,
        `ls -A ${bench.root}`,
      ].join('\n'),
      bench,
    );
    expect(lines).toEqual([node, node, 'user']);
  });

  test('a private folder among the programs of the machine is covered', async () => {
    // A sandbox has a `/dev` of its own, in which the usual place for temporary files may be.
    const root = temporaryDirectory(disk());
    const programs = join(root, 'programs');
    const data = join(programs, 'platform/data');
    mkdirSync(join(data, 'private'), { recursive: true });
    writeFileSync(join(data, 'private/token'), 'swordfish');
    writeFileSync(join(programs, 'platform/program'), '');
    // A home with the data in it is covered once.
    const shown = whatIsShown([join(data, 'private'), data], [programs]);
    expect(shown).toEqual({ programs: [programs], covered: [data] });
    const words = ['--unshare-all', ...systemArguments(shown), '--', '/usr/bin/find', programs];
    const found = execFileSync(tools.bwrap, words, { encoding: 'utf8' }).trim().split('\n');
    const expected = ['', '/platform', '/platform/data', '/platform/program'];
    expect(found.toSorted()).toEqual(expected.map((path) => programs + path));
    // One that is wholly private is not shown at all.
    expect(whatIsShown([root], [programs]).programs).toEqual([]);
    expect(whatIsShown([programs], [programs]).programs).toEqual([]);
  });

  test('what a program loads is found where its loader looks for it', async () => {
    const listed = [
      '\tlinux-vdso.so.1 (0x00007ffc)',
      '\tlibuv.so.1 => /home/ada/env/lib/libuv.so.1 (0x00007f)',
      '\t/home/ada/env/lib/ld.so => /lib64/ld-linux-x86-64.so.2 (0x00007f)',
      '\tlibnone.so => not found',
      '\tlibblank.so => /home/ada/my env/libblank.so (0x1)',
    ];
    expect(loadedPaths(listed.join('\n'))).toEqual([
      '/home/ada/env/lib/libuv.so.1',
      '/home/ada/env/lib/ld.so',
      '/lib64/ld-linux-x86-64.so.2',
      '/home/ada/my env/libblank.so',
    ]);
    const bench = plain();
    const { node } = nodeInHome(bench);
    const mounts = await ownPrograms(whatIsShown([bench.root]), { setpriv: undefined });
    const inBench = mounts.filter(({ source }) => source.startsWith(bench.root));
    expect(inBench.map(({ source }) => source)).toEqual([node]);
    expect(mounts.every(({ readOnly }) => readOnly === true)).toBe(true);
  });

  // Others own every socket that they can see here.
  test.runIf(isRoot)('a socket that is not the session\u2019s own is no page', async () => {
    const bench = plain();
    const runner = await bench.runner();
    bench.homeInside = runner.placeOf({ kind: 'home', user: 'ada' });
    const foreign = bench.path('foreign');
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(foreign, resolve));
    onTestFinished(() => void server.close());
    const page = { page: { port: 5000, socket: true }, network: 'host' } as const;
    const run = bench.shell('echo up; sleep 600', page);
    runner.launch(run);
    await until(async () => (await bench.log(run, runner)) === 'up\n');
    const socket = join(bench.path('sessions'), run.key, 'page/page.sock');
    linkSync(foreign, socket);
    expect(await runner.endpoint(run.key)).toBeUndefined();
    chownSync(foreign, 61_000, 61_000);
    expect(await runner.endpoint(run.key)).toBeDefined();
    await runner.terminate(run);
    await bench.over(run);
    expect(readdirSync(join(bench.path('sessions'), run.key))).not.toContain('page.sock');
  });
});
