#!/usr/bin/env bash
# https-proxy-agent 7.0.6 (npm): when a proxy refuses CONNECT, its answer is given to the caller as if
# the server behind it had spoken: same event, status, headers and body, and nothing on the response
# tells them apart. A client that must know whose answer it reads has to speak CONNECT itself.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund https-proxy-agent@7.0.6
cat >try.mjs <<'JS'
import http from 'node:http';
import https from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';

const proxy = http.createServer();
proxy.on('connect', (_request, socket) =>
  socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 9\r\n\r\nlog in :)'),
);
await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
const agent = new HttpsProxyAgent(`http://127.0.0.1:${proxy.address().port}`);
const outcome = await new Promise((resolve) => {
  https
    .get('https://server.example/data', { agent }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve(`answer ${response.statusCode}: ${body}`));
    })
    .on('error', (error) => resolve(`error ${error.code}`));
});
proxy.close();
console.log('https-proxy-agent 7.0.6:', outcome);
process.exit(outcome === 'answer 407: log in :)' ? 0 : 1);
JS
node try.mjs
echo "as described"
