import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { create, get, logs, roomy, send, testPlatform, until, untilStatus } from '../fixtures.js';

const isLinux = process.platform === 'linux';

// Plain processes can change all that their owner can, the state of the platform included. What
// they put there must neither be followed nor hold up the others.
test.runIf(isLinux)(
  'a session that replaces its log neither shows another file nor holds the platform up',
  async () => {
    const platform = await testPlatform();
    const secret = join(platform.home, '..', 'secret');
    writeFileSync(secret, 'swordfish\n');
    const script = `log=$(readlink /proc/self/fd/2) || exit 1
case $1 in
  link) ln -sf '${secret}' "$log" ;;
  pipe) rm "$log"; mkfifo "$log" ;;
  folder) rm "$log"; mkdir "$log" ;;
esac
: > "$1.up"
while [ ! -e go ]; do sleep 0.02; done
`;
    mkdirSync(platform.home, { recursive: true });
    writeFileSync(join(platform.home, 'job.sh'), script);
    const ids: string[] = [];
    for (const what of ['link', 'pipe', 'folder', 'nothing']) {
      ids.push(await create(platform, { cmd: 'sh', args: `job.sh ${what}` }));
      await until(() => existsSync(join(platform.home, `${what}.up`)));
    }
    // As many at once as Node has threads that could wait for a pipe.
    const asked = Array.from(
      { length: 8 },
      async () => await Promise.all(ids.map((id) => logs(platform, id))),
    );
    for (const found of await Promise.all(asked)) expect(found).toEqual(['', '', '', '']);
    writeFileSync(join(platform.home, 'go'), '');
    for (const id of ids) await untilStatus(platform, id, 'Completed');
  },
);

// What is open as its output can be opened again, in a sandbox too. Root reads what is closed to all.
test.runIf(isLinux)('a session that empties its log, or closes it, has a log', async () => {
  const config = { ...roomy, runner: 'auto' as const };
  const platform = await testPlatform({ config });
  const script = 'echo one; : > /proc/self/fd/1; echo two; chmod 000 /proc/self/fd/1; : > up\n';
  writeFileSync(join(platform.home, 'job.sh'), script);
  const id = await create(platform, { cmd: 'sh', args: 'job.sh' });
  await untilStatus(platform, id, 'Completed');
  expect(existsSync(join(platform.home, 'up'))).toBe(true);
  expect(await logs(platform, id)).toBe('two\n');
});

test.runIf(isLinux)('a session that replaces its notes is over all the same', async () => {
  const platform = await testPlatform();
  const script = `state=$(readlink /proc/self/fd/2) && state=\${state%.log} || exit 1
mkdir "$state" && mkfifo "$state/exit" "$state/port" "$state/join" "$state/enclosure" || exit 1
rm "$state.claim" && mkfifo "$state.claim" || exit 1
: > up
`;
  writeFileSync(join(platform.home, 'job.sh'), script);
  const id = await create(platform, { cmd: 'sh', args: 'job.sh' });
  await until(() => existsSync(join(platform.home, 'up')));
  expect((await send(platform, 'DELETE', `/skaha/v1/session/${id}`)).status).toBe(200);
  await until(async () => (await get(platform, id)) === undefined);
});
