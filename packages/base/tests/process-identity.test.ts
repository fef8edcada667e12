import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { bootId, processBirth, processExists, processStat } from '../src/process-identity.js';

test('a process exists until it has ended, whoever owns it', async () => {
  expect(processExists(process.pid)).toBe(true);
  expect(processExists(1)).toBe(true);
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  expect(processExists(child.pid ?? 0)).toBe(false);
});

describe.runIf(process.platform === 'linux')('what Linux says', () => {
  test('a process keeps its birth, and no other one has it', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
    const pid = child.pid ?? 0;
    const birth = await processBirth(pid);
    expect(birth).toBe(await processBirth(pid));
    expect(birth.startsWith(`${await bootId()}/`)).toBe(true);
    expect(birth).not.toBe(await processBirth(process.pid));
    child.kill();
    await once(child, 'exit');
    expect(await processBirth(pid)).toBe('');
    expect(await processStat(pid)).toBeUndefined();
  });

  test('the name of a program may hold anything', async () => {
    const child = spawn(
      process.execPath,
      ['-e', "process.title = ') Z (1) 2'; setInterval(() => {}, 1e6); process.send(1)"],
      {
        stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
      },
    );
    await once(child, 'message');
    const stat = await processStat(child.pid ?? 0);
    expect(stat?.state).toMatch(/^[RSD]$/);
    expect(stat?.start).toMatch(/^\d+$/);
    child.kill();
  });
});
