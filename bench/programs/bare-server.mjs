// @ts-check
// The least that a server can do: one answer, always the same.
//
//     node bare-server.mjs '{"pem": "FILE", "status": 200, "headers": {}, "body": "…"}'
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { answerMemory } from './memory.mjs';

const { pem, status, headers, body } = JSON.parse(process.argv[2] ?? '');
const identity = readFileSync(pem);
const server = createServer({ key: identity, cert: identity }, (request, response) => {
  request.resume().on('end', () => response.writeHead(status, headers).end(body));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify(typeof address === 'object' ? address?.port : address));
});
answerMemory(() => {
  server.close();
  server.closeAllConnections();
});
