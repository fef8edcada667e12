import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SessionNamespaces } from '@skaha/platform-local/network/session-namespaces.js';
import type { NetworkTools } from '@skaha/platform-local/network/user-network.js';
import { joinWords, UserNetwork } from '@skaha/platform-local/network/user-network.js';
import { childrenOf } from '@skaha/platform-local/processes/processes.js';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory, until } from '../../../platform/tests/fixtures.js';

const probe = await probeSandbox();
const network = 'tools' in probe ? probe.tools.network : undefined;
const isBridge = network?.kind === 'bridge';
if (!isBridge) process.stdout.write('spaces of sessions: no networks can be tied together here\n');

const listening =
  "require('node:net').createServer((socket) => socket.end('the session')).listen(5000, '127.0.0.1')";

/** Waits for a file without letting this process do anything else. */
const standStillUntil = (path: string) =>
  execFileSync('/bin/sh', ['-c', 'until [ -e "$1" ]; do sleep 0.01; done', 'sh', path], {
    timeout: 20_000,
  });

/** A supervisor that takes each step on its way when the test says so. */
function supervisor(tools: NetworkTools, users: UserNetwork, folder: string) {
  const shell = (script: string) => ['/bin/sh', '-c', script, 'sh'];
  const [file = '', ...words] = [
    ...shell('until [ -e enter ]; do sleep 0.01; done; exec "$@"'),
    ...users.entrance(tools),
    ...shell('"$@"; exit $?'),
    ...shell('touch there; until [ -e begin ]; do sleep 0.01; done; exec "$@"'),
    ...joinWords(tools, '10.244.0.1'),
    process.execPath,
    '-e',
    listening,
  ];
  const child = spawn(file, words, {
    cwd: folder,
    detached: true,
    stdio: 'ignore',
  });
  const pid = child.pid ?? 0;
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    process.kill(-pid, 'SIGKILL');
    await ended;
  });
  return pid;
}

test.skipIf(!isBridge)(
  'a session is not taken for the network of its user while its supervisor is on the way in',
  async () => {
    if (network === undefined) return;
    const folder = temporaryDirectory();
    const users = await UserNetwork.make(network);
    onTestFinished(() => users.close());
    const pid = supervisor(network, users, folder);
    const tell = (word: string) => writeFileSync(join(folder, word), '');
    const spaces = new SessionNamespaces(network, '/nowhere');
    onTestFinished(() => spaces.close());
    const reach = async () =>
      await spaces.connect('key', pid, 5000, '10.244.0.1').then(text, () => undefined);

    // The first look is while the supervisor is still outside, the next one when it has a child that
    // is in the network of the user, and not yet in one of its own.
    const first = reach();
    tell('enter');
    standStillUntil(join(folder, 'there'));
    for (let turn = 0; turn < 5; turn += 1) expect(await childrenOf(pid)).toHaveLength(1);
    tell('begin');
    await first;

    expect(await until(reach)).toBe('the session');
  },
);
