import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SkahaClient } from 'skaha';
import { expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../../scripts/tests/platform-keys.js';
import { startSkaha } from '../child.js';

const program = fileURLToPath(new URL('../fixtures/platform-child.mjs', import.meta.url));
const image = 'skaha/terminal:1.1.2';
const total = 120;

interface Running {
  url: string;
  ca: string;
  tokenFile: string;
  port: number;
  kill(): Promise<void>;
}

/** Starts a platform that drops every seventh answer and refuses every eleventh request. */
async function startPlatformProcess(data: string, port: number): Promise<Running> {
  const options = {
    ...{ data, port, user: 'ada' },
    config: { capacity: { cores: 4096, memoryGiB: 4096 } },
    faults: [
      { kind: 'lost-response', every: 7 },
      { kind: 'status-503', every: 11, retryAfterSeconds: 1 },
    ],
  };
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.includes('\n')) resolve(text);
    });
    void ended.then(() => reject(new Error('The platform ended early.')));
  });
  return { ...JSON.parse(line), kill };
}

test('120 replicas: the platform killed twice, the command three times, each exactly once', async () => {
  const home = mkdtempSync(join(tmpdir(), 'skaha-survive-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const journal = join(home, 'state', 'skaha', 'jobs', 'big', 'journal.jsonl');
  layKeys(join(home, 'platform'));
  let platform = await startPlatformProcess(join(home, 'platform'), 0);
  const { url, ca, tokenFile, port } = platform;
  const token = readFileSync(tokenFile, 'utf8').trim();
  await using client = new SkahaClient({ url, ca, token, retries: 10 });
  // Namesakes from an earlier day must not be taken for replicas.
  const old = await client.sessions.create({ name: 'big-3', image, cmd: 'true' });

  const server = ['--url', url, '--ca', ca, '--token-file', tokenFile];
  const env = { XDG_STATE_HOME: join(home, 'state') };
  const words = ['headless', image, '-n', 'big', '-r', String(total), '--', 'printenv'];
  const create = () => startSkaha(['create', ...server, ...words, 'REPLICA_ID'], env);
  const resume = () => startSkaha(['jobs', 'resume', 'big', ...server], env);
  const answers = () => {
    try {
      return readFileSync(journal, 'utf8').split('"launched"').length - 1;
    } catch {
      return 0;
    }
  };
  const reached = async (count: number) => {
    while (answers() < count) await pause(20);
  };
  const killCommand = async (child: ReturnType<typeof startSkaha>) => {
    child.process.kill('SIGKILL');
    expect(await child.ended).toBe('SIGKILL');
  };
  const restartPlatform = async () => {
    await platform.kill();
    platform = await startPlatformProcess(join(home, 'platform'), port);
  };

  let command = create();
  await reached(20);
  await killCommand(command);
  command = resume();
  await reached(40);
  await restartPlatform();
  await reached(60);
  await killCommand(command);
  command = resume();
  await reached(80);
  await restartPlatform();
  await reached(100);
  await killCommand(command);
  command = resume();
  const status = await command.ended;
  expect(`${status} ${command.stderr()}`).toMatch(/^0 /);

  const sessions = (await client.sessions.fetch()).filter(({ id }) => !old.ids.includes(id));
  const names = Array.from({ length: total }, (_, at) => `big-${at + 1}`).sort();
  expect(sessions.map(({ name }) => name).sort()).toEqual(names);
  const ids = sessions.map(({ id }) => id);
  await client.sessions.wait(ids, { until: 'finished', timeoutMs: 100_000 });
  const logs = await client.sessions.logs(ids);
  const said = new Map(logs.map(({ id, text }) => [id, text.trim()]));
  for (const { id, name } of sessions) expect(`big-${said.get(id)}`).toBe(name);
}, 600_000);
