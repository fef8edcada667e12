import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { idsOf, sharedPlatform } from '../harness.js';

const image = 'skaha/terminal:1.1.2';
const shell = sharedPlatform();
const { skaha } = shell;

async function launch(name: string, ...command: string[]): Promise<string> {
  const made = await skaha(['create', 'headless', image, '-n', name, '-q', '--', ...command]);
  return idsOf(made)[0] ?? '';
}

async function finished(name: string): Promise<string> {
  const id = await launch(name, 'true');
  await skaha(['wait', id, '--interval', '10ms']);
  return id;
}

const deletions = () => shell.platform.requests.filter(({ method }) => method === 'DELETE').length;
const asking = { inIsTty: true };

describe('delete', () => {
  test('asks with names, and says what it did', async () => {
    const id = await launch('one', 'true');
    const deleted = await skaha(['delete', id], { terminal: asking, stdin: 'y\n' });
    expect(deleted).toMatchObject({ status: 0, stdout: `deleted ${id} (one)\n` });
    expect(deleted.stderr).toBe(`Delete 1 session: one (${id})? [y/N] `);
    expect((await skaha(['info', id])).status).toBe(4);
  });

  test('declined: nothing is asked of the server, exit 0', async () => {
    const id = await launch('kept', 'true');
    const before = deletions();
    const declined = await skaha(['delete', 'kept'], { terminal: asking, stdin: '\n' });
    expect(declined).toMatchObject({ status: 0, stdout: '' });
    expect(declined.stderr).toContain('Nothing was deleted.');
    expect(deletions()).toBe(before);
    await skaha(['delete', '-y', id]);
  });

  test.each([
    ['without a terminal', {}, []],
    ['with --no-input', asking, ['--no-input']],
  ])('%s it needs --yes', async (_how, terminal, words) => {
    const id = await launch('safe', 'true');
    const before = deletions();
    const refused = await skaha(['delete', id, ...words], { terminal, stdin: 'y\n' });
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain('--yes');
    expect(deletions()).toBe(before);
    const yes = await skaha(['delete', id, '-q'], { terminal: { env: { SKAHA_YES: '1' } } });
    expect(yes).toMatchObject({ status: 0, stdout: `${id}\n` });
  });

  test('an unknown id is not found, though the server would say that it is gone', async () => {
    expect(await skaha(['delete', '-y', 'zzzzzzz9'])).toMatchObject({ status: 4, stdout: '' });
    const id = await launch('real', 'true');
    const some = await skaha(['delete', '-y', 'nosuch', id, '--json']);
    expect(some.status).toBe(7);
    expect(JSON.parse(some.stdout)).toEqual([
      { id, name: 'real', ok: true, action: 'delete', error: null },
      {
        id: 'nosuch',
        name: null,
        ok: false,
        action: 'delete',
        error: expect.objectContaining({ code: 'session.not_found' }),
      },
    ]);
    expect(JSON.parse(some.stderr)).toMatchObject({ code: 'partial.failure' });
  });
});

