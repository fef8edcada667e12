// @ts-check
// In a process of its own, so that it does not share one with the platform it talks to.
//
//     node client.mjs COUNT CONCURRENCY      connects as the SKAHA_ variables say
import { SkahaClient } from 'skaha';

const [count, concurrency] = process.argv.slice(2).map(Number);
if (count === undefined || concurrency === undefined) {
  throw new Error('usage: node client.mjs COUNT CONCURRENCY');
}
const skaha = new SkahaClient({ concurrency });
// What a first call learns about the server is no part of the measurement.
await skaha.sessions.create({ name: 'warm', image: 'skaha/terminal:1.1.2', cmd: 'true' });

const started = performance.now();
const { ids } = await skaha.sessions.create({
  name: 'bench',
  image: 'skaha/terminal:1.1.2',
  cmd: 'true',
  replicas: count,
});
const created = performance.now();
await skaha.sessions.info(ids);
const read = performance.now();

await skaha.close();
process.stdout.write(JSON.stringify({ createMs: created - started, infoMs: read - created }));
