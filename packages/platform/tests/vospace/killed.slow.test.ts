import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';
import { startPlatform } from '../../src/platform.js';
import { temporaryDirectory } from '../fixtures.js';
import { arc } from './set-up.js';

const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

const program = `
import { startPlatform } from ${JSON.stringify(built)};
const platform = await startPlatform({ data: process.argv[1], port: 0, user: 'adastra', runner: 'process' });
process.send({ port: platform.port, token: platform.token, ca: platform.ca });
`;

interface Told {
  readonly port: number;
  readonly token: string;
  readonly ca: string;
}

/** Sends a file in pieces, one each time `next` asks for it. */
function upload({ port, token, ca }: Told, data: Buffer) {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method: 'PUT',
    path: '/arc/files/home/adastra/f',
    agent: false,
    ca: readFileSync(ca),
    headers: { authorization: `Bearer ${token}`, 'content-length': data.length },
  });
  outgoing.on('error', () => undefined);
  outgoing.on('response', (reply) => reply.resume());
  return outgoing;
}

test('a platform that is killed in the middle of uploads leaves the old content or the new', async () => {
  const data = temporaryDirectory();
  layKeys(data);
  const contents = Array.from({ length: 8 }, (_, index) =>
    Buffer.alloc(2_000_000 + index, 65 + index),
  );
  const file = join(data, 'arc/home/adastra/f');
  for (const [round, content] of contents.entries()) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, data], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [told] = (await once(child, 'message')) as [Told];
    const outgoing = upload(told, content);
    // From nothing at all to everything, and a moment more or less in between.
    const part = Math.floor((content.length * round) / (contents.length - 1));
    await new Promise<void>((resolve) =>
      outgoing.write(content.subarray(0, part), () => resolve()),
    );
    if (part === content.length) outgoing.end();
    child.kill('SIGKILL');
    await once(child, 'exit');
    if (!existsSync(file)) continue;
    const found = readFileSync(file);
    expect(
      contents.slice(0, round + 1).some((one) => one.equals(found)),
      `round ${round}`,
    ).toBe(true);
  }
  const platform = await startPlatform({ data, port: 0, runner: 'process' });
  try {
    expect(readdirSync(join(data, 'arc/.staging'))).toEqual([]);
    expect((await arc(platform, 'GET', '/nodes/home/adastra')).status).toBe(200);
  } finally {
    await platform.stop();
  }
});
