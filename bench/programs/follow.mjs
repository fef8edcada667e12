// @ts-check
// A long log, read line by line by the library, or as bytes without it.
//
//     node follow.mjs '{"origin": "http://127.0.0.1:PORT", "bytes": 104857600, "raw": false}'
import { SkahaClient } from 'skaha';
import { BareClient } from './bare-client.mjs';
import { costOf } from './cost.mjs';
import { mostMemory } from './memory.mjs';

const { origin, bytes, raw } = JSON.parse(process.argv[2] ?? '');
const id = 'b0000001';
let length = 0;
const cost = await costOf(async () => {
  if (raw) {
    const bare = new BareClient(origin, 1);
    length = (await bare.send(`/skaha/v1/session/${id}?view=logs`)).bytes.length;
    bare.close();
    return;
  }
  const skaha = new SkahaClient({ url: `${origin}/skaha`, anonymous: true });
  for await (const line of skaha.sessions.follow(id)) length += line.length;
  await skaha.close();
});
if (length !== bytes) throw new Error(`${length} of ${bytes} bytes were read`);
console.log(JSON.stringify({ ...cost, most: mostMemory() }));
