import { once } from 'node:events';
import { parseRecord } from '@skaha/base/json.js';
import { isName, nameRule } from '@skaha/base/names.js';
import { defined } from '@skaha/base/record.js';
import { isLoopback, parseServerUrl } from '@skaha/base/server-url.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { nearest } from '@skaha/terminal/nearest.js';
import { render } from '@skaha/terminal/output/render.js';
import { readChoice } from '@skaha/terminal/parse/values.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, SkahaClient, SkahaError } from 'skaha';
import { identityProviders } from 'skaha/account';
import { addContext, type ContextSummary, listContexts } from 'skaha/config';
import type { OptionsOf, Run } from '../../command.js';
import {
  type CommandSource,
  changeConfiguration,
  configurationSource,
} from '../../configuration/configuration.js';
import type { Deps } from '../../environment/deps.js';
import { askLimits } from '../limits.js';
import type { platformStartCommand } from './definitions.js';
import { dataDirectory, loadPlatform, type Platform, type PlatformDescription } from './module.js';
import { platformDocument } from './run.js';

const apiVersions = ['v0', 'v1'] as const;

type PlatformStartOptions = OptionsOf<typeof platformStartCommand>;

/** Refuses, before anything is started, what would fail or do harm afterwards. */
async function checkContext(name: string, source: CommandSource): Promise<void> {
  if (!isName(name)) throw usageError(`The context name '${name}' must ${nameRule}.`);
  const present = (await listContexts(source)).find((context) => context.name === name);
  const address = present?.url === undefined ? undefined : parseServerUrl(present.url);
  if (present === undefined || address?.loopback === true) return;
  throw new SkahaError(
    'config.invalid',
    `The context '${name}' already exists and is for ${present.url ?? present.server}.`,
    { hint: 'Choose another name with --context NAME.', id: name },
  );
}

/**
 * Saves the platform as a context, and under the same name as an identity provider, so that logging
 * in can be tried with it as with any other.
 */
async function saveContext(
  platform: PlatformDescription,
  { context: name, use }: PlatformStartOptions,
  source: CommandSource,
): Promise<ContextSummary> {
  const { url, socket, ca, issuer, registry, tokenFile } = platform;
  // A site's own issuer is all there is to log in with; the stand-in has other ways, too.
  const isSites = new URL(issuer).origin !== new URL(url).origin;
  const replaced = identityProviders({}).some(({ key }) => key === name);
  const provider = replaced ? {} : { provider: name };
  if (!replaced) {
    await changeConfiguration(source, (draft) => {
      const own = {
        mode: isSites ? ('oidc' as const) : ('x509' as const),
        name: 'Platform of this machine',
        registry,
        issuer,
        ca,
        development: true,
      };
      draft.providers = { ...draft.providers, [name]: own };
    });
  }
  return addContext(
    {
      name,
      server: {
        url,
        version: 'v1',
        auths: isSites ? ['oidc'] : ['x509', 'oidc'],
        ca,
        ...defined({ socket }),
        storage: { arc: { url: `${new URL(url).origin}/arc` } },
        ...provider,
      },
      credential: { mode: 'token', path: tokenFile, ...provider },
      activate: use ? 'always' : 'if-none',
    },
    source,
  );
}

/** An image of the platform's own configuration, as it may be written. */
const usualImage = 'skaha/terminal:1.1.2';

/**
 * What it offers is known from the start, to help, completion and launches.
 *
 * @returns an image that may be tried; undefined where there is none
 */
async function askOffer(
  io: Io,
  deps: Deps,
  { name: context }: ContextSummary,
): Promise<string | undefined> {
  const { path: config } = configurationSource(io, deps);
  const globals = { ...deps.globals, context, config };
  try {
    const client = await deps.connect({ context, config });
    try {
      await askLimits(io, { ...deps, globals, client: async () => client });
      const images = await client.images.fetch({ kind: 'headless', signal: io.signal });
      return images.includes(`images.canfar.net/${usualImage}`) ? usualImage : images[0];
    } finally {
      await client.close();
    }
  } catch (error) {
    io.signal.throwIfAborted();
    deps.logger.debug(`The limits of the platform could not be saved: ${String(error)}`);
    return usualImage;
  }
}

async function show(
  io: Io,
  platform: PlatformDescription,
  context: ContextSummary,
  image: string | undefined,
) {
  const { name, active } = context;
  // What works once is for people: programs get the same answer each time they ask.
  const dashboard = isMachine(io.format) ? undefined : await dashboardLink(platform, io.signal);
  await render(io, {
    data: platformDocument(platform, name),
    table: () => `The local platform runs at ${platform.url}, for the user ${platform.user}.\n`,
  });
  for (const notice of [...(platform.notices ?? []), platform.runner?.notice ?? '']) {
    if (notice !== '') note(io, notice);
  }
  const choice = active ? '' : ` --context ${name}`;
  if (image !== undefined)
    note(io, `Try it: 'skaha create headless ${image} --attach${choice} -- date'`);
  if (dashboard !== undefined) note(io, `In a browser: ${dashboard} (opens once)`);
  note(io, "Show its status: 'skaha platform status'. Stop it: 'skaha platform stop'.");
  if (!active) note(io, `Another context is active. Use this one: 'skaha context use ${name}'.`);
}

