// @ts-check
// The client's side of a copy through TLS that does nothing else: node bare-copy.mjs PORT PUT|GET PATH
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { request } from 'node:https';
import { pipeline } from 'node:stream/promises';

const [port = '', method = '', path = ''] = process.argv.slice(2);
const highWaterMark = 524_288;
const headers = method === 'PUT' ? { 'content-length': statSync(path).size } : {};
await new Promise((resolve, reject) => {
  const outgoing = request(
    { host: '127.0.0.1', port, method, rejectUnauthorized: false, headers },
    (incoming) => {
      const target = createWriteStream(method === 'GET' ? path : '/dev/null', {
        highWaterMark,
        flush: method === 'GET',
      });
      pipeline(incoming, target).then(resolve, reject);
    },
  );
  outgoing.on('error', reject);
  if (method === 'PUT') pipeline(createReadStream(path, { highWaterMark }), outgoing).catch(reject);
  else outgoing.end();
});
