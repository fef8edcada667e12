import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { Home } from '../../identity.js';

let home: Home;

beforeEach(async () => {
  home = await Home.make();
  await home.write(`schema: skaha
version: 1
active: canfar
contexts: { canfar: { server: canfar, credential: cadc } }
servers: { canfar: { url: "https://h.example/skaha" } }
credentials: { cadc: { mode: token, access: SENTINEL } }
registries: { "images.h.example": { username: ada, secret: SENTINEL } }
console: { color: never }
`);
});

describe('where settings are from', () => {
  const rows = async (env: Record<string, string> = {}, more: string[] = []) => {
    const line = ['config', 'show', '--show-origin', '--json', ...more];
    const { status, stdout } = await home.run(line, { terminal: { env } });
    expect(status).toBe(0);
    const all: { key: string; value: unknown; origin: string; source: string | null }[] =
      JSON.parse(stdout);
    return (key: string) => all.filter((row) => row.key === key);
  };

  test('the file, and defaults for what it leaves out', async () => {
    const row = await rows();
    const source = home.config;
    expect(row('active')).toEqual([{ key: 'active', value: 'canfar', origin: 'file', source }]);
    expect(row('console.color')).toMatchObject([{ value: 'never', origin: 'file' }]);
    expect(row('console.banner')).toMatchObject([{ value: true, origin: 'default', source: null }]);
    expect(row('registries."images.h.example".username')).toMatchObject([{ value: 'ada' }]);
    expect(row('timeout')).toMatchObject([{ value: 30, origin: 'default' }]);
  });

  test('variables come first, ours before those of the successor', async () => {
    const row = await rows({
      SKAHA_CONTEXT: 'other',
      CANFAR_TIMEOUT: '9',
      SKAHA_TIMEOUT: '8',
      SKAHA_TOKEN: 'SENTINEL',
    });
    const origin = 'environment';
    expect(row('active')).toEqual([
      { key: 'active', value: 'other', origin, source: 'SKAHA_CONTEXT' },
    ]);
    expect(row('timeout')).toEqual([
      { key: 'timeout', value: '8', origin, source: 'SKAHA_TIMEOUT' },
    ]);
    expect(row('token')).toMatchObject([{ value: '**********', source: 'SKAHA_TOKEN' }]);
  });

  test('for people it is a table, and secrets are hidden', async () => {
    const { stdout } = await home.run(['config', 'show', '--show-origin']);
    expect(stdout).toMatch(/^KEY +VALUE +ORIGIN +SOURCE\n/);
    expect(stdout).toMatch(/\ncredentials\.cadc\.access +\*{10} +file +\//);
    expect(stdout).not.toContain('SENTINEL');
  });

  test('secrets are shown only when they are asked for', async () => {
    const secret = 'registries."images.h.example".secret';
    expect((await home.run(['config', 'show'])).stdout).not.toContain('SENTINEL');
    expect((await home.run(['config', 'get', secret])).stdout).toBe('**********\n');
    expect((await home.run(['config', 'get', secret, '--show-secrets'])).stdout).toBe('SENTINEL\n');
    const shown = await home.run(['config', 'show', '--show-secrets', '--json']);
    expect(JSON.parse(shown.stdout).credentials.cadc.access).toBe('SENTINEL');
    const row = await rows({}, ['--show-secrets']);
    expect(row(secret)).toMatchObject([{ value: 'SENTINEL' }]);
  });
});

describe('config validate', () => {
  test('says that the file is valid, for programs too', async () => {
    expect(await home.run(['config', 'validate'])).toEqual(
      expect.objectContaining({ status: 0, stdout: `${home.config} is valid.\n`, stderr: '' }),
    );
    const { stdout } = await home.run(['config', 'validate', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      path: home.config,
      exists: true,
      valid: true,
      warnings: [],
    });
  });

  test('says what is wrong and where: 1', async () => {
    const path = join(home.path, 'other.yaml');
    writeFileSync(path, 'schema: skaha\nversion: 1\nservers:\n  x: { url: ftp://x }\n');
    const wrong = await home.run(['config', 'validate', path]);
    expect(wrong).toMatchObject({ status: 1, stdout: '' });
    expect(wrong.stderr).toContain(path);
    expect(wrong.stderr).toContain('line 4');
    expect((await home.run(['config', 'validate', join(home.path, 'none')])).status).toBe(1);
  });

  test('tells what means nothing, and refuses it when it is strict', async () => {
    await home.write('schema: skaha\nversion: 1\nconsole: { colour: never }\n');
    const lax = await home.run(['config', 'validate']);
    expect(lax.status).toBe(0);
    expect(lax.stdout).toMatch(/Warning: .*console\.colour/);
    const strict = await home.run(['config', 'validate', '--strict', '--json']);
    expect(strict).toMatchObject({ status: 1, stdout: '' });
    expect(JSON.parse(strict.stderr)).toMatchObject({ code: 'config.invalid' });
  });
});
