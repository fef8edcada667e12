import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readAddress, wordsFor } from '../src/address.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'skaha-address-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Without the password file of whoever runs the tests. */
const home = () => ({ HOME: folder() });

test('an address says all of it, or leaves it to the variables of PostgreSQL', () => {
  expect(
    readAddress('postgresql://ada@db.example.org:6432/runs?sslmode=require&connect_timeout=3', {
      ...home(),
      PGHOST: 'elsewhere',
      PGPASSWORD: 'secret',
    }),
  ).toEqual({
    host: 'db.example.org',
    port: 6432,
    database: 'runs',
    user: 'ada',
    password: 'secret',
    sslMode: 'require',
    connectSeconds: 3,
    rootCertificate: undefined,
    certificate: undefined,
    key: undefined,
  });
  const variables = {
    PGHOST: '/run/postgresql',
    PGPORT: '5433',
    PGUSER: 'eve',
    PGSSLMODE: 'allow',
  };
  expect(readAddress('postgres://', { ...home(), ...variables })).toMatchObject({
    host: '/run/postgresql',
    port: 5433,
    database: 'eve',
    user: 'eve',
    password: undefined,
    sslMode: 'allow',
  });
  expect(readAddress('postgres://%2Frun%2Fpg/x', { ...home(), PGUSER: 'a' }).host).toBe('/run/pg');
  expect(readAddress('postgres:///x?host=/run/pg&user=a', home())).toMatchObject({
    host: '/run/pg',
    database: 'x',
    user: 'a',
  });
  expect(readAddress('postgres://[::1]/x?user=a%40b', home())).toMatchObject({
    host: '::1',
    user: 'a@b',
  });
});

test('a password file is read as libpq reads it', () => {
  const path = join(folder(), 'passwords');
  const lines = [
    '# passwords',
    'db.example.org:5432:other:ada:wrong',
    String.raw`db.example.org:*:runs:a\:da:with\:colon\\`,
    'localhost:5432:*:ada:local',
    '*:*:*:eve:any:thing',
  ];
  writeFileSync(path, lines.join('\n'), { mode: 0o600 });
  const password = (address: string) => readAddress(address, { PGPASSFILE: path }).password;
  expect(password('postgres://a%3Ada@db.example.org/runs')).toBe(String.raw`with:colon\ `.trim());
  expect(password('postgres:///x?host=/run/postgresql&user=ada')).toBe('local');
  expect(password('postgres://eve@anywhere/x')).toBe('any:thing');
  expect(password('postgres://ada@db.example.org/runs')).toBeUndefined();
  chmodSync(path, 0o644);
  expect(() => password('postgres://eve@anywhere/x')).toThrow('everybody can read');
  expect(() => readAddress('postgres://a@b/c', { PGPASSFILE: `${path}.none` })).toThrow(
    'cannot be read',
  );
});

const secret = 'hunter2';

test.each([
  [`postgres://ada:${secret}@db/runs`, 'it contains a password'],
  ['postgres://ada@db/runs?password=hunter2', 'it contains a password'],
  ['mysql://ada@db/hunter2', 'does not begin with postgres://'],
  ['postgres://ada@db:99999/runs?x=hunter2', 'cannot be read'],
  ['postgres://ada@db/runs?target=hunter2', '"target" is not known'],
  ['postgres://ada@db/runs?sslmode=full', 'sslmode is "full"'],
  ['postgres://ada@db/runs?sslmode=verify-ca', 'needs sslrootcert'],
  ['postgres://ada@db/runs?sslrootcert=/no/such/file', '/no/such/file, cannot be read'],
  ['postgres://ada@db/runs?connect_timeout=soon', 'connect_timeout is "soon"'],
])('%s is refused with a hint, and without what may be secret', (address, why) => {
  let refusal: unknown;
  try {
    readAddress(address, home());
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining(why),
    hint: expect.any(String),
  });
  expect(`${(refusal as Error).message}`).not.toContain('hunter2');
});

test('in words it is told without a password', () => {
  const address = readAddress('postgres://ada@db/runs', { ...home(), PGPASSWORD: 'hunter2' });
  expect(wordsFor(address)).toBe('PostgreSQL at db:5432, database runs, as ada');
});
