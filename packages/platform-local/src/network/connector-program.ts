import { connect, createServer } from 'node:net';
import type { ConnectorReport, ConnectorRequest } from './connector.js';

// The program of the platform in the network of a session: it makes connections there, and listens
// there, and hands both over at once. What goes through them never passes here. It ends when the
// platform does.

const fail = (number: number, { message }: Error): void => {
  const report: ConnectorReport = { number, failed: message };
  process.send?.(report);
};

/** Tries one address after the other: a program may listen at one of them only. */
function reach(number: number, port: number, [host, ...others]: readonly string[]): void {
  const socket = connect({ host: host ?? '127.0.0.1', port });
  const failed = (error: Error) => {
    if (others.length > 0) reach(number, port, others);
    else fail(number, error);
  };
  // What is sent first is for the process that gets the connection.
  socket.pause();
  socket.once('error', failed);
  socket.once('connect', () => {
    socket.off('error', failed).on('error', () => undefined);
    const report: ConnectorReport = { number };
    process.send?.(report, socket);
  });
}

function listen(number: number, port: number): void {
  const server = createServer();
  server.once('error', (error) => fail(number, error));
  // A process that still listened here would take connections that nobody answers.
  const handOver = () => process.send?.({ number }, server, () => server.close());
  server.listen({ host: '127.0.0.1', port }, handOver);
}

process.on('message', ({ number, port, hosts }: ConnectorRequest) => {
  if (hosts === undefined) listen(number, port);
  else reach(number, port, hosts);
});
process.on('disconnect', () => process.exit());
for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined);
