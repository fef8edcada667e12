import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { sample } from '../../../../client/tests/config/fixtures.js';
import { systemServices } from '../../../src/environment/services.js';
import { Home } from '../../identity.js';

let home: Home;

beforeEach(async () => {
  home = await Home.make();
});

/** An editor that is a script of ours. */
async function editor(script: string): Promise<Record<string, string>> {
  const path = join(home.path, 'editor.sh');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { VISUAL: '', EDITOR: `${path} --wait` };
}

const edit = async (script: string, env: Record<string, string> = {}) => {
  const variables = { ...(await editor(script)), ...env };
  const { runProgram } = systemServices({
    env: { PATH: process.env['PATH'], ...variables },
  });
  return home.run(['config', 'edit'], { terminal: { env: variables }, services: { runProgram } });
};

/** Only the file itself may be left in its directory. */
const left = async () => readdir(dirname(home.config));

describe('edit', () => {
  test('a valid result takes the place of the file, comments and all', async () => {
    await home.write(sample);
    const result = await edit(`sed -i 's/banner: true/banner: false/' "$2"`);
    expect(result).toMatchObject({ status: 0, stderr: `${home.config} was changed.\n` });
    expect(await home.text()).toBe(sample.replace('banner: true', 'banner: false'));
    expect(await left()).toEqual(['config.yaml']);
  });

  test.each([
    ['in quotes', (path: string) => `"${path}" --wait`],
    ['in single quotes', (path: string) => `'${path}' --wait`],
    ['with a backslash', (path: string) => `${path.replace(' ', '\\ ')} --wait`],
  ])('an editor whose path has a blank, %s', async (_how, quoted) => {
    await home.write(sample);
    const { EDITOR: plain = '' } = await editor(`sed -i 's/banner: true/banner: false/' "$2"`);
    const path = join(home.path, 'my editor.sh');
    await rename(plain.replace(' --wait', ''), path);
    const env = { PATH: process.env['PATH'], VISUAL: '', EDITOR: quoted(path) };
    const { runProgram } = systemServices({ env });
    const run = { terminal: { env }, services: { runProgram } };
    expect(await home.run(['config', 'edit'], run)).toMatchObject({ status: 0 });
    expect(await home.text()).toBe(sample.replace('banner: true', 'banner: false'));
  });

  test('the editor works on a private copy, and gets no secret of the environment', async () => {
    await home.write(sample);
    const probe = join(home.path, 'probe');
    const script = `ls -l "$2" > '${probe}'; echo "[$SKAHA_PASSWORD][$SKAHA_TOKEN]" >> '${probe}'`;
    const result = await edit(script, { SKAHA_PASSWORD: 'SENTINEL', SKAHA_TOKEN: 'SENTINEL' });
    expect(result.stderr).toBe('Nothing was changed.\n');
    expect(await readFile(probe, 'utf8')).toMatch(/^-rw-------.*\n\[\]\[\]\n$/s);
  });

  test.each([
    [`echo 'x: [' >> "$2"`, 'not valid YAML'],
    [`sed -i 's/active: canfar/active: nowhere/' "$2"`, 'refers to a context that does not exist'],
    ['exit 3', 'ended with status 3'],
  ])('%s leaves the file as it was: 1 or 2', async (script, reason) => {
    await home.write(sample);
    const result = await edit(script);
    expect([1, 2]).toContain(result.status);
    expect(result.stderr).toContain(reason);
    expect(await home.text()).toBe(sample);
    expect(await left()).toEqual(['config.yaml']);
  });

  test('a corrupt file can be repaired with it, and a missing one begun', async () => {
    await home.write('x: [');
    const good = 'printf "schema: skaha\\nversion: 1\\nconsole: { width: 90 }\\n" > "$2"';
    expect((await edit(good)).status).toBe(0);
    expect((await home.run(['config', 'get', 'console.width'])).stdout).toBe('90\n');
    home = await Home.make();
    expect((await edit(`echo 'console: { width: 91 }' >> "$2"`)).status).toBe(0);
    expect((await home.settings()).console.width).toBe(91);
  });

  test('what another program changes meanwhile is not lost', async () => {
    await home.write(sample);
    const script = `echo '# theirs' >> '${home.config}'; echo '# mine' >> "$2"`;
    const result = await edit(script);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain('changed by another program');
    expect(await home.text()).toBe(`${sample}# theirs\n`);
  });

  test('on a terminal a wrong result can be edited again', async () => {
    await home.write(sample);
    const counter = join(home.path, 'count');
    const env = await editor(
      `if [ -e '${counter}' ]; then sed -i '$d' "$2"; echo '# good' >> "$2"; else touch '${counter}'; echo 'x: [' >> "$2"; fi`,
    );
    const { runProgram } = systemServices({ env: { PATH: process.env['PATH'], ...env } });
    const terminal = { env, inIsTty: true, errIsTty: true };
    const options = { terminal, services: { runProgram }, stdin: 'y\n' };
    const result = await home.run(['config', 'edit'], options);
    expect(result.status).toBe(0);
    expect(result.stderr).toContain('Edit it again? [y/N]');
    expect(await home.text()).toBe(`${sample}# good\n`);
  });

  test('on a terminal a wrong result can be dropped: 1', async () => {
    await home.write(sample);
    const env = await editor(`echo 'x: [' >> "$2"`);
    const { runProgram } = systemServices({ env: { PATH: process.env['PATH'], ...env } });
    const terminal = { env, inIsTty: true, errIsTty: true };
    const options = { terminal, services: { runProgram }, stdin: 'n\n' };
    const result = await home.run(['config', 'edit'], options);
    expect(result.status).toBe(1);
    expect(result.stderr.match(/Error:/g)).toHaveLength(1);
    expect(result.stderr.endsWith('The file is unchanged.\n')).toBe(true);
    expect(await home.text()).toBe(sample);
  });

  test('without an editor and a terminal it says what to do: 3', async () => {
    const result = await home.run(['config', 'edit']);
    expect(result.status).toBe(3);
    expect(result.stderr).toContain('EDITOR');
    const env = { EDITOR: join(home.path, 'none') };
    const { runProgram } = systemServices({ env });
    const none = await home.run(['config', 'edit'], {
      terminal: { env },
      services: { runProgram },
    });
    expect(none.stderr).toContain('cannot be started');
  });
});

