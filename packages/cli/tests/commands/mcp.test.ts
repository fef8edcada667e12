import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { runChild } from '../child.js';
import { runSkaha, sharedPlatform } from '../harness.js';

const program = fileURLToPath(new URL('../../../client/bin/skaha.js', import.meta.url));
const image = 'images.canfar.net/skaha/terminal:1.1.2';
const shell = sharedPlatform({
  runner: 'process',
  config: { capacity: { cores: 64, memoryGiB: 64 } },
});
const folder = mkdtempSync(join(tmpdir(), 'skaha-mcp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const looking = [
  'data_cat',
  'data_head',
  'data_info',
  'data_ls',
  'events',
  'images',
  'info',
  'list',
  'logs',
  'stats',
  'wait',
];

/** What a person answers to a form; without it the client cannot ask. */
type Person = (message: string) => { action: 'accept' | 'cancel' | 'decline'; agree?: boolean };

/** The shipped command with an assistant's client at its other end. */
async function assistant(argv: readonly string[] = [], person?: Person, env = {}) {
  const { url, ca, tokenFile } = shell.platform;
  const home = mkdtempSync(join(folder, 'home-'));
  const words = ['--url', url, '--ca', ca, '--token-file', tokenFile];
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [program, 'mcp', ...(argv.includes('--url') ? [] : words), ...argv],
    env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env },
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const capabilities = person === undefined ? {} : { elicitation: {} };
  const client = new Client({ name: 'test', version: '1' }, { capabilities });
  if (person !== undefined)
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      const { action, agree } = person(params.message);
      return agree === undefined ? { action } : { action, content: { agree } };
    });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const call = async (name: string, input: Record<string, unknown> = {}) => {
    const answer = await client.callTool({ name, arguments: input }, CallToolResultSchema);
    const { content, isError, structuredContent } = CallToolResultSchema.parse(answer);
    const [first] = content;
    return { isError, structuredContent, text: first?.type === 'text' ? first.text : '' };
  };
  /** The document that a tool answers; it must not be an error. */
  const ask = async (name: string, input: Record<string, unknown> = {}) => {
    const { isError, structuredContent, text } = await call(name, input);
    expect(isError, text).toBeFalsy();
    expect(JSON.parse(text)).toEqual(structuredContent);
    // biome-ignore lint/suspicious/noExplicitAny: what a program of another makes of an answer
    return structuredContent as any;
  };
  const refusal = async (name: string, input: Record<string, unknown> = {}) => {
    const { isError, text } = await call(name, input);
    expect(isError, text).toBe(true);
    return JSON.parse(text).error;
  };
  return { client, transport, call, ask, refusal, stderr: () => stderr };
}

const begin = async (name: string, script: string) => {
  const made = await shell.skaha(['create', 'headless', image, '-q', '-n', name, '--sh', script]);
  expect(made.stderr).toBe('');
  return made.stdout.trim();
};

