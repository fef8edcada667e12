// @ts-check
//     node list.mjs '{"origin": "http://127.0.0.1:PORT", "rounds": 21}'
import { SkahaClient } from 'skaha';
import { readSession } from '../../packages/client/dist/models/session.js';
import { BareClient } from './bare-client.mjs';
import { costOf } from './cost.mjs';

const { origin, rounds } = JSON.parse(process.argv[2] ?? '');
const skaha = new SkahaClient({ url: `${origin}/skaha`, anonymous: true });
const bare = new BareClient(origin, 1);
const { bytes } = await bare.send('/skaha/v1/session');
const text = bytes.toString();
// What V8 learns about the code at first is no part of it.
for (let round = 0; round < 5; round += 1) await skaha.sessions.fetch();
const parse = [];
const check = [];
const fetch = [];
for (let round = 0; round < rounds; round += 1) {
  parse.push(await costOf(() => JSON.parse(text)));
  check.push(await costOf(() => JSON.parse(text).map(readSession)));
  fetch.push(await costOf(() => skaha.sessions.fetch()));
}
await skaha.close();
bare.close();
console.log(JSON.stringify({ parse, check, fetch }));
