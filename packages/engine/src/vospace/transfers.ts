import { type Reply, xml } from '@skaha/service/reply.js';
import { isForm, readBody, type StorageCall, seeOther } from './call.js';
import { shown, VospaceFault } from './fault.js';
import { requireTarget } from './files.js';
import type { Job, JobKind, JobRequest, Results } from './jobs.js';
import { moveNode } from './move.js';
import { encodePath, type Path, readUri } from './paths.js';
import {
  fits,
  type Protocol,
  readTransfer,
  type Transfer,
  transferDocument,
  transferOf,
  usualProtocol,
} from './transfer-document.js';

/** Credentials that work with an unsigned address. */
const methods: ReadonlySet<string> = new Set(
  ['tls-with-certificate', 'token', 'cookie'].map((name) => `ivo://ivoa.net/sso#${name}`),
);

async function readRequest(call: StorageCall): Promise<Transfer> {
  const body = await readBody(call.request);
  if (!isForm(call.request) && body.length > 0) return readTransfer(body);
  return transferOf(new URLSearchParams([...call.query, ...new URLSearchParams(body.toString())]));
}

/** `POST /synctrans`: where to download or upload a file. */
export async function syncTransfer(call: StorageCall): Promise<Reply> {
  const transfer = await readRequest(call);
  const protocols = await negotiate(call, transfer);
  const signed = protocols.find(({ securityMethod }) => securityMethod === undefined);
  if (transfer.redirect) {
    const direct = signed ?? (await negotiate(call, { ...transfer, protocols: [] }))[0];
    return seeOther(direct?.endpoint ?? '');
  }
  const { root, store } = call;
  const job = store.jobs.add({
    ...requestOf(call, 'transfers', transfer),
    work: async (_, own) => withDocument(call, own, { ...transfer, protocols }),
  });
  await job.execute(store.clock);
  return seeOther(`${root}/transfers/${job.id}/results/transferDetails`);
}

function withDocument({ root }: StorageCall, job: Job, transfer: Transfer): Results {
  job.document = transferDocument(transfer);
  return { transferDetails: `${root}/transfers/${job.id}/results/transferDetails` };
}

function requestOf(
  { caller }: StorageCall,
  kind: JobKind,
  transfer: Transfer,
): Omit<JobRequest, 'work'> {
  const info = transferDocument(transfer).replace(/^<\?xml[^>]*>\n/, '');
  return { kind, owner: caller.user, info };
}

/** The protocols that a client requested, with addresses. */
async function negotiate(call: StorageCall, transfer: Transfer): Promise<Protocol[]> {
  const { authority } = call;
  const isRead = transfer.direction === 'pullFromVoSpace';
  if (!isRead && transfer.direction !== 'pushToVoSpace') {
    throw new VospaceFault('InvalidArgument', `direction: ${transfer.direction} is not supported`);
  }
  const direction = isRead ? 'read' : 'write';
  const path = readUri(transfer.target, authority);
  await (isRead ? requireReadable(call, path) : requireWritable(call, path));
  const asked = transfer.protocols.length === 0 ? [usualProtocol(direction)] : transfer.protocols;
  const possible = asked.filter(
    (protocol) =>
      fits(protocol, direction) &&
      (protocol.securityMethod === undefined || methods.has(protocol.securityMethod)),
  );
  if (possible.length === 0) {
    throw new VospaceFault('ProtocolNotSupported', asked.map(({ uri }) => uri).join(' '));
  }
  return possible.flatMap((protocol) => addresses(call, path, protocol, direction));
}

function addresses(
  { root, store, caller }: StorageCall,
  path: Path,
  { uri, securityMethod }: Protocol,
  direction: 'read' | 'write',
): Protocol[] {
  const plain = `${root}/files${encodePath(path)}`;
  if (securityMethod !== undefined) return [{ uri, securityMethod, endpoint: plain }];
  const token = store.preauth.issue(path, { user: caller.user, direction });
  const signed = { uri, endpoint: `${root}/files/${token}${encodePath(path)}` };
  return direction === 'read' ? [signed, { uri, endpoint: plain }] : [signed];
}

async function requireReadable({ store, caller }: StorageCall, path: Path): Promise<void> {
  if (path.length === 0) throw new VospaceFault('InvalidArgument', 'the root is a folder');
  const { entry, folder } = await store.tree.entry(path, caller, true);
  folder.close();
  store.tree.requireRead(caller, entry.access, path);
  if (entry.kind !== 'data') {
    throw new VospaceFault('InvalidArgument', `${shown(path)} is not a file`);
  }
}

async function requireWritable(call: StorageCall, path: Path): Promise<void> {
  if (path.length === 0) throw new VospaceFault('InvalidArgument', 'the root is a folder');
  const place = await call.store.tree.resolve(path, call.caller, true);
  place.folder.close();
  requireTarget(call, place, call.caller);
}

/** `GET /xfer/JOB`: the outcome of a transfer. */
export function transferResult({ store, rest, caller }: StorageCall): Reply {
  const job = store.jobs.find(rest.slice(1), caller.user);
  if (job?.document === undefined) throw new VospaceFault('NodeNotFound', 'there is no such job');
  return xml(job.document);
}

/** A job of `/transfers`: negotiates addresses, or moves a node. */
export async function transferJob(call: StorageCall): Promise<JobRequest> {
  const transfer = await readRequest(call);
  const { authority } = call;
  if (/^[a-z]+(?:To|From)VoSpace$/.test(transfer.direction)) {
    return {
      ...requestOf(call, 'transfers', transfer),
      work: async (_, job) => {
        const protocols = await negotiate(call, transfer);
        return withDocument(call, job, { ...transfer, protocols });
      },
    };
  }
  const [from, to] = [readUri(transfer.target, authority), readUri(transfer.direction, authority)];
  if (transfer.keepBytes !== false) {
    throw new VospaceFault('InvalidArgument', 'copies within the service are not supported');
  }
  const work = async () => {
    await moveNode(call, from, to);
    return {};
  };
  return { ...requestOf(call, 'transfers', transfer), work };
}
