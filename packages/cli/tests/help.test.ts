import { describe, expect, test } from 'vitest';
import { program } from '../src/program.js';
import { runSkaha } from './harness.js';

const golden = (name: string) => `./golden/${name.replaceAll(' ', '-')}.txt`;

describe('help', () => {
  test('of the program', async () => {
    const { status, stdout, stderr } = await runSkaha([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(golden('skaha'));
    expect((await runSkaha(['--help'])).stdout).toBe(stdout);
    expect((await runSkaha(['help'])).stdout).toBe(stdout);
  });

  test.each(program.commands.map(({ name }) => [name]))('of %s', async (name) => {
    const { status, stdout, stderr } = await runSkaha([...name.split(' '), '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(golden(name));
    expect((await runSkaha(['help', ...name.split(' ')])).stdout).toBe(stdout);
    expect((await runSkaha([...name.split(' '), '-h'])).stdout).toBe(stdout);
  });

  test.each(program.commands.map((entry) => [entry.name, entry] as const))(
    'of %s has examples, and lines that fit',
    async (_name, entry) => {
      const definition = await entry.load();
      expect(definition.examples.length).toBeGreaterThanOrEqual(2);
      for (const { command } of definition.examples) expect(command).toMatch(/\bskaha /);
      const { stdout } = await runSkaha([...entry.name.split(' '), '-h']);
      const prose = stdout.split('\n').filter((line) => !/^ {2}(#|.*\bskaha )/.test(line));
      for (const line of prose) expect(line.length).toBeLessThanOrEqual(82);
    },
  );

  test.each(program.topics.map(({ name }) => [name]))('of the topic %s', async (name) => {
    const { status, stdout, stderr } = await runSkaha(['help', name]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(golden(`topic ${name}`));
  });

  test('of a command comes before none, and a misspelt topic has a suggestion', async () => {
    expect((await runSkaha(['help', 'config', 'show'])).stdout).toContain('skaha config show');
    const { status, stderr } = await runSkaha(['help', 'formating']);
    expect(status).toBe(2);
    expect(stderr).toContain("Did you mean 'formatting'?");
  });

  test('of a group lists its commands', async () => {
    const asked = await runSkaha(['image', '--help']);
    expect(asked.status).toBe(0);
    expect(asked.stdout).toContain('image ls');
    expect(await runSkaha(['image'])).toMatchObject({ status: 2, stdout: asked.stdout });
  });

  test('is the same every time, and has no colour in a pipe', async () => {
    const first = await runSkaha(['create', '-h']);
    expect((await runSkaha(['create', '-h'])).stdout).toBe(first.stdout);
    expect(first.stdout).not.toContain('\u001B');
    const terminal = { isTty: true, columns: 100 };
    expect((await runSkaha(['create', '-h'], { terminal })).stdout).toContain('\u001B[1m');
  });

  test('--version prints name and version only', async () => {
    const expected = { status: 0, stdout: 'skaha 0.1.0\n', stderr: '' };
    expect(await runSkaha(['--version'])).toMatchObject(expected);
    expect(await runSkaha(['-V'])).toMatchObject(expected);
    expect(await runSkaha(['version'])).toMatchObject(expected);
  });
});
