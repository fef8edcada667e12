import { type KnownSessionKind, sessionKinds } from '@skaha/wire/kinds.js';
import { type Catalogue, registryHost } from '../images/catalogue.js';
import type { ApiVersion, Lifetimes, Limits, QuantityLimits } from '../settings.js';
import { resourcesWithin } from './bounds.js';
import type { Capacity, SessionBounds } from './capacity.js';
import { appName, isHostname, storedName } from './naming.js';
import { parseGpus, parseQuantity, resourcesFor } from './quantities.js';
import { isInteractive, type SessionPlan, type SessionResources, type Workload } from './record.js';
import { clusterRefusal, Refusal } from './refusal.js';
import { parseEnvironmentEntry, render, renderArgument, splitDroppingTrailing } from './text.js';

/** The parameters of a request; names are case-insensitive. */
export interface Parameters {
  /** The first value of a parameter. */
  get(name: string): string | undefined;
  all(name: string): readonly string[];
}

/** What a new session is checked against. */
export interface CreateRules {
  readonly owner: string;
  readonly api: ApiVersion;
  /** Servers before 1.4 could restrict batch work to a group. */
  readonly mayRunHeadless: boolean;
  readonly limits: Limits;
  readonly lifetimes: Lifetimes;
  readonly capacity: Capacity;
  /** What a single session can have, if that differs from the total capacity. */
  readonly bounds?: SessionBounds | undefined;
  /** Whether sessions can have graphics processors. */
  readonly hasGpus: boolean;
  readonly catalogue: Catalogue;
  readonly registryHosts: readonly string[];
  /** The `x-skaha-registry-auth` header. */
  readonly registryAuth: string | undefined;
  /** Sessions of the owner that count towards the limit. */
  activeSessions(): number;
  /** Creates the owner's home if it is missing. */
  ensureHome(): void;
}

/**
 * Parses and checks a create request in the order of the real server: the first fault counts (Skaha
 * API, order of checks).
 *
 * @throws {Refusal} with the exact text of the contract
 */
export function planSession(parameters: Parameters, rules: CreateRules): SessionPlan {
  const image = requiredImage(parameters);
  if (!rules.registryHosts.some((host) => image.startsWith(host))) {
    const hosts = rules.registryHosts.join(', ');
    throw new Refusal(400, `session image '${image}' must come from one of [${hosts}]`);
  }
  const kind = readKind(parameters.get('type'));
  if (rules.api === 'v0') checkImageType(image, kind, rules);
  if (kind === 'headless' && !rules.mayRunHeadless) {
    throw new Refusal(403, 'Not authorized to create a headless session');
  }
  const asked = readResources(parameters, rules);
  const name = readName(parameters.get('name'));
  checkSessionLimit(kind, rules);
  const gpus = parseGpus(parameters.get('gpus'), rules.limits.gpus);
  rules.ensureHome();
  if (rules.catalogue.get(image) === undefined) readRegistryAuth(rules.registryAuth);
  if (name.startsWith('-')) {
    throw new Refusal(400, 'canfar.net/name label value cannot be blank');
  }
  const workload = kind === 'headless' ? readWorkload(parameters) : { env: [] };
  if (kind === 'desktop-app') throw appWithoutDesktop();
  if (!isHostname(name)) {
    throw clusterRefusal(
      `'${name}' cannot be a host name: it must begin and end with a letter or digit and have at most 63 characters.`,
    );
  }
  return {
    owner: rules.owner,
    name: storedName(name),
    kind,
    image,
    resources: {
      ...sized(kind, asked, rules),
      // If there are none, a request for them is ignored (Skaha API).
      gpus: rules.hasGpus ? gpus : undefined,
    },
    workload,
    ...lifetimesFor(kind, rules.lifetimes),
  };
}

/**
 * Parses and checks a request for a desktop app. Its image is not checked against the registry
 * hosts or the catalogue (Skaha API, 2.7).
 */
export function planApp(
  parameters: Parameters,
  rules: CreateRules,
  desktopExists: () => boolean,
  missing: () => Refusal,
): SessionPlan {
  const image = requiredImage(parameters);
  const asked = readResources(parameters, rules);
  if (!desktopExists()) throw missing();
  return {
    owner: rules.owner,
    name: appName(image),
    kind: 'desktop-app',
    image,
    resources: sized('desktop-app', asked, rules),
    workload: { env: [] },
    ...lifetimesFor('desktop-app', rules.lifetimes),
  };
}

function sized(
  kind: KnownSessionKind,
  asked: ReturnType<typeof readResources>,
  { limits, capacity, bounds }: CreateRules,
): SessionResources {
  const resources = resourcesFor(kind, asked, limits, capacity);
  return bounds === undefined ? resources : resourcesWithin(resources, bounds);
}

/** The real server has no template for such a job, and answers with its own error (2.3). */
const appWithoutDesktop = () =>
  new Refusal(
    500,
    'unexpected exception: java.nio.file.NoSuchFileException: launch-desktop_app.yaml',
    'A desktop app is started within a desktop: POST /session/{id}/app',
  );