const written = (path: string, content: string) => {
  const file = join(shell.platform.data, 'arc', path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
};

describe('without --allow-writes', () => {
  test('it offers what looks, and says what each tool does', async () => {
    const { client, call } = await assistant();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(looking);
    for (const { annotations, description, inputSchema, outputSchema, title } of tools) {
      expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
      expect(title).toBeTruthy();
      expect(description?.length).toBeGreaterThan(30);
      expect([inputSchema.type, outputSchema?.type]).toEqual(['object', 'object']);
    }
    expect(client.getInstructions()).toContain('--allow-writes');
    const before = (await shell.skaha(['ps', '--all', '-q'])).stdout;
    for (const name of ['create', 'delete', 'renew', 'data_up'])
      expect(await call(name, { name: 'x', image, sessions: ['x'] })).toMatchObject({
        isError: true,
      });
    expect((await shell.skaha(['ps', '--all', '-q'])).stdout).toBe(before);
  });

  test('sessions, their end, logs and events', async () => {
    const id = await begin('seen', 'seq 1 3000; exit 3');
    const { ask } = await assistant();
    const waited = await ask('wait', { sessions: ['seen'], timeout_seconds: 60 });
    expect(waited).toMatchObject({
      reached: true,
      sessions: [{ id, name: 'seen', status: 'Failed', reason: expect.stringContaining('3') }],
    });
    const listed = await ask('list', { name: 'se?n' });
    expect(listed).toMatchObject({ total: 1, truncated: false, sessions: [{ id, image }] });
    const log = await ask('logs', { session: id, lines: 3 });
    expect(log).toMatchObject({ text: '2998\n2999\n3000', lines: 3, truncated: true });
    expect((await ask('logs', { session: id, lines: 2000 })).lines).toBe(2000);
    const { events, reason } = await ask('events', { session: 'seen' });
    expect(events.map((event: { reason: string }) => event.reason)).toContain('Started');
    expect(reason).toContain('3');
  });

  test('a log of any length is bounded', async () => {
    const id = await begin(
      'long',
      'yes 0123456789012345678901234567890123456789 | head -c 3000000',
    );
    const { ask, call } = await assistant();
    await ask('wait', { sessions: [id] });
    const { text } = await call('logs', { session: id, lines: 2000 });
    expect(text.length).toBeLessThan(100_000);
    const log = JSON.parse(text);
    expect(log).toMatchObject({ truncated: true, total_bytes: 3_000_000 });
  });

  test('how busy it is, its limits and its images', async () => {
    const { ask } = await assistant();
    expect(await ask('stats')).toMatchObject({
      server: shell.platform.url,
      load: { cores: { capacity: 64 } },
      limits: { gpus: expect.any(Array), cores: expect.arrayContaining([1]) },
    });
    const found = await ask('images', { kind: 'headless', search: 'TERMINAL' });
    expect(found.images).toEqual([{ id: image, kinds: expect.arrayContaining(['headless']) }]);
    expect(await ask('images', { limit: 1 })).toMatchObject({ truncated: true });
  });

  test('errors have a code and a hint, and nothing else breaks', async () => {
    const { refusal, ask, call } = await assistant();
    expect(await refusal('info', { sessions: ['sene'] })).toMatchObject({
      code: 'session.not_found',
      hint: expect.stringContaining('skaha ps'),
    });
    expect((await refusal('logs', { session: '-' })).code).toBe('request.invalid');
    expect((await refusal('data_ls', { place: 'nowhere:/x' })).code).toBe(
      'storage.service_unknown',
    );
    expect((await refusal('data_cat', { place: 'arc:/home/ada/none' })).code).toBe(
      'storage.not_found',
    );
    expect(await call('list', { limit: 100_000 })).toMatchObject({ isError: true });
    expect(await ask('list')).toHaveProperty('sessions');
  });
});

describe('files', () => {
  test('are listed, described and read within bounds', async () => {
    written('home/ada/stars/bright.csv', 'name,mag\nSirius,-1.46\nVega,0.03\n');
    written('home/ada/stars/long.txt', 'x'.repeat(300_000));
    written('home/ada/stars/empty.txt', '');
    written('home/ada/stars/image.fits', 'SIMPLE\0\0\0');
    const { ask, refusal } = await assistant();
    const { entries } = await ask('data_ls', { place: 'arc:/home/ada/stars' });
    expect(entries).toHaveLength(4);
    expect(entries).toContainEqual({
      path: 'arc:/home/ada/stars/bright.csv',
      kind: 'file',
      size_bytes: 32,
      modified: expect.any(String),
    });
    const some = await ask('data_ls', { place: 'arc:/home/ada/stars', limit: 2 });
    expect([some.entries.length, some.truncated]).toEqual([2, true]);
    const place = 'arc:/home/ada/stars/bright.csv';
    expect((await ask('data_info', { place })).entry).toMatchObject({ public: false });
    expect(await ask('data_head', { place, lines: 1 })).toMatchObject({
      text: 'name,mag\n',
      truncated: true,
    });
    expect(await ask('data_cat', { place })).toMatchObject({ truncated: false, size_bytes: 32 });
    const long = await ask('data_cat', { place: 'arc:/home/ada/stars/long.txt', max_bytes: 1000 });
    expect([long.text.length, long.truncated]).toEqual([1000, true]);
    expect((await ask('data_cat', { place: 'arc:/home/ada/stars/empty.txt' })).text).toBe('');
    const fits = await refusal('data_cat', { place: 'arc:/home/ada/stars/image.fits' });
    expect(fits.code).toBe('storage.wrong_kind');
  });

  test('go up and come down in one folder only', async () => {
    const own = mkdtempSync(join(folder, 'own-'));
    writeFileSync(join(own, 'in.txt'), 'first light');
    writeFileSync(join(folder, 'outside.txt'), 'not for you');
    symlinkSync(join(folder, 'outside.txt'), join(own, 'link.txt'));
    symlinkSync(folder, join(own, 'out'));
    const { ask, refusal } = await assistant(
      ['--allow-writes', '--no-confirm', '--folder', own],
      undefined,
    );
    const to = 'arc:/home/ada/in.txt';
    expect(await ask('data_up', { from: 'in.txt', to })).toMatchObject({ status: 'done' });
    expect(await ask('data_down', { from: to, to: 'back.txt' })).toMatchObject({ status: 'done' });
    expect(readFileSync(join(own, 'back.txt'), 'utf8')).toBe('first light');
    for (const from of [
      '../outside.txt',
      'link.txt',
      'out/outside.txt',
      join(folder, 'outside.txt'),
    ])
      expect([from, (await refusal('data_up', { from, to })).code]).toEqual([
        from,
        'request.invalid',
      ]);
    for (const name of ['../new.txt', 'link.txt', 'out/new.txt', '/etc/new'])
      expect((await refusal('data_down', { from: to, to: name })).code).toBe('request.invalid');
    expect(readFileSync(join(folder, 'outside.txt'), 'utf8')).toBe('not for you');
  });
});

describe('with --allow-writes', () => {
  const wish = { name: 'wished', image, command: ['env'], env: { BAND: 'r', API_KEY: 'hunter22' } };

  test('the tools say that they change something', async () => {
    const { client } = await assistant(['--allow-writes']);
    const { tools } = await client.listTools();
    const changing = tools.filter(({ annotations }) => annotations?.readOnlyHint === false);
    expect(changing.map(({ name }) => name).sort()).toEqual(['create', 'delete', 'renew']);
    const destructive = changing.filter(({ annotations }) => annotations?.destructiveHint);
    expect(destructive.map(({ name }) => name)).toEqual(['delete']);
  });

  test('the person is asked, with a preview, and only their yes counts', async () => {
    const asked: string[] = [];
    const answers = [
      { action: 'decline' },
      { action: 'cancel' },
      { action: 'accept', agree: false },
      { action: 'accept', agree: true },
    ] as const;
    const { ask } = await assistant(['--allow-writes'], (message) => {
      asked.push(message);
      return answers[asked.length - 1] ?? { action: 'cancel' };
    });
    for (const _ of [1, 2, 3]) {
      expect(await ask('create', wish)).toMatchObject({ status: 'declined' });
    }
    expect((await ask('list', { name: 'wished' })).total).toBe(0);
    const { status, sessions } = await ask('create', wish);
    expect([status, sessions.length]).toEqual(['done', 1]);
    expect(asked[0]).toContain(image);
    expect(asked[0]).toContain('BAND=r');
    expect(asked.join()).not.toContain('hunter22');
    expect((await ask('list', { name: 'wished' })).total).toBe(1);
  });

  test('where the client cannot ask, a preview and its token come first', async () => {
    const { ask, refusal } = await assistant(['--allow-writes']);
    const twice = { ...wish, name: 'twice', replicas: 2 };
    const first = await ask('create', twice);
    expect(first).toMatchObject({ status: 'confirmation_required', confirm: expect.any(String) });
    expect(first.preview.join('\n')).toContain('BAND=r');
    const { confirm } = first;
    // It holds for what was shown, once.
    const other = await refusal('create', { ...twice, replicas: 3, confirm });
    expect(other.code).toBe('request.invalid');
    expect((await refusal('create', { ...twice, confirm })).code).toBe('request.invalid');
    expect((await refusal('create', { ...twice, confirm: 'made-up' })).code).toBe(
      'request.invalid',
    );
    expect((await ask('list', { name: 'twice-*' })).total).toBe(0);
    const again = await ask('create', twice);
    const done = await ask('create', { ...twice, confirm: again.confirm });
    expect(done).toMatchObject({
      status: 'done',
      sessions: [{ name: 'twice-1' }, { name: 'twice-2' }],
    });
    const removal = await ask('delete', { sessions: ['twice-*'] });
    expect(removal.preview).toHaveLength(2);
    const input = { sessions: ['twice-*'], confirm: removal.confirm };
    expect(await ask('delete', input)).toMatchObject({ status: 'done' });
    expect((await ask('list', { name: 'twice-*' })).total).toBe(0);
  });

  test('with --no-confirm nobody is asked; what is wrong is told', async () => {
    const { ask, refusal } = await assistant(['--allow-writes', '--no-confirm']);
    const { sessions } = await ask('create', { name: 'alone', image, script: 'sleep 60' });
    await ask('wait', { sessions: ['alone'], until: 'running' });
    expect(await ask('renew', { sessions: ['alone'] })).toMatchObject({ status: 'done' });
    expect(await ask('delete', { sessions: [sessions[0].id] })).toMatchObject({ status: 'done' });
    expect((await refusal('create', { name: 'a b', image })).code).toBe('request.invalid');
    expect((await refusal('create', { name: 'a', image: 'skaha/termnal:1.1.2' })).hint).toContain(
      'terminal',
    );
    const many = await refusal('create', { name: 'a', image, command: ['a b'] });
    expect(many).toMatchObject({ code: 'request.invalid', hint: expect.any(String) });
  });
});

describe('secrets', () => {
  test('of the platform, the home and the variables are in no answer', async () => {
    const { token } = shell.platform;
    const registry = 'Robot-secret-77';
    const key = `-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n-----END PRIVATE KEY-----`;
    written(
      'home/ada/notes.txt',
      `token ${token}\npassword=swordfish9\nother ${registry}\n${key}\n`,
    );
    written('home/ada/.netrc', 'machine x password swordfish9\n');
    const id = await begin(
      'leaky',
      `echo ${token}; echo DB_PASSWORD=swordfish9; echo '${key}'; echo end`,
    );
    const { ask, call, client, stderr } = await assistant(
      ['--allow-writes', '--debug'],
      undefined,
      { SKAHA_REGISTRY_SECRET: registry, SKAHA_REGISTRY_USERNAME: 'robot' },
    );
    await ask('wait', { sessions: [id] });
    const place = 'arc:/home/ada/notes.txt';
    const log = await ask('logs', { session: id });
    expect(log.text).toContain('end');
    const answers = [
      JSON.stringify(log),
      ...(
        await Promise.all([
          call('info', { sessions: [id] }),
          call('list'),
          call('stats'),
          call('events', { session: id }),
          call('data_cat', { place }),
          call('data_head', { place }),
          call('create', { name: 'x', image, env: { A_TOKEN: token, DB_PASSWORD: 'swordfish9' } }),
          call('info', { sessions: [token] }),
        ])
      ).map((answer) => JSON.stringify(answer)),
      stderr(),
      JSON.stringify(await client.listTools()),
    ];
    for (const answer of answers)
      for (const secret of [token, 'swordfish9', registry, 'MIIEvQIBADAN', 'Um9ib3Q'])
        expect(answer).not.toContain(secret);
  });

  test('files that hold credentials are closed', async () => {
    const { refusal } = await assistant();
    for (const path of [
      '.ssl/cadcproxy.pem',
      '.token/.skaha',
      '.netrc',
      '.ssh//id_rsa',
      './.ssl/x',
    ]) {
      const error = await refusal('data_cat', { place: `arc:/home/ada/${path}` });
      expect([path, error.code]).not.toEqual([path, 'storage.not_found']);
    }
    expect((await refusal('data_ls', { place: 'arc:/home/ada/.ssl' })).code).toBe(
      'storage.forbidden',
    );
  });
});

describe('its life', () => {
  test('a call that is cancelled asks the server no more', async () => {
    let began: () => void = () => {};
    let ended: () => void = () => {};
    const [beginning, ending] = [
      new Promise<void>((resolve) => {
        began = resolve;
      }),
      new Promise<void>((resolve) => {
        ended = resolve;
      }),
    ];
    // It takes a connection and says nothing, so that the call goes on until it is ended.
    const silent = createServer((socket) => {
      socket.once('close', ended).resume();
      began();
    });
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const { client } = await assistant([
      '--url',
      `https://127.0.0.1:${port}/skaha`,
      '--token-file',
      shell.platform.tokenFile,
    ]);
    const stop = new AbortController();
    const call = client.callTool({ name: 'list', arguments: {} }, undefined, {
      signal: stop.signal,
    });
    call.catch(() => {});
    await beginning;
    stop.abort();
    await expect(call).rejects.toThrow();
    await ending;
    expect((await client.listTools()).tools.length).toBe(looking.length);
  });

  test('it ends when its client goes', async () => {
    const { transport } = await assistant();
    const { pid } = transport;
    await transport.close();
    expect(() => process.kill(pid ?? 0, 0)).toThrow();
  });

  test('standard output is the protocol and nothing else', async () => {
    const stdin = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })}\nno json\n`;
    const { url, tokenFile } = shell.platform;
    const argv = ['mcp', '--url', url, '--token-file', tokenFile];
    const { status, stdout } = await runChild(argv, { HOME: folder }, { stdin });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `${JSON.stringify({ result: {}, jsonrpc: '2.0', id: 1 })}\n`,
    });
  });

  test.each([
    [['--no-confirm'], 'an effect only with --allow-writes'],
    [['--folder', '.'], 'an effect only with --allow-writes'],
    [['--allow-writes', '--folder', '/nowhere/at/all'], 'is not an existing folder'],
  ])('%j is refused', async (argv, words) => {
    const { status, stderr } = await runSkaha(['mcp', ...argv]);
    expect(status).toBe(2);
    expect(stderr).toContain(words);
  });
});
