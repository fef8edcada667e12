import type { CatalogueImage } from '../images/catalogue.js';
import { displayFor } from '../kinds/display.js';
import { kindEnvironment } from '../kinds/environment.js';
import { type Ground, planKind } from '../kinds/plan.js';
import type { Mount, Run, Runner } from '../ports/runner.js';
import type { SessionRecord } from '../sessions/record.js';
import { addressEnvironment } from './home-credentials.js';

/** Where a session runs, and for whom. */
export interface RunPlace {
  readonly runner: Pick<Runner, 'hasMounts' | 'homeOf' | 'runsImages'>;
  /** The owner's home directory on this machine. */
  readonly home: string;
  readonly uid: number;
  /** The projects the owner works in, as sessions see them. */
  readonly mounts: readonly Mount[];
  /** Scheme, host and port of the platform; undefined where the session does not reach them. */
  readonly origin: string | undefined;
  /** The most processes and threads a session may have. */
  readonly processes: number;
  /** The network of sessions without a page. */
  readonly headlessNetwork: Run['network'];
  /** Where the programs of sessions that run no images come from. */
  readonly programs: Pick<Ground, 'path' | 'ownProgram'>;
  /** What opens the page of a session. */
  pageToken(id: string): string;
  /** With this a desktop calls back. */
  callbackToken(id: string): string;
  /** Directory of this machine where a desktop and its apps meet. */
  displayOf(id: string): string;
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
  const display = displayFor(kind, place.displayOf(record.id), place.runner.hasMounts);
  return {
    key: record.key,
    id: record.id,
    user: record.owner,
    uid: place.uid,
    kind,
    image: record.image,
    command: first === undefined ? [] : [first, ...rest],
    args: isOwn ? workload.args : undefined,
    home: place.home,
    mounts: [...place.mounts, ...display.mounts],
    limits: {
      cores: resources.coresLimit,
      memory: resources.memoryLimit,
      processes: place.processes,
    },
    network: kind === 'headless' ? place.headlessNetwork : 'host',
    page: plan.page,
    missing: plan.missing,
    environment: environmentOf(record, place, display.path),
  };
}

function environmentOf(
  record: SessionRecord,
  place: RunPlace,
  display: string,
): Record<string, string> {
  const { id, owner, name, kind, workload, resources } = record;
  const home = place.runner.homeOf(owner);
  const threads = Math.max(1, Math.floor(resources.cores));
  return {
    ...(place.origin === undefined ? {} : addressEnvironment(home, place.origin)),
    ...Object.fromEntries(workload.env),
    HOME: home,
    PWD: home,
    // The host name of a session's container on the real platform, too.
    HOSTNAME: name,
    OMP_NUM_THREADS: String(threads),
    ...kindEnvironment(kind, {
      id,
      user: owner,
      uid: place.uid,
      home,
      threads,
      pageToken: place.pageToken(id),
      callbackToken: () => place.callbackToken(id),
      display,
    }),
    skaha_hostname: '127.0.0.1',
    skaha_sessionid: id,
    skaha_username: owner,
  };
}
