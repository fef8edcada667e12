// @ts-check
import assert from 'node:assert/strict';
import { SkahaClient } from 'skaha';
import { startPlatform } from 'skaha-platform';

const platform = await startPlatform({ data: './data', port: 0, runner: 'process' });
const { url, ca, token } = platform;
const skaha = new SkahaClient({ url, ca, token });
const { ids } = await skaha.sessions.create({
  name: 'a',
  image: 'skaha/terminal:1.1.2',
  cmd: 'printenv',
  args: ['REPLICA_ID'],
});
await skaha.sessions.wait(ids, { until: 'finished', timeoutMs: 60_000, intervalMs: 50 });
const [log] = await skaha.sessions.logs(ids);
await skaha.close();
await platform.stop();
assert.equal(log?.text, '1\n');
console.log('works');
