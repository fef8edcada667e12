// @ts-check
// In a process of its own, so that it does not share one with the server it talks to.
//
//     node client.mjs COUNT CONCURRENCY PORT
import { SkahaClient } from 'skaha';

const [count, concurrency, port] = process.argv.slice(2).map(Number);
if (count === undefined || concurrency === undefined || port === undefined) {
  throw new Error('usage: node client.mjs COUNT CONCURRENCY PORT');
}
const skaha = new SkahaClient({
  url: `http://127.0.0.1:${port}/skaha/v1`,
  anonymous: true,
  concurrency,
});
const job = { name: 'warm', image: 'skaha/terminal:1.1.2', cmd: 'true' };
// What a first call learns about the server, and the connections it opens, are no part of it.
const { ids: warm } = await skaha.sessions.create({ ...job, replicas: concurrency });

const started = performance.now();
const { ids } = await skaha.sessions.create({ ...job, replicas: count });
const created = performance.now();
await skaha.sessions.info(ids.length === count ? ids : warm);
const read = performance.now();
for await (const { result } of skaha.batch({ ...job, name: 'bench', replicas: count }))
  if (result !== 'launched') throw new Error(`a launch was ${result}`);
const batched = performance.now();

await skaha.close();
const times = { createMs: created - started, infoMs: read - created, batchMs: batched - read };
process.stdout.write(JSON.stringify(times));
