import { Duplex } from 'node:stream';
import { Channels } from './channels.js';
import { type KubernetesClient, resources } from './client.js';

/** Channels of the one port that is asked for. */
const dataChannel = 0;
const errorChannel = 1;

/** Each channel begins with the number of its port, in two bytes. */
const preludeBytes = 2;

/**
 * A connection to a port of a pod, through the API server and the kubelet: it needs no route to the
 * pod, and no rights but those to `pods/portforward`.
 *
 * @throws {KubernetesError} when it cannot be opened
 */
export async function forwardPort(
  client: KubernetesClient,
  namespace: string,
  pod: string,
  port: number,
): Promise<Duplex> {
  const path = client.path(resources.pods, namespace, pod, 'portforward');
  const query = [['ports', String(port)]] as const;
  const channels = await Channels.open(client.transport, path, query, ['v4.channel.k8s.io']);
  const left = new Map([
    [dataChannel, preludeBytes],
    [errorChannel, preludeBytes],
  ]);
  const stream = new Duplex({
    read: () => channels.hold(false),
    write: (piece: Buffer, _encoding, done) => channels.send(dataChannel, piece, () => done()),
    final: (done) => {
      // The protocol knows no end of one direction alone.
      done();
    },
    destroy: (error, done) => {
      channels.terminate();
      done(error);
    },
  });
  channels.receive((channel, data) => {
    const skipped = Math.min(left.get(channel) ?? 0, data.length);
    left.set(channel, (left.get(channel) ?? 0) - skipped);
    const rest = data.subarray(skipped);
    if (rest.length === 0) return;
    if (channel === errorChannel) stream.destroy(new Error(rest.toString('utf8').trim()));
    else if (!stream.push(rest)) channels.hold(true);
  });
  void channels.closed.then(() => {
    if (!stream.destroyed) stream.push(null);
  });
  return stream;
}
