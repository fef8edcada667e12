// @ts-check
// Leads from an address to a port of the loopback address, in a process of its own: tests wait for
// programs without doing anything meanwhile. Arguments: HOST PORT TARGET.
import { connect, createServer } from 'node:net';

const [host = '', port, target] = process.argv.slice(2);
createServer((socket) => {
  const other = connect(Number(target), '127.0.0.1');
  for (const [one, next] of /** @type {const} */ ([
    [socket, other],
    [other, socket],
  ])) {
    one.on('error', () => next.destroy()).on('close', () => next.destroy());
    one.pipe(next);
  }
}).listen(Number(port), host);