describe('prune', () => {
  test('plain text is a prefix; only finished headless sessions by default', async () => {
    const [ab, abc, xab] = [await finished('ab'), await finished('abc-1'), await finished('xab')];
    const busy = await launch('ab-busy', 'sleep', '600');
    await skaha(['wait', busy, '--for', 'running', '--interval', '10ms']);
    const shown = await skaha(['prune', 'AB', '--dry-run', '-q']);
    expect(idsOf(shown).sort()).toEqual([ab, abc].sort());
    expect(shown.stderr).toContain("names beginning with 'AB': 2 sessions");
    const pruned = await skaha(['prune', 'ab', '--yes', '--yaml']);
    expect(pruned.status).toBe(0);
    expect(parseYaml(pruned.stdout)).toHaveLength(2);
    const left = idsOf(await skaha(['ps', '--all', '-q']));
    expect(left).toContain(xab);
    expect(left).toContain(busy);
    expect(left).not.toContain(ab);
    expect(idsOf(await skaha(['prune', 'ab', 'headless', 'Running', '-y', '-q']))).toEqual([busy]);
    await skaha(['delete', '-y', xab]);
  });

  test('a pattern is for whole names, anything else a regular expression', async () => {
    const [first, second] = [await finished('fit-1'), await finished('my-fit-1')];
    expect(idsOf(await skaha(['prune', 'fit-?', '--dry-run', '-q']))).toEqual([first]);
    expect(idsOf(await skaha(['prune', 'fit-.$', '--dry-run', '-q'])).sort()).toEqual(
      [first, second].sort(),
    );
    expect(idsOf(await skaha(['prune', '--prefix', 'fit-?', '--dry-run', '-q']))).toEqual([]);
    const wrong = await skaha(['prune', '(', '--dry-run']);
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
    await skaha(['delete', '-y', first, second]);
  });

  test('--older-than leaves younger ones', async () => {
    const id = await finished('young');
    expect(idsOf(await skaha(['prune', 'young', '--older-than', '1h', '--dry-run', '-q']))).toEqual(
      [],
    );
    const later = { now: () => Date.now() + 7_200_000, sleep: async () => {} };
    const old = ['prune', 'young', '--older-than', '1h', '-y', '-q'];
    expect(idsOf(await skaha(old, { services: { clock: later } }))).toEqual([id]);
  });

  test('asks with the list', async () => {
    const id = await finished('listed');
    const before = deletions();
    const declined = await skaha(['prune', 'listed'], { terminal: asking, stdin: 'n\n' });
    expect(declined).toMatchObject({ status: 0, stdout: '' });
    expect(declined.stderr).toContain(id);
    expect(declined.stderr).toContain('Delete 1 session? [y/N]');
    expect(await skaha(['prune', 'listed'])).toMatchObject({ status: 2, stdout: '' });
    expect(deletions()).toBe(before);
    await skaha(['prune', 'listed', '-y']);
  });

  test('nothing to do is no failure', async () => {
    expect(await skaha(['prune', 'nothing-like-it', '-y'])).toMatchObject({
      status: 0,
      stdout: '',
    });
    expect((await skaha(['prune', 'nothing-like-it', '-y', '--json'])).stdout).toBe('[]\n');
  });
});

describe('renew', () => {
  test('sends the renewal and shows the expiry', async () => {
    const id = await launch('long', 'sleep', '600');
    await skaha(['wait', id, '--for', 'running', '--interval', '10ms']);
    const renewed = await skaha(['renew', 'long']);
    expect(renewed.status).toBe(0);
    expect(renewed.stdout).toMatch(new RegExp(`${id} \\(long\\): expires \\d{4}-`));
    const [document] = JSON.parse((await skaha(['renew', '--all', '--json'])).stdout);
    expect(document).toMatchObject({ id, name: 'long', ok: true, action: 'renew', error: null });
    expect(document.after).toMatch(/Z$/);
    await skaha(['delete', '-y', id]);
  });

  test('names sessions that cannot be renewed', async () => {
    const id = await finished('over');
    const failed = await skaha(['renew', id, 'nosuch']);
    expect(failed).toMatchObject({ status: 1, stdout: '' });
    expect(failed.stderr).toContain(id);
    expect(failed.stderr).toContain('nosuch');
  });

  test('needs sessions or --all, not both', async () => {
    expect((await skaha(['renew'])).status).toBe(2);
    expect((await skaha(['renew', '--all', 'x'])).status).toBe(2);
    expect((await skaha(['renew', '--all'])).stderr).toContain('No running session matches.');
  });
});

