import { type Reply, text, xml } from '@skaha/service/reply.js';
import { parameter, readBody, type StorageCall, seeOther } from './call.js';
import { VospaceFault } from './fault.js';
import { jobDocument, jobsDocument, resultsDocument } from './job-document.js';
import type { Job, JobKind, JobRequest } from './jobs.js';
import { readNode } from './node-document.js';
import { readUri } from './paths.js';
import { readChanges } from './properties.js';
import { changeAll, removeAll } from './recursive.js';
import { transferJob } from './transfers.js';

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

/** `/transfers`, `/async-delete` and `/async-setprops`: work that continues after its request. */
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
