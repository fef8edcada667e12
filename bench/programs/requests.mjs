// @ts-check
// The same request to several servers, in turns.
//
//     node requests.mjs '{"origins": {"a": "https://127.0.0.1:PORT"}, "path": "/", "request": {}, "count": 500, "concurrency": 16, "rounds": 5}'
import { BareClient } from './bare-client.mjs';

const { origins, path, request, count, concurrency, rounds } = JSON.parse(process.argv[2] ?? '');
/** @type {Record<string, number[]>} */
const times = Object.fromEntries(Object.keys(origins).map((name) => [name, []]));
const clients = Object.entries(origins).map(([name, origin]) => {
  return { name, client: new BareClient(origin, concurrency) };
});
for (const { client } of clients) await client.sendMany(count, path, request);
for (let round = 0; round < rounds; round += 1) {
  for (const { name, client } of clients) {
    const started = performance.now();
    await client.sendMany(count, path, request);
    times[name]?.push(performance.now() - started);
  }
}
for (const { client } of clients) client.close();
console.log(JSON.stringify(times));