/** Waits for Ctrl-C, or for `platform stop` from elsewhere. */
async function untilStopped(io: Io, platform: Platform): Promise<void> {
  note(io, 'Running. Press Ctrl-C to stop; sessions that are still running end with it.');
  const interrupted = io.signal.aborted ? Promise.resolve() : once(io.signal, 'abort');
  await Promise.race([interrupted, platform.stopped]);
  if (platform.takenOver !== undefined) {
    throw new SkahaError(
      'platform.already_running',
      `This platform is no longer the active one: ${platform.takenOver}.`,
      {
        hint: 'Its sessions continue. Use the platform that is now active; one that is started here again takes over from it, or waits until it ends.',
      },
    );
  }
  note(io, 'Stopping.');
}

/** A platform that runs already is what was asked for, unless something else was. */
function differing(
  running: PlatformDescription,
  { detach, port, user, strict, api, runner, store, fault }: PlatformStartOptions,
): string | undefined {
  if (strict || api !== undefined || fault.length > 0) return 'It has other settings.';
  if (runner !== undefined && runner !== 'auto' && runner !== running.runner?.name) {
    return 'It has another runner.';
  }
  // Its address is left out, because it can be written in many ways.
  if (store !== undefined && running.store === undefined) return 'It has another store.';
  if (!detach) return 'It cannot be brought to the foreground.';
  if (port !== undefined && port !== 0 && port !== running.port) return 'It has another port.';
  return user === undefined || user === running.user ? undefined : 'It has another user.';
}

/** Refuses what a platform that runs already is not; its context is made, should it be missing. */
async function refuseDiffering(
  running: PlatformDescription,
  options: PlatformStartOptions,
  source: CommandSource,
): Promise<void> {
  const problem = differing(running, options);
  if (problem === undefined) return;
  const contexts = await listContexts(source);
  const context =
    contexts.find(({ url }) => url === running.url) ??
    (await saveContext(running, options, source));
  throw new SkahaError(
    'platform.already_running',
    `A platform is already running, as process ${running.pid}. ${problem}`,
    {
      hint: `Use it as it is, with the context '${context.name}', or stop it first: 'skaha platform stop'`,
    },
  );
}

/** What is close to the name of a runner is a slip, and all else is for the platform to find. */
const runnerNamed = (given: string, names: readonly string[]): string =>
  nearest(given, names) === undefined ? given : readChoice('--runner', given, names);

export const runPlatformStart: Run<typeof platformStartCommand> = async (io, deps, options) => {
  const source = configurationSource(io, deps);
  await checkContext(options.context, source);
  const module = await loadPlatform();
  const { port, user, strict, api, store, fault } = options;
  const runner = options.runner && runnerNamed(options.runner, module.runnerNames());
  const wanted = defined({
    data: dataDirectory(io, options.data),
    port,
    user,
    runner,
    store,
    strict: strict ? true : undefined,
    apiVersions: api === undefined ? api : apiVersions.filter((one) => api.includes(one)),
    faults: fault.length > 0 ? fault : undefined,
  });
  const introduce = async (platform: PlatformDescription) => {
    const context = await saveContext(platform, options, source);
    const image = await askOffer(io, deps, context);
    await show(io, platform, context, image);
  };
  const running = await module.describePlatform(wanted.data);
  if (running !== undefined) {
    await refuseDiffering(running, { ...options, runner }, source);
    await introduce(running);
    note(io, 'It is already running, so nothing was started.');
    return;
  }
  if (options.detach) {
    const platform = await module.startDetached({ ...wanted, signal: io.signal });
    try {
      await introduce(platform);
    } catch (error) {
      await module.stopPlatform({ data: platform.data });
      throw error;
    }
    return;
  }
  const platform = await module.startPlatform({ ...wanted, signal: io.signal });
  try {
    await introduce(platform);
    await untilStopped(io, platform);
  } finally {
    await platform.stop({ sessions: 'end' });
  }
};

/**
 * Asks a platform of this machine for a link that opens its own dashboard once.
 *
 * @returns undefined where there is none: an older platform, or one without its pages
 */
async function dashboardLink(
  { url, token, ca }: { url: string; token: string; ca: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const client = new SkahaClient({ url, token, ca });
  try {
    const path = ['dashboard-links'];
    const reply = await client.request({ method: 'POST', base: 'root', path, signal });
    const link = parseRecord(reply.text())?.['url'];
    return typeof link === 'string' && isLoopback(link) ? link : undefined;
  } catch (error) {
    if (isSkahaError(error) && !signal.aborted) return undefined;
    throw error;
  } finally {
    await client.close();
  }
}
