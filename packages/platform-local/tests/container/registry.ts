import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';

/** A registry of one image, over HTTP on the loopback address. */
export interface TestRegistry {
  readonly host: string;
  /** Its one image. */
  readonly image: string;
  /** Paths asked for, with the credentials given, oldest first. */
  readonly requests: { readonly path: string; readonly login: string | undefined }[];
  /** Whether it gives the image away. */
  offers: boolean;
  stop(): Promise<void>;
}

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** What is stored under its digest. */
interface Blob {
  readonly type: string;
  readonly bytes: Buffer;
}

/**
 * Starts a registry.
 *
 * @param layer - tar archive with the files of its image
 * @param login - `username:secret` without which it shows nothing
 */
export async function startRegistry(layer: Buffer, login?: string): Promise<TestRegistry> {
  const { manifest, blobs } = imageOf(layer);
  const requests: TestRegistry['requests'] = [];
  const server = createServer((request, response) => {
    const [scheme, words] = (request.headers.authorization ?? '').split(' ');
    const given = scheme === 'Basic' ? Buffer.from(words ?? '', 'base64').toString() : undefined;
    const path = request.url ?? '';
    requests.push({ path, login: given });
    const answer = (status: number, type: string, bytes: Buffer) => {
      const headers = { 'content-type': type, 'content-length': bytes.length };
      const digest = { 'docker-content-digest': digestOf(bytes) };
      response.writeHead(status, { ...headers, ...(status === 200 ? digest : {}) });
      response.end(request.method === 'HEAD' ? undefined : bytes);
    };
    const refuse = (status: number, code: string) =>
      answer(status, 'application/json', Buffer.from(JSON.stringify({ errors: [{ code }] })));
    if (login !== undefined && given !== login) {
      response.setHeader('www-authenticate', 'Basic realm="test"');
      refuse(401, 'UNAUTHORIZED');
    } else if (path === '/v2/') answer(200, 'application/json', Buffer.from('{}'));
    else if (!registry.offers) refuse(404, 'MANIFEST_UNKNOWN');
    else if (path.startsWith('/v2/team/tool/manifests/')) {
      const byTag = path.endsWith('/1.0') || path.endsWith(digestOf(manifest.bytes));
      if (byTag) answer(200, manifest.type, manifest.bytes);
      else refuse(404, 'MANIFEST_UNKNOWN');
    } else {
      const blob = blobs.get(path.slice('/v2/team/tool/blobs/'.length));
      if (blob === undefined) refuse(404, 'BLOB_UNKNOWN');
      else answer(200, blob.type, blob.bytes);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const registry: TestRegistry = {
    host,
    image: `${host}/team/tool:1.0`,
    requests,
    offers: true,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return registry;
}

function imageOf(layer: Buffer): { manifest: Blob; blobs: ReadonlyMap<string, Blob> } {
  const packed = gzipSync(layer);
  const base = 'application/vnd.oci.image';
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      // The image has words of its own: what it runs, and with what.
      config: { Entrypoint: ['/bin/echo', 'own'], Cmd: ['words'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  );
  const part = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: `${base}.manifest.v1+json`,
    config: part(`${base}.config.v1+json`, config),
    layers: [part(`${base}.layer.v1.tar+gzip`, packed)],
  };
  return {
    manifest: { type: manifest.mediaType, bytes: Buffer.from(JSON.stringify(manifest)) },
    blobs: new Map([
      [digestOf(config), { type: 'application/octet-stream', bytes: config }],
      [digestOf(packed), { type: 'application/octet-stream', bytes: packed }],
    ]),
  };
}