describe('unset', () => {
  test('removes settings, all or none', async () => {
    await home.write(sample);
    expect(await home.run(['config', 'unset', 'console.banner', 'future'])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect((await home.settings()).console).toEqual({ color: 'auto' });
    const text = await home.text();
    const refused = await home.run(['config', 'unset', 'console.color', 'servers.canfar']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('does not exist');
    const unknown = await home.run(['config', 'unset', 'console.colour']);
    expect(unknown.stderr).toContain("There is no setting 'console.colour'.");
    expect(await home.text()).toBe(text);
  });
});

describe('import', () => {
  const python = async () => {
    const path = join(home.path, '.skaha/config.yaml');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      'active: default\ncontexts:\n  default:\n    mode: x509\n    path: /home/ada/x.pem\n    server: {name: CADC-CANFAR, uri: ivo://cadc.nrc.ca/skaha, url: https://ws-uv.canfar.net/skaha, version: v0}\nregistry: {username: ada, secret: SENTINEL}\n',
    );
    return path;
  };

  test('a table tells what was taken; a dry run changes nothing', async () => {
    const path = await python();
    const dry = await home.run(['config', 'import', '--dry-run']);
    expect(dry).toMatchObject({
      status: 0,
      stderr: `5 settings would be imported from ${path}.\n`,
    });
    expect(await home.text()).toBeUndefined();
    const result = await home.run(['config', 'import']);
    expect(result.status).toBe(0);
    expect(result.stdout).toBe(dry.stdout);
    expect(result.stdout).toMatch(/^contexts\.default +taken +\S+$/m);
    expect(result.stdout + result.stderr).not.toContain('SENTINEL');
    expect((await home.settings()).contexts.default).toEqual({
      server: 'canfar',
      credential: 'cadc',
    });
    expect((await home.run(['auth', 'ls', '-q'])).stdout).toBe('cadc\n');
  });

  test('--json is one document; a file may be named', async () => {
    const path = await python();
    const result = await home.run(['config', 'import', path, '--json']);
    expect(result).toMatchObject({ status: 0, stderr: '' });
    const data = JSON.parse(result.stdout);
    expect(data).toMatchObject({ files: [path], changed: true, dry_run: false });
    expect(data.items[0]).toEqual({
      file: path,
      setting: 'credentials.cadc',
      outcome: 'taken',
      reason: null,
    });
    const missing = await home.run(['config', 'import', join(home.path, 'none'), '--json']);
    expect(missing.status).toBe(1);
    expect(JSON.parse(missing.stderr)).toMatchObject({ code: 'config.invalid' });
  });

  test('whoever has such a file and none of ours is pointed to it', async () => {
    const before = await home.run(['auth']);
    expect(before.stderr).not.toContain('config import');
    await python();
    for (const line of [['auth'], ['whoami'], ['ps'], ['server', 'ls']]) {
      const { status, stderr } = await home.run(line);
      expect(status).toBe(3);
      expect(stderr).toContain('skaha config import');
    }
    await home.run(['config', 'set', 'console.width', '90']);
    expect((await home.run(['auth'])).stderr).not.toContain('config import');
  });
});
