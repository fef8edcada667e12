// @ts-check
// Launches on a real platform with the library, and the same requests without it, in turns.
//
//     node platform-launches.mjs '{"url": "…", "ca": "FILE", "token": "…", "count": 512, "concurrency": 32, "rounds": 2}'
import { SkahaClient } from 'skaha';
import { BareClient } from './bare-client.mjs';

const { url, ca, token, count, concurrency, rounds } = JSON.parse(process.argv[2] ?? '');
const skaha = new SkahaClient({ url, ca, token, concurrency });
const bare = new BareClient(new URL(url).origin, concurrency);
const image = 'images.canfar.net/skaha/terminal:1.1.2';
const form = new URLSearchParams({ name: 'bench', image, type: 'headless', cmd: 'true' });
const request = {
  method: 'POST',
  headers: {
    authorization: `Bearer ${token}`,
    'content-type': 'application/x-www-form-urlencoded',
  },
  body: String(form),
};
const works = {
  library: (/** @type {number} */ replicas) =>
    skaha.sessions.create({ name: 'bench', image, cmd: 'true', replicas }),
  bare: (/** @type {number} */ replicas) => bare.sendMany(replicas, '/skaha/v1/session', request),
};
/** @type {{library: number[], bare: number[]}} */
const times = { library: [], bare: [] };
for (const work of Object.values(works)) await work(concurrency);
for (let round = 0; round < rounds; round += 1) {
  // The platform knows more sessions each time: who is second now is first the next time.
  /** @type {('library' | 'bare')[]} */
  const order = round % 2 === 0 ? ['library', 'bare'] : ['bare', 'library'];
  for (const name of order) {
    const started = performance.now();
    await works[name](count);
    times[name].push(performance.now() - started);
  }
}
await skaha.close();
bare.close();
console.log(JSON.stringify(times));
