// @ts-check
// Many looks at many sessions, by the library, or as parsed JSON without it.
//
//     node watch.mjs '{"origin": "http://127.0.0.1:PORT", "looks": 100, "raw": false}'
import { setTimeout as pause } from 'node:timers/promises';
import { SkahaClient } from 'skaha';
import { BareClient } from './bare-client.mjs';
import { mostMemory } from './memory.mjs';

const { origin, looks, raw } = JSON.parse(process.argv[2] ?? '');
const intervalMs = 10;

async function lookRaw() {
  const bare = new BareClient(origin, 1);
  let kept = [];
  for (let look = 0; look < looks; look += 1) {
    kept = JSON.parse((await bare.send('/skaha/v1/session')).bytes.toString());
    await pause(intervalMs);
  }
  bare.close();
  return kept.length;
}

async function watch() {
  const skaha = new SkahaClient({ url: `${origin}/skaha`, anonymous: true });
  let sessions = 0;
  let changes = 0;
  for await (const { change } of skaha.sessions.watch(undefined, { intervalMs })) {
    if (change === 'added') sessions += 1;
    else changes += 1;
    // Two hundredths of them change from one look to the next.
    if (changes > 0 && changes >= (looks - 1) * (sessions / 50)) break;
  }
  await skaha.close();
  return sessions;
}

const sessions = await (raw ? lookRaw() : watch());
console.log(JSON.stringify({ sessions, most: mostMemory() }));
