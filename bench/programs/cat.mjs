// @ts-check
// Reads a reply over TLS as `cat` would, into nothing.
//
//     node cat.mjs '{"url": "https://127.0.0.1:PORT/…", "token": "…", "ca": "FILE"}'
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { request } from 'node:https';

const { url, token, ca } = JSON.parse(process.argv[2] ?? '');
const headers = { authorization: `Bearer ${token}` };
const outgoing = request(url, { ca: readFileSync(ca), headers, agent: false }).end();
const [incoming] = await once(outgoing, 'response');
let bytes = 0;
incoming.on('data', (/** @type {Buffer} */ piece) => {
  bytes += piece.length;
});
const sink = createWriteStream('/dev/null');
incoming.pipe(sink);
await once(sink, 'finish');
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const cpu = (userCPUTime + systemCPUTime) / 1000;
console.log(JSON.stringify({ bytes, cpu, most: maxRSS * 1024 }));
