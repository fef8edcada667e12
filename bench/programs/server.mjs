// @ts-check
// A server that does nothing but answer, so that what is measured is the client. Says its port,
// and runs until its input ends.
//
//     node server.mjs '{"delayMs": 50, "sessions": 10000, "logBytes": 104857600}'
import { createServer } from 'node:http';
import { answerMemory } from './memory.mjs';

/** @type {{delayMs?: number, sessions?: number, logBytes?: number, takesKeys?: boolean}} */
const {
  delayMs = 0,
  sessions = 0,
  logBytes = 0,
  takesKeys = false,
} = JSON.parse(process.argv[2] ?? '{}');
// As the local platform tells that it finds a launch again by what its caller calls it.
const offer = takesKeys ? { 'accept-launch-key': '1' } : {};
const json = { 'content-type': 'application/json', ...offer };
const text = { 'content-type': 'text/plain', ...offer };
let launched = 0;

/** @param {number} index */
const idOf = (index) => index.toString(36).padStart(8, 'b');

/**
 * A session as a server of version 1 describes it, with every field that one can have.
 *
 * @param {number} index
 * @param {string} status
 */
const describe = (index, status) => ({
  id: idOf(index),
  userid: 'adastra',
  runAsUID: '1234',
  runAsGID: '1234',
  supplementalGroups: [34241, 34337, 35124],
  image: 'images.canfar.net/skaha/astroml:24.11',
  type: index % 4 === 0 ? 'notebook' : 'headless',
  status,
  name: `reduce-${index}`,
  startTime: '2026-08-06T15:25:09Z',
  expiryTime: '2026-08-10T15:25:09Z',
  connectURL:
    index % 4 === 0
      ? `https://ws-uv.canfar.net/session/notebook/${idOf(index)}/lab/tree/arc/home/adastra?token=${idOf(index)}`
      : '',
  requestedRAM: '8.59',
  requestedCPUCores: '2',
  requestedGPUCores: '0',
  ramInUse: '1.27',
  cpuCoresInUse: '0.043',
  isFixedResources: true,
});

/**
 * The list of sessions; in each edition another hundredth of them has another status.
 *
 * @param {number} edition
 */
const list = (edition) =>
  Buffer.from(
    JSON.stringify(
      Array.from({ length: sessions }, (_, index) =>
        describe(index, index % 100 === edition ? 'Pending' : 'Running'),
      ),
    ),
  );
const editions = [list(0), list(1)];
let listed = 0;

const block = Buffer.from(
  Array.from(
    { length: 10_000 },
    (_, index) =>
      `2026-08-06T15:25:09Z INFO  frame ${String(index).padStart(6, '0')} calibrated, residual 0.0417 arcsec, 1284 stars\n`,
  ).join(''),
);

/** @param {import('node:http').ServerResponse} response */
function writeLog(response) {
  response.writeHead(200, { ...text, 'content-length': logBytes });
  let left = logBytes;
  const more = () => {
    while (left > 0) {
      const chunk = block.subarray(0, Math.min(left, block.length));
      left -= chunk.length;
      if (!response.write(chunk)) {
        response.once('drain', more);
        return;
      }
    }
    response.end();
  };
  more();
}

/**
 * @param {string} method
 * @param {string} url
 * @param {import('node:http').ServerResponse} response
 */
function answer(method, url, response) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (method === 'POST') {
    launched += 1;
    response.writeHead(200, text).end(`b${String(launched).padStart(7, '0')}\n`);
  } else if (searchParams.get('view') === 'logs') {
    writeLog(response);
  } else if (pathname.endsWith('/repository')) {
    response.writeHead(200, json).end('["images.canfar.net"]');
  } else if (/\/session\/\w+$/.test(pathname)) {
    const session = { ...describe(1, 'Completed'), id: pathname.split('/').at(-1) };
    response.writeHead(200, json).end(JSON.stringify(session));
  } else {
    listed += 1;
    response.writeHead(200, json).end(editions[listed % 2]);
  }
}

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    setTimeout(() => answer(request.method ?? '', request.url ?? '', response), delayMs);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify(typeof address === 'object' ? address?.port : address));
});
answerMemory(() => {
  server.close();
  server.closeAllConnections();
});
