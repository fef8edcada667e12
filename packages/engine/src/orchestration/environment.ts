import type { CatalogueImage } from '../images/catalogue.js';
import { kindEnvironment, kindSecrets } from '../kinds/environment.js';
import { pageKind } from '../kinds/pages.js';
import { type Ground, planKind } from '../kinds/plan.js';
import type { PagePlan, Run, RunNetwork, Runner } from '../ports/runner.js';
import type { Volume } from '../ports/volumes.js';
import { appJobName, jobName } from '../sessions/naming.js';
import type { SessionRecord } from '../sessions/record.js';
import { addressEnvironment } from './home-credentials.js';

/** Where a session runs, and for whom. */
export interface RunPlace {
  readonly runner: Pick<Runner, 'placeOf' | 'runsImages'>;
  readonly uid: number;
  readonly gid?: number | undefined;
  readonly groups: readonly number[];
  /** Names of the projects the owner works in. */
  readonly projects: readonly string[];
  /** Scheme, host and port of the platform; undefined where the session does not reach them. */
  readonly origin: string | undefined;
  /** The most processes and threads a session may have. */
  readonly processes: number;
  /** The network of sessions without a page. */
  readonly headlessNetwork: RunNetwork;
  /** That of the others. */
  readonly interactiveNetwork: RunNetwork;
  /** Where the programs of sessions that run no images come from. */
  readonly programs: Pick<Ground, 'path' | 'ownProgram'>;
  /** What opens the page of a session. */
  pageToken(id: string): string;
  /** With this a desktop calls back. */
  callbackToken(id: string): string;
}

/**
 * What a runner is told about a session. The platform's own variables win over those of the user,
 * so that a session can rely on them (Skaha API, environment).
 *
 * @param record - the session
 * @param image - its entry in the catalogue, when there is one
 * @param place - where it runs
 */
export function describeRun(
  record: SessionRecord,
  image: CatalogueImage | undefined,
  place: RunPlace,
): Run {
  const { workload, resources, kind } = record;
  const ground = { ...place.programs, runsImages: place.runner.runsImages };
  const plan = planKind(kind, record.image, image, ground);
  const [program, ...programArguments] = plan.command;
  // In an image that is not known, other arguments go to a command that is not known either.
  const isOwn = place.runner.runsImages && workload.cmd === undefined && program === undefined;
  const first = workload.cmd ?? program;
  // As with a container: other arguments replace those of the image, another command both.
  const rest = workload.args ?? (workload.cmd === undefined ? programArguments : []);
  return {
    key: record.key,
    id: record.id,
    appId: record.appId,
    name: record.name,
    job: jobOf(record),
    user: record.owner,
    uid: place.uid,
    gid: place.gid,
    groups: place.groups,
    kind,
    image: record.image,
    command: first === undefined ? [] : [first, ...rest],
    args: isOwn ? workload.args : undefined,
    volumes: volumesOf(record, place.projects),
    requests: { cores: resources.cores, memory: resources.memory },
    limits: {
      cores: resources.coresLimit,
      memory: resources.memoryLimit,
      processes: place.processes,
    },
    gpus: resources.gpus ?? 0,
    lifetimeSeconds: record.life.deadlineSeconds,
    network: kind === 'headless' ? place.headlessNetwork : place.interactiveNetwork,
    platformPort: portHere(place.origin),
    page: plan.page && { ...plan.page, ...pathOf(record) },
    missing: plan.missing,
    ...environmentOf(record, place),
  };
}

/** The port of the platform, which seldom has another address than before. */
let known: { readonly origin: string; readonly port: number | undefined } | undefined;

/** @returns undefined for an address that is not this machine's loopback address */
function portHere(origin: string | undefined): number | undefined {
  if (origin === undefined) return undefined;
  if (known?.origin !== origin) {
    const { hostname, port } = new URL(origin);
    const isHere = hostname === '127.0.0.1' || hostname === 'localhost';
    known = { origin, port: isHere ? Number(port || 443) : undefined };
  }
  return known.port;
}

function pathOf({ kind, id }: SessionRecord): Pick<PagePlan, 'path' | 'keepsPath'> {
  const page = pageKind(kind);
  if (page === undefined) return {};
  return { path: `/session/${page.segment}/${id}`, keepsPath: page.keepsPath };
}

const jobOf = ({ kind, owner, id, appId, name }: SessionRecord): string =>
  appId === undefined ? jobName(kind, owner, id) : appJobName({ id, appId, owner, name });

const displayOf = ({ id }: SessionRecord): Volume => ({ kind: 'display', id });

function volumesOf(record: SessionRecord, projects: readonly string[]): Volume[] {
  const { key, kind, owner } = record;
  return [
    { kind: 'home', user: owner },
    { kind: 'scratch', key },
    ...projects.map((name): Volume => ({ kind: 'project', name })),
    ...(kind === 'desktop' || kind === 'desktop-app' ? [displayOf(record)] : []),
  ];
}

function environmentOf(
  record: SessionRecord,
  place: RunPlace,
): Pick<Run, 'environment' | 'secrets'> {
  const { id, owner, name, kind, workload, resources } = record;
  const home = place.runner.placeOf({ kind: 'home', user: owner });
  const threads = Math.max(1, Math.floor(resources.cores));
  const facts = {
    id,
    user: owner,
    uid: place.uid,
    home,
    threads,
    pageToken: () => place.pageToken(id),
    callbackToken: () => place.callbackToken(id),
    display: place.runner.placeOf(displayOf(record)),
  };
  return {
    environment: {
      ...(place.origin === undefined ? {} : addressEnvironment(home, place.origin)),
      ...Object.fromEntries(workload.env),
      HOME: home,
      PWD: home,
      // The host name of a session's container on the real platform, too.
      HOSTNAME: name,
      OMP_NUM_THREADS: String(threads),
      ...kindEnvironment(kind, facts),
      skaha_hostname: '127.0.0.1',
      skaha_sessionid: id,
      skaha_username: owner,
    },
    secrets: kindSecrets(kind, facts),
  };
}
