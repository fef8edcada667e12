import { PassThrough, type Readable, Writable } from 'node:stream';
import { parseJson } from '@skaha/base/json.js';
import { isRecord } from '@skaha/base/record.js';
import { Channels } from './channels.js';
import { type KubernetesClient, resources } from './client.js';

const channel = { input: 0, output: 1, errors: 2, status: 3, resize: 4, close: 255 } as const;

/** The largest message that is sent, so that one command does not fill a connection. */
const pieceBytes = 32_768;

/** A command in a container, while it runs. */
export interface ExecResult {
  readonly input: Writable;
  readonly output: Readable;
  readonly errors: Readable;
  /** Its exit status; undefined when the connection broke before it arrived. */
  readonly ended: Promise<number | undefined>;
  resize(columns: number, rows: number): void;
  /** Lets go of it; the command hears of it by its streams. */
  close(): void;
}

/**
 * Runs a command in a container of a pod, as its user.
 *
 * @throws {KubernetesError} when it cannot be
 */
export async function execute(
  client: KubernetesClient,
  namespace: string,
  pod: string,
  {
    container,
    command,
    terminal,
  }: { container: string; command: readonly string[]; terminal: boolean },
): Promise<ExecResult> {
  const path = client.path(resources.pods, namespace, pod, 'exec');
  const query: (readonly [string, string])[] = [
    ['container', container],
    ...command.map((word) => ['command', word] as const),
    ['stdin', 'true'],
    ['stdout', 'true'],
    // With a terminal there is one stream for both.
    ...(terminal ? [['tty', 'true'] as const] : [['stderr', 'true'] as const]),
  ];
  const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
  const channels = await Channels.open(client.transport, path, query, protocols);
  const [output, errors] = [new PassThrough(), new PassThrough()];
  let status: number | undefined;
  const hear = (stream: PassThrough, data: Buffer) => {
    if (stream.write(data)) return;
    channels.hold(true);
    stream.once('drain', () => channels.hold(false));
  };
  channels.receive((number, data) => {
    if (number === channel.output) hear(output, data);
    if (number === channel.errors) hear(errors, data);
    if (number === channel.status) {
      const result = statusOf(data.toString('utf8'));
      status = result.status;
      if (result.message !== undefined) hear(errors, Buffer.from(`${result.message}\n`));
    }
  });
  const ended = channels.closed.then(async () => {
    output.end();
    errors.end();
    return status;
  });
  return {
    output,
    errors,
    ended,
    input: inputOf(channels),
    resize: (columns, rows) => {
      channels.send(channel.resize, Buffer.from(JSON.stringify({ Width: columns, Height: rows })));
    },
    close: () => channels.terminate(),
  };
}

function inputOf(channels: Channels): Writable {
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      for (let from = 0; from + pieceBytes < piece.length; from += pieceBytes) {
        channels.send(channel.input, piece.subarray(from, from + pieceBytes));
      }
      const rest = piece.length === 0 ? 0 : (Math.ceil(piece.length / pieceBytes) - 1) * pieceBytes;
      channels.send(channel.input, piece.subarray(rest), () => done());
    },
    final(done) {
      // The end of one stream can be sent only from version 5 on.
      if (channels.protocol.startsWith('v5')) {
        channels.send(channel.close, Buffer.from([channel.input]));
      }
      done();
    },
  });
}

/** How a command ended, from the `Status` that the last message is. */
function statusOf(text: string): { status: number; message?: string | undefined } {
  const result = parseJson(text);
  if (result === undefined) return { status: 126, message: text };
  if (!isRecord(result)) return { status: 126 };
  if (result['status'] === 'Success') return { status: 0 };
  const details = result['details'];
  const causes: unknown = isRecord(details) ? details['causes'] : undefined;
  const cause = (Array.isArray(causes) ? (causes as unknown[]) : []).find(
    (one) => isRecord(one) && one['reason'] === 'ExitCode',
  );
  if (isRecord(cause)) return { status: Number(cause['message']) };
  const message = typeof result['message'] === 'string' ? result['message'] : 'it could not be run';
  // Said by the container runtime, which found no such program.
  const isAbsent = /no such file|not found/i.test(message);
  return { status: isAbsent ? 127 : 126, message };
}