function lifetimesFor(kind: KnownSessionKind, lifetimes: Lifetimes) {
  const batch = kind === 'headless';
  return {
    deadlineSeconds: batch ? lifetimes.headlessSeconds : lifetimes.interactiveSeconds,
    keepSeconds: batch ? lifetimes.keepHeadlessSeconds : lifetimes.keepInteractiveSeconds,
  };
}

function requiredImage(parameters: Parameters): string {
  const image = parameters.get('image');
  if (image === undefined) throw new Refusal(400, "Missing parameter 'image'");
  if (image.trim() === '') throw new Refusal(400, 'image is required');
  return image.trim();
}

function readKind(text: string | undefined): KnownSessionKind {
  const word = (text ?? '').trim().toLowerCase();
  if (word === '') return 'headless';
  const kind = sessionKinds.find((known) => known === word);
  if (kind === undefined) throw new Refusal(400, `Invalid session type: ${text}`);
  return kind;
}

/** Servers at the time of v0 compared the kind with the labels of a known image. */
function checkImageType(image: string, kind: KnownSessionKind, { catalogue }: CreateRules): void {
  if (catalogue.get(image)?.types.includes(kind) === false) {
    throw new Refusal(400, `image/type mismatch: ${image}/${kind}`);
  }
}

function readResources(parameters: Parameters, { limits, capacity, api }: CreateRules) {
  const { cores, memoryGiB } = limits;
  const read = (name: 'cores' | 'ram', quantity: QuantityLimits, most: number) => {
    const value = parseQuantity(name, parameters.get(name), quantity, most);
    if (api !== 'v0' || value === undefined || Number.isInteger(value)) return value;
    throw new Refusal(400, `Invalid value for '${name}': ${parameters.get(name)}`);
  };
  return {
    cores: read('cores', cores, capacity.cores),
    memoryGiB: read('ram', memoryGiB, capacity.memory / 2 ** 30),
  };
}

function readName(text: string | undefined): string {
  if (text === undefined || text.trim() === '') {
    throw new Refusal(400, "Missing parameter 'name'");
  }
  if (!/^[A-Za-z0-9-]+$/.test(text)) {
    throw new Refusal(400, "name can only contain alpha-numeric chars and '-'");
  }
  return text;
}

function checkSessionLimit(kind: KnownSessionKind, rules: CreateRules): void {
  if (!isInteractive(kind) && kind !== 'desktop-app') return;
  const most = rules.limits.maxInteractiveSessions;
  if (rules.activeSessions() < most) return;
  const message = `User ${rules.owner} has reached the maximum of ${most} active sessions.`;
  throw new Refusal(400, message);
}

const unknownImage =
  'No authentication provided for unknown or private image.  Use x-skaha-registry-auth request header with base64Encode(username:secret).';

/**
 * Parses the header with the login for a registry.
 *
 * @throws {Refusal} with the exact text of the contract
 */
export function readRegistryAuth(header: string | undefined): { username: string; secret: string } {
  if (header === undefined || header === '') throw new Refusal(400, unknownImage);
  if (header.length % 4 !== 0) {
    throw new Refusal(400, 'Length of Base64 encoded input string is not a multiple of 4.');
  }
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(header)) {
    throw new Refusal(400, 'Illegal character in Base64 encoded data.');
  }
  const parts = splitDroppingTrailing(Buffer.from(header, 'base64').toString('utf8'), ':');
  const [username, secret] = parts;
  if (username === undefined || secret === undefined || parts.length !== 2) {
    throw new Refusal(400, 'Invalid input.  Must be in form of username:secret');
  }
  if (username.trim() === '') throw new Refusal(400, 'username is required.');
  if (secret.trim() === '') throw new Refusal(400, 'secret value cannot be empty.');
  return { username, secret };
}

function readWorkload(parameters: Parameters): Workload {
  const cmd = parameters.get('cmd');
  const args = parameters.get('args');
  const entries = parameters.all('env').map(parseEnvironmentEntry);
  const env = entries.filter((entry) => entry !== undefined);
  const workload = {
    cmd: cmd === undefined ? undefined : render(cmd),
    args: args === undefined ? undefined : splitDroppingTrailing(args, ' ').map(renderArgument),
    env: env.map(([key, value]) => [render(key), render(value)] as const),
  };
  // A cluster refuses a variable without a name; arguments of a process cannot contain NUL.
  const words = [workload.cmd ?? '', ...(workload.args ?? []), ...workload.env.flat()];
  if (workload.env.some(([key]) => key === '')) throw clusterRefusal('A variable needs a name.');
  if (words.some((word) => word.includes('\0'))) {
    throw clusterRefusal('A NUL character cannot be passed on.');
  }
  return workload;
}

/** The registry hosts of a catalogue, in order of first appearance. */
export function hostsOf(images: readonly { readonly id: string }[]): string[] {
  const hosts = [...new Set(images.map(({ id }) => registryHost(id)))];
  return hosts.length === 0 ? ['images.canfar.net'] : hosts;
}
