import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findAccess } from '../../src/client/kubeconfig.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'skaha-kubeconfig-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function write(path: string, user: unknown, more: Record<string, unknown> = {}): string {
  const content = {
    'current-context': 'one',
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u', namespace: 'skaha' } },
      { name: 'broken', context: { cluster: 'none', user: 'u' } },
    ],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: 'https://k.example.org:6443/',
          'certificate-authority-data': Buffer.from('CA').toString('base64'),
        },
      },
    ],
    users: [{ name: 'u', user }],
    ...more,
  };
  writeFileSync(path, JSON.stringify(content));
  return path;
}

test('server, authority, namespace and token of the current context', async () => {
  const path = write(join(folder(), 'config'), { token: 'swordfish' });
  const access = findAccess({ kubeconfig: path, environment: {} });
  expect(access).toMatchObject({
    server: 'https://k.example.org:6443',
    ca: 'CA',
    namespace: 'skaha',
  });
  expect(await access.credentials.proof()).toEqual({ token: 'swordfish', certificate: undefined });
});

test('KUBECONFIG names several files; HOME has the usual one', async () => {
  const home = folder();
  const [users, rest] = [join(home, 'users'), join(home, 'rest')];
  writeFileSync(users, JSON.stringify({ users: [{ name: 'u', user: { token: 'first' } }] }));
  write(rest, { token: 'second' });
  const several = findAccess({ environment: { KUBECONFIG: `${users}:${rest}:/nowhere` } });
  expect((await several.credentials.proof()).token).toBe('first');
  expect(() => findAccess({ environment: { HOME: join(home, 'empty') } })).toThrow(
    /there is no kubeconfig at .*\.kube\/config/,
  );
});

test('a certificate in files beside the kubeconfig, and a token in a file that changes', async () => {
  const home = folder();
  writeFileSync(join(home, 'a.crt'), 'CERT');
  writeFileSync(join(home, 'a.key'), 'KEY');
  const files = { 'client-certificate': 'a.crt', 'client-key': 'a.key' };
  const certified = findAccess({ kubeconfig: write(join(home, 'c'), files), environment: {} });
  expect((await certified.credentials.proof()).certificate).toEqual({ cert: 'CERT', key: 'KEY' });
  writeFileSync(join(home, 'token'), 'old\n');
  const read = findAccess({
    kubeconfig: write(join(home, 't'), { tokenFile: 'token' }),
    environment: {},
  });
  expect((await read.credentials.proof()).token).toBe('old');
  writeFileSync(join(home, 'token'), 'new\n');
  read.credentials.refused();
  expect((await read.credentials.proof()).token).toBe('new');
});

test('a token that says when it ends is told to have ended', () => {
  const home = folder();
  const expiryOf = (claims: object) => {
    const token = ['{}', JSON.stringify(claims), '-']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    const kubeconfig = write(join(home, 'config'), { token });
    return findAccess({ kubeconfig, environment: {} }).credentials.expiry;
  };
  expect(expiryOf({ exp: Date.UTC(2020, 1, 3) / 1000 })).toBe('the token expired on 2020-02-03');
  expect(expiryOf({ exp: Date.UTC(2999, 1, 3) / 1000 })).toBeUndefined();
  expect(expiryOf({})).toBeUndefined();
});

test('a program brings the credential, is asked again when it ends, and its failure is told', async () => {
  const home = folder();
  const program = join(home, 'login.sh');
  const status = '{\\"token\\":\\"t$(cat count | wc -l)\\",\\"expirationTimestamp\\":\\"$END\\"}';
  writeFileSync(
    program,
    `#!/bin/sh\ncd "${home}"; echo x >> count\n[ -n "$FAIL" ] && { echo "log in first" >&2; exit 1; }\necho "{\\"kind\\":\\"ExecCredential\\",\\"status\\":${status}}"\n`,
  );
  chmodSync(program, 0o755);
  const access = (env: Record<string, string>) => {
    const list = Object.entries(env).map(([name, value]) => ({ name, value }));
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './login.sh',
      env: list,
    };
    return findAccess({ kubeconfig: write(join(home, 'config'), { exec }), environment: {} });
  };
  const lasting = access({ END: '2999-01-01T00:00:00Z' }).credentials;
  const [one, two] = await Promise.all([lasting.proof(), lasting.proof()]);
  expect([one.token, two.token, (await lasting.proof()).token]).toEqual(['t1', 't1', 't1']);
  lasting.refused();
  expect((await lasting.proof()).token).toBe('t2');
  const spent = access({ END: '2000-01-01T00:00:00Z' }).credentials;
  expect((await spent.proof()).token).toBe('t3');
  expect((await spent.proof()).token).toBe('t4');
  await expect(access({ END: '', FAIL: '1' }).credentials.proof()).rejects.toThrow(/log in first/);
});

test('what cannot be used is told with its file', () => {
  const home = folder();
  const path = write(join(home, 'config'), {});
  const find = (context: string) => () =>
    findAccess({ kubeconfig: path, context, environment: {} });
  expect(find('none')).toThrow(/has no context none/);
  expect(find('broken')).toThrow(/refers to the cluster none, which does not exist/);
  writeFileSync(join(home, 'text'), ': :');
  expect(() => findAccess({ kubeconfig: join(home, 'text'), environment: {} })).toThrow(/not YAML/);
  const old = write(join(home, 'old'), { 'auth-provider': { name: 'gcp' } });
  expect(() => findAccess({ kubeconfig: old, environment: {} })).toThrow(/auth-provider/);
});
