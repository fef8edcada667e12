// @ts-check
//     node launches.mjs '{"url": "http://127.0.0.1:PORT/skaha", "count": 512, "concurrency": 32}'
import { SkahaClient } from 'skaha';

const { url, count, concurrency } = JSON.parse(process.argv[2] ?? '');
const skaha = new SkahaClient({ url, anonymous: true, concurrency });
const job = { name: 'warm', image: 'skaha/terminal:1.1.2', cmd: 'true' };
// What a first call learns about the server, and the connections it opens, are no part of it.
await skaha.sessions.create({ ...job, replicas: concurrency });

const started = performance.now();
const { ids } = await skaha.sessions.create({ ...job, replicas: count });
const created = performance.now();
await skaha.sessions.info(ids);
const read = performance.now();
for await (const { result } of skaha.batch({ ...job, name: 'bench', replicas: count }))
  if (result !== 'launched') throw new Error(`a launch was ${result}`);
const batched = performance.now();

await skaha.close();
const times = { create: created - started, info: read - created, batch: batched - read };
console.log(JSON.stringify(times));