describe('wait', () => {
  test('ends with 0 when all finished, and tells each change', async () => {
    const ids = [await launch('w-1', 'true'), await launch('w-2', 'true')];
    const waited = await skaha(['wait', ...ids, '--interval', '10ms']);
    expect(waited).toMatchObject({ status: 0, stdout: '' });
    expect(waited.stderr).toContain(`w-1 (${ids[0]}): Completed`);
    const documents = await skaha(['wait', '-', '--json'], { stdin: ids.join('\n') });
    expect(JSON.parse(documents.stdout)).toMatchObject(
      ids.map((id) => ({ id, status: 'Completed' })),
    );
    expect(documents.stderr).toBe('');
  });

  test('ends with 8 when a session failed', async () => {
    const ids = [await launch('good', 'true'), await launch('bad', 'false')];
    const waited = await skaha(['wait', ...ids, '--interval', '10ms']);
    expect(waited.status).toBe(8);
    expect(waited.stderr).toContain('1 of 2 sessions failed: bad');
    expect(waited.stderr).toContain(`skaha logs ${ids[1]}`);
    const failed = await skaha(['wait', 'bad', '--for', 'status=Failed', '--interval', '10ms']);
    expect(failed.status).toBe(0);
    const never = await skaha(['wait', 'good', '--for', 'status=Running', '--interval', '10ms']);
    expect(never.status).toBe(8);
    const unrunnable = await skaha(['wait', 'bad', '--for', 'running', '--interval', '10ms']);
    expect(unrunnable.status).toBe(8);
  });

  test.each(['running', 'status=Completed'])('ends with 6 when time is up: %s', async (state) => {
    const lift = shell.platform.faults.inject({ kind: 'slow-queue' });
    const id = await launch('queued', 'true');
    const late = ['wait', id, '--for', state, '--timeout', '50ms', '--interval', '10ms'];
    expect(await skaha(late)).toMatchObject({ status: 6, stdout: '' });
    lift();
    await skaha(['delete', '-y', id]);
  });

  test('ends when a session is deleted', async () => {
    const id = await launch('gone', 'sleep', '600');
    const waiting = skaha(['wait', id, '--for', 'deleted', '--interval', '10ms']);
    await skaha(['delete', '-y', id]);
    expect((await waiting).status).toBe(0);
  });

  test('says at once what is not there, and what cannot be waited for', async () => {
    expect((await skaha(['wait', 'nosuch'])).status).toBe(4);
    const wrong = await skaha(['wait', 'x', '--for', 'happiness']);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('finished, deleted, expired, status=STATUS');
  });
});

describe('open', () => {
  test('refuses what does not run', async () => {
    const id = await finished('closed');
    const refused = await skaha(['open', id]);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('Completed');
    expect((await skaha(['open', 'nosuch'])).status).toBe(4);
  });
});

describe('about the server', () => {
  test('image ls', async () => {
    const { status, stdout } = await skaha(['image', 'ls', '-k', 'notebook']);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^IMAGE\s+KINDS\s+DIGEST\nskaha\/astroml:latest\s+notebook, headless\s+[0-9a-f]{12}\n$/,
    );
    const documents = JSON.parse((await skaha(['images', '--json'])).stdout);
    expect(documents).toContainEqual({
      id: 'images.canfar.net/skaha/terminal:1.1.2',
      registry: 'images.canfar.net',
      project: 'skaha',
      name: 'terminal',
      tag: '1.1.2',
      kinds: ['headless', 'desktop-app'],
      digest: expect.stringMatching(/^sha256:/),
    });
    expect((await skaha(['image', 'ls', 'TERMI', '-q'])).stdout).toBe(
      'images.canfar.net/skaha/terminal:1.1.2\n',
    );
    expect(await skaha(['image', 'ls', 'nothing'])).toMatchObject({ status: 0, stdout: '' });
  });

  test('stats, with a bar on a terminal', async () => {
    const { status, stdout } = await skaha(['stats']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Cores +[\d.]+ of [\d.]+ cores in use \(\d+%\)[^\n]*\nMemory /);
    const terminal = { isTty: true, columns: 80 };
    expect((await skaha(['stats', '--color', 'never'], { terminal })).stdout).toContain('░');
    const { cores } = JSON.parse((await skaha(['stats', '--json'])).stdout);
    expect(cores).toMatchObject({ capacity: expect.any(Number), requested: expect.any(Number) });
  });

  test('limits and repository', async () => {
    expect((await skaha(['limits'])).stdout).toMatch(/RESOURCE\s+FLEXIBLE\s+FIXED\nCores/);
    expect(JSON.parse((await skaha(['limits', '--json'])).stdout)).toMatchObject({
      cores: { options: expect.arrayContaining([1]) },
    });
    expect((await skaha(['repository'])).stdout).toBe('images.canfar.net\n');
    expect(JSON.parse((await skaha(['repository', '--json'])).stdout)).toEqual([
      'images.canfar.net',
    ]);
  });

  test('version --debug tells no secret', async () => {
    const { platform } = shell;
    const { status, stdout } = await skaha(['version', '--debug']);
    expect(status).toBe(0);
    expect(stdout).toContain(platform.url);
    expect(stdout).not.toContain(platform.token);
    const report = JSON.parse((await skaha(['version', '--debug', '--json'])).stdout);
    expect(report).toMatchObject({ name: 'skaha', version: '0.1.0' });
  });
});
