import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { Platform } from '../../src/types.js';
import { send } from '../fixtures.js';

/** Opens a WebSocket below the page of a session, as its owner. */
export const socketAt = (platform: Platform, path: string, protocols: string[] = []): WebSocket =>
  new WebSocket(`wss://127.0.0.1:${platform.port}${path}`, protocols, {
    ca: readFileSync(platform.ca),
    headers: { authorization: `Bearer ${platform.token}` },
  });

/** The first message of a socket that a test can use, or the end of it as an error. */
export const message = async <Found>(
  socket: WebSocket,
  pick: (data: Buffer) => Found | undefined,
): Promise<Found> =>
  await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    socket.on('message', (data: Buffer) => {
      const found = pick(data);
      if (found !== undefined) resolve(found);
    });
  });

/** What a new kernel of a notebook session prints when it runs this code. */
export async function compute(platform: Platform, id: string, code: string): Promise<string> {
  const kernels = `/session/notebook/${id}/api/kernels`;
  const made = await send(platform, 'POST', kernels, { body: '{}' });
  if (made.status !== 201) throw new Error(`no kernel: ${made.status} ${made.body}`);
  const socket = socketAt(platform, `${kernels}/${JSON.parse(made.body).id}/channels`);
  socket.once('open', () => {
    const about = { msg_id: 'a', msg_type: 'execute_request', session: 's' };
    const header = { ...about, username: 'u', version: '5.3' };
    const content = { code, silent: false };
    const request = { channel: 'shell', header, parent_header: {}, metadata: {}, content };
    socket.send(JSON.stringify(request));
  });
  const printed = await message(socket, (data) => {
    const { msg_type: type, content } = JSON.parse(data.toString());
    return type === 'stream' ? String(content.text) : undefined;
  });
  socket.terminate();
  return printed;
}
