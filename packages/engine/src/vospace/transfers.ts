import { empty, type Reply, text, withHeaders, xml } from '@skaha/service/reply.js';
import { isForm, parameter, readBody, type StorageCall } from './call.js';
import { shown, VospaceFault } from './fault.js';
import { requireTarget } from './files.js';
import {
  type Job,
  type JobKind,
  type JobRequest,
  jobDocument,
  jobsDocument,
  type Results,
  resultsDocument,
} from './jobs.js';
import { moveNode } from './move.js';
import { readNode } from './node-document.js';
import { encodePath, type Path, readUri } from './paths.js';
import { readChanges } from './properties.js';
import { changeAll, removeAll } from './recursive.js';
import {
  fits,
  type Protocol,
  readTransfer,
  type Transfer,
  transferDocument,
  transferOf,
  usualProtocol,
} from './transfer-document.js';

/** Credentials that an address without a signature can be used with. */
const methods: ReadonlySet<string> = new Set(
  ['tls-with-certificate', 'token', 'cookie'].map((name) => `ivo://ivoa.net/sso#${name}`),
);

const seeOther = (location: string): Reply => withHeaders(empty(303), { location });

async function readRequest(call: StorageCall): Promise<Transfer> {
  const body = await readBody(call.request);
  if (!isForm(call.request) && body.length > 0) return readTransfer(body);
  return transferOf(new URLSearchParams([...call.query, ...new URLSearchParams(body.toString())]));
}

/** `POST /synctrans`: where the bytes of a file can be fetched, or sent. */
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

/** The addresses for what a client asked for. */
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
  const spot = await call.store.tree.spot(path, call.caller, true);
  spot.folder.close();
  requireTarget(call, spot, call.caller);
}

/** `GET /xfer/JOB`: what a transfer came to. */
export function transferResult({ store, rest, caller }: StorageCall): Reply {
  const job = store.jobs.find(rest.slice(1), caller.user);
  if (job?.document === undefined) throw new VospaceFault('NodeNotFound', 'there is no such job');
  return xml(job.document);
}

async function transferJob(call: StorageCall): Promise<JobRequest> {
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

async function deleteJob(call: StorageCall): Promise<JobRequest> {
  const body = new URLSearchParams((await readBody(call.request)).toString());
  const target = parameter(body, 'target') ?? parameter(call.query, 'target');
  if (target === undefined) throw new VospaceFault('InvalidArgument', 'target is needed');
  const path = readUri(target, call.authority);
  return {
    kind: 'async-delete',
    owner: call.caller.user,
    parameters: { target },
    work: (signal) => removeAll(call, path, signal),
  };
}

async function propertiesJob(call: StorageCall): Promise<JobRequest> {
  const asked = readNode(await readBody(call.request), call.authority);
  const changes = readChanges(asked.properties);
  return {
    kind: 'async-setprops',
    owner: call.caller.user,
    work: (signal) => changeAll(call, asked.path, changes, signal),
  };
}

const makers: Readonly<Record<JobKind, (call: StorageCall) => Promise<JobRequest>>> = {
  transfers: transferJob,
  'async-delete': deleteJob,
  'async-setprops': propertiesJob,
};

/** `/transfers`, `/async-delete` and `/async-setprops`: work that goes on after its request. */
export async function jobsResource(call: StorageCall, kind: JobKind): Promise<Reply> {
  const { store, caller, method, rest, root, query } = call;
  const [, id = '', ...parts] = rest.split('/');
  if (id === '') {
    if (method !== 'POST') {
      return xml(jobsDocument(store.jobs.list(kind, caller.user), `${root}/${kind}`));
    }
    if (caller.user === undefined) {
      throw new VospaceFault('NotAuthenticated', 'only users of the platform have jobs');
    }
    const job = store.jobs.add(await makers[kind](call));
    if (parameter(query, 'phase')?.toUpperCase() === 'RUN') store.jobs.run(job);
    return seeOther(`${root}/${kind}/${job.id}`);
  }
  const job = store.jobs.find(id, caller.user);
  if (job === undefined || job.request.kind !== kind) {
    throw new VospaceFault('NodeNotFound', 'there is no such job');
  }
  return method === 'GET' || method === 'HEAD'
    ? await readJob(call, job, parts)
    : await changeJob(call, job, parts);
}

async function readJob(call: StorageCall, job: Job, parts: readonly string[]): Promise<Reply> {
  const { store, query, root, request } = call;
  const [part = '', name] = parts;
  if (part === '') {
    const wait = parameter(query, 'wait');
    if (wait !== undefined && /^-?\d{1,6}$/.test(wait)) {
      const gone = new AbortController();
      request.socket.once('close', () => gone.abort());
      const from = parameter(query, 'phase') ?? job.phase;
      if (from.toUpperCase() === job.phase) {
        await store.jobs.wait(job, job.phase, Number(wait), gone.signal);
      }
    }
    return xml(jobDocument(job));
  }
  if (part === 'results' && name === 'transferDetails' && job.document !== undefined) {
    return seeOther(`${root}/xfer/${job.id}`);
  }
  if (name !== undefined) throw new VospaceFault('NodeNotFound', 'there is no such result');
  if (part === 'results') return xml(resultsDocument(job));
  const words: Readonly<Record<string, string>> = {
    phase: job.phase,
    error: job.error ?? '',
    owner: job.request.owner ?? '',
    executionduration: '0',
    quote: '',
  };
  if (!Object.hasOwn(words, part)) throw new VospaceFault('NodeNotFound', `no such part: ${part}`);
  return text(words[part] ?? '');
}

async function changeJob(call: StorageCall, job: Job, parts: readonly string[]): Promise<Reply> {
  const { store, method, root, request, query } = call;
  const own = `${root}/${job.request.kind}/${job.id}`;
  const body = new URLSearchParams((await readBody(request)).toString());
  const asked = (name: string) => (parameter(body, name) ?? parameter(query, name))?.toUpperCase();
  if (parts.length === 0 && (method === 'DELETE' || asked('action') === 'DELETE')) {
    store.jobs.remove(job);
    return seeOther(`${root}/${job.request.kind}`);
  }
  if (parts.length === 1 && parts[0] === 'phase' && method === 'POST') {
    const phase = asked('phase');
    if (phase === 'RUN') store.jobs.run(job);
    else if (phase === 'ABORT') store.jobs.abort(job);
    else throw new VospaceFault('InvalidArgument', 'PHASE must be RUN or ABORT');
    return seeOther(own);
  }
  throw new VospaceFault('InvalidArgument', 'this cannot be done with a job');
}
