// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chunk, SkahaClient, version } from 'skaha';
import { Session } from 'skaha/sync';

const manifest = fileURLToPath(import.meta.resolve('skaha/package.json'));
const { exports } = JSON.parse(readFileSync(manifest, 'utf8'));
for (const path of Object.keys(exports).filter((name) => !name.endsWith('.json')))
  assert(Object.keys(await import(`skaha${path.slice(1)}`)).length > 0, path);

assert.deepEqual([...chunk([1, 2, 3], { replica: 2, total: 2 })], [3]);
const connection = { url: 'https://127.0.0.1:9/skaha', token: 't', retries: 0 };
await assert.rejects(new SkahaClient(connection).sessions.fetch(), { code: 'transport.failure' });
const sync = new Session(connection);
assert.throws(() => sync.fetch(), { code: 'transport.failure' });
sync.close();
console.log('works', version);
