import type { IncomingMessage } from 'node:http';
import { type Duplex, pipeline } from 'node:stream';
import { dial } from '../ports/dial.js';
import type { Endpoint } from '../ports/pages.js';

/** The largest message that a viewer may send, in bytes: a long text for the clipboard. */
const maxMessage = 4 * 2 ** 20;

/**
 * Connects the WebSocket of a desktop's viewer to its VNC server, which does not support
 * WebSockets.
 *
 * @param track - called with both ends of the connection
 */
export async function bridgeDesktop(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  endpoint: Endpoint,
  track: (one: Duplex, other: Duplex) => void,
): Promise<void> {
  // Loaded only for desktops.
  const { WebSocketServer, createWebSocketStream } = await import('ws');
  if (socket.destroyed) return;
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxMessage,
    handleProtocols: (protocols) => (protocols.has('binary') ? 'binary' : false),
  });
  const inner = await dial(endpoint).catch(() => undefined);
  if (inner === undefined || socket.destroyed) {
    inner?.destroy();
    socket.destroy();
    return;
  }
  track(socket, inner);
  server.handleUpgrade(request, socket, head, (viewer) => {
    const stream = createWebSocketStream(viewer);
    pipeline(stream, inner, stream, () => viewer.close());
  });
}
