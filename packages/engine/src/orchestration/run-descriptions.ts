import type { CatalogueImage } from '../images/catalogue.js';
import { kindEnvironment, kindSecrets } from '../kinds/environment.js';
import { pageKind } from '../kinds/pages.js';
import { type Ground, planKind } from '../kinds/plan.js';
import type { PagePlan, Run, RunNetwork, Runner } from '../ports/runner.js';
import type { Volume } from '../ports/volumes.js';
import { appJobName, jobName } from '../sessions/naming.js';
import type { SessionRecord } from '../sessions/record.js';
import { addressEnvironment } from './home-credentials.js';

/** What a runner needs to know about a session besides its record. */
export interface RunFacts {
  /** The entry of its image in the catalogue, if there is one. */
  readonly image: CatalogueImage | undefined;
  readonly uid: number;
  readonly gid?: number | undefined;
  readonly groups: readonly number[];
  /** Names of the owner's projects. */
  readonly projects: readonly string[];
  /** Scheme, host and port of the platform. */
  readonly origin: string;
  /** How many processes and threads a session may have. */
  readonly processes: number;
  /** The network of sessions without a page. */
  readonly headlessNetwork: RunNetwork;
  /** The network of sessions with a page. */
  readonly interactiveNetwork: RunNetwork;
  /** Where sessions that run no images find their programs. */
  readonly programs: Pick<Ground, 'path' | 'ownProgram'>;
  /** The token for the page of a session. */
  pageToken(id: string): string;
  /** The token with which a desktop calls back. */
  callbackToken(id: string): string;
}

/** The properties of a runner on which descriptions depend. */
type RunnerPlaces = Pick<Runner, 'placeOf' | 'runsImages'>;

/** How many descriptions are cached: two or three kilobytes each. */
const most = 512;

/** The description of a session, and what it was derived from. */
interface Described {
  readonly workload: SessionRecord['workload'];
  readonly deadlineSeconds: number | undefined;
  readonly run: Run;
}

/**
 * Describes sessions to the runner. A description is needed several times in a row, while a session
 * is examined, prepared and launched, so the latest ones are cached.
 */
export class RunDescriptions {
  readonly #factsOf: (record: SessionRecord) => RunFacts;
  readonly #runner: RunnerPlaces;
  /** By workload, which never changes during the life of a session. */
  readonly #described = new Map<string, Described>();

  constructor(runner: RunnerPlaces, factsOf: (record: SessionRecord) => RunFacts) {
    this.#runner = runner;
    this.#factsOf = factsOf;
  }

  of(record: SessionRecord): Run {
    const { key, workload, life } = record;
    const { deadlineSeconds } = life;
    const known = this.#described.get(key);
    // A renewal changes the end of a session.
    if (known?.workload === workload && known.deadlineSeconds === deadlineSeconds) return known.run;
    const run = describeRun(record, this.#factsOf(record), this.#runner);
    if (this.#described.size >= most) this.#described.clear();
    this.#described.set(key, { workload, deadlineSeconds, run });
    return run;
  }
}

/**
 * Describes a session to the runner. The platform's variables override those of the user, so that a
 * session can rely on them (Skaha API, environment).
 */
function describeRun(record: SessionRecord, facts: RunFacts, runner: RunnerPlaces): Run {
  const { workload, resources, kind } = record;
  const { runsImages } = runner;
  // A container has its own loopback address.
  const origin = runsImages ? undefined : facts.origin;
  const plan = planKind(kind, record.image, facts.image, { ...facts.programs, runsImages });
  const [program, ...programArguments] = plan.command;
  // For an image outside the catalogue, the arguments go to a command unknown here.
  const isOwn = runsImages && workload.cmd === undefined && program === undefined;
  const first = workload.cmd ?? program;
  // As in a container: arguments replace those of the image; a command replaces both.
  const rest = workload.args ?? (workload.cmd === undefined ? programArguments : []);
  return {
    key: record.key,
    id: record.id,
    appId: record.appId,
    name: record.name,
    job: jobOf(record),
    user: record.owner,
    uid: facts.uid,
    gid: facts.gid,
    groups: facts.groups,
    kind,
    image: record.image,
    command: first === undefined ? [] : [first, ...rest],
    args: isOwn ? workload.args : undefined,
    volumes: volumesOf(record, facts.projects),
    requests: { cores: resources.cores, memory: resources.memory },
    limits: {
      cores: resources.coresLimit,
      memory: resources.memoryLimit,
      processes: facts.processes,
    },
    gpus: resources.gpus ?? 0,
    lifetimeSeconds: record.life.deadlineSeconds,
    network: kind === 'headless' ? facts.headlessNetwork : facts.interactiveNetwork,
    platformPort: portHere(origin),
    page: plan.page && { ...plan.page, ...pathOf(record) },
    missing: plan.missing,
    ...environmentOf(record, facts, runner, origin),
  };
}

/** Caches the port of the platform, whose address rarely changes. */
let known: { readonly origin: string; readonly port: number | undefined } | undefined;

/** @returns undefined for an address other than this machine's loopback address */
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
  facts: RunFacts,
  runner: RunnerPlaces,
  origin: string | undefined,
): Pick<Run, 'environment' | 'secrets'> {
  const { id, owner, name, kind, workload, resources } = record;
  const home = runner.placeOf({ kind: 'home', user: owner });
  const threads = Math.max(1, Math.floor(resources.cores));
  const own = {
    id,
    user: owner,
    uid: facts.uid,
    home,
    threads,
    pageToken: () => facts.pageToken(id),
    callbackToken: () => facts.callbackToken(id),
    display: runner.placeOf(displayOf(record)),
  };
  return {
    environment: {
      ...(origin === undefined ? {} : addressEnvironment(home, origin)),
      ...Object.fromEntries(workload.env),
      HOME: home,
      PWD: home,
      // Also the host name of a session's container on the real platform.
      HOSTNAME: name,
      OMP_NUM_THREADS: String(threads),
      ...kindEnvironment(kind, own),
      skaha_hostname: '127.0.0.1',
      skaha_sessionid: id,
      skaha_username: owner,
    },
    secrets: kindSecrets(kind, own),
  };
}
