import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createRequire as requireFrom } from 'node:module';
import { dirname, join } from 'node:path';
import { builtFolder } from '@skaha/dashboard/files.js';
import { linkMs } from '@skaha/dashboard/logins.js';
import { Portal, type Upstream } from '@skaha/dashboard/portal.js';
import { PortalServer } from '@skaha/dashboard/server.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { plain } from '@skaha/terminal/output/text.js';
import { type ConnectionSummary, isSkahaError, type SkahaClient, SkahaError } from 'skaha';
import { expandPath } from 'skaha/config';
import { forward } from 'skaha/forward';
import type { Run } from '../../command.js';
import { configPath } from '../../configuration/places.js';
import type { Deps } from '../../environment/deps.js';
import { Batches, errorWords } from './batches.js';
import type { dashboardCommand } from './definitions.js';

/** The one user of a dashboard that a command serves. */
const owner = 'owner';

/** The built pages: in the published package, or where the build of the sources puts them. */
function pagesFolder(): string {
  const own = requireFrom(import.meta.url).resolve('skaha/package.json');
  const packed = join(dirname(own), 'dist', 'dashboard');
  const folder = existsSync(join(packed, 'index.html')) ? packed : builtFolder();
  if (folder !== undefined) return folder;
  throw new SkahaError('internal', 'The files of the dashboard are missing.', {
    hint: 'Install skaha again; in its sources, run  npm run build',
  });
}

/** What changes with some files, whoever writes them. */
async function stateOf(files: readonly string[]): Promise<string> {
  const states = files.map((path) =>
    stat(path, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs }) => [dev, ino, size, mtimeNs].join(':'),
      () => '',
    ),
  );
  return (await Promise.all(states)).join(' ');
}

/**
 * A client as the configuration is now. A dashboard is open for days; meanwhile its user logs in and
 * out in a terminal, and nothing of that may ask for a restart. A client that is out of date is only
 * let go of: its requests under way end as they would, and its idle connections close by themselves.
 *
 * @param first - the client to begin with
 * @param open - makes another one
 * @param files - from which a client is made
 */
async function currentClient(
  first: SkahaClient,
  open: () => Promise<SkahaClient>,
  files: readonly string[],
) {
  let client = Promise.resolve(first);
  let state = await stateOf(files);
  /** Makes another client for the next call: the platform did not take the login. */
  const forget = () => {
    state = '';
  };
  return {
    get: async () => {
      const now = await stateOf(files);
      if (now !== state) {
        state = now;
        client = open();
        // Callers learn of what cannot be made; here it must not end the program.
        client.catch(forget);
      }
      return client;
    },
    forget,
    close: async () => (await client.catch(() => undefined))?.close(),
  };
}

type CurrentClient = Awaited<ReturnType<typeof currentClient>>;

/** The platform through the client of this command, with its login. */
const upstreamOf = (current: CurrentClient): Upstream => ({
  services: async () => {
    const { root, storage } = await (await current.get()).connection();
    const services = new Map([['/skaha', root]]);
    for (const [name, { url }] of Object.entries(storage)) services.set(`/storage/${name}`, url);
    // Unless configured otherwise, a platform serves its files at an address next to its own.
    if (services.size === 1) services.set('/storage/arc', `${new URL(root).origin}/arc`);
    return services;
  },
  send: async (request) => {
    const reply = await forward(await current.get(), request);
    if (reply.status === 401 && !request.isGrant) current.forget();
    // Nobody reads on where nothing comes; what is not read holds its connection.
    if (request.method === 'HEAD' || [204, 304].includes(reply.status))
      for await (const _ of reply.body);
    return reply;
  },
});

function portalFor(current: CurrentClient, deps: Deps, batches: Batches): Portal {
  const upstream = upstreamOf(current);
  return new Portal({
    folder: pagesFolder(),
    now: deps.now,
    upstreamOf: () => upstream,
    factsOf: async () => {
      const { root, version, context } = await (await current.get()).connection();
      return { name: context ?? new URL(root).host, server: root, version, batches: true };
    },
    answer: (call) => batches.answer(call),
    explain: (error) =>
      isSkahaError(error)
        ? errorWords(error)
        : { code: 'internal', message: 'An error occurred in the dashboard.' },
  });
}

async function listen(server: PortalServer, port: number): Promise<void> {
  try {
    await server.listen(port);
  } catch (cause) {
    throw new SkahaError('platform.port_in_use', `Port ${port} cannot be used.`, {
      hint: 'Choose another with --port, or leave out --port to use any free one.',
      cause,
    });
  }
}

async function introduce(
  io: Io,
  deps: Deps,
  link: string,
  { root, context }: ConnectionSummary,
  noOpen: boolean,
): Promise<void> {
  const isOpened = !noOpen && (await deps.openBrowser(link));
  const { origin } = new URL(link);
  if (isMachine(io.format)) {
    const data = { url: link, origin, context: context ?? null, server: root };
    await render(io, { data, table: () => '' });
    return;
  }
  note(io, `Dashboard of ${plain(context ?? root)}, for this machine only: ${origin}`);
  if (!isOpened) {
    io.out(`${link}\n`);
    note(
      io,
      `Open this link in a browser on this machine. It works once, within ${linkMs / 60_000} minutes.`,
    );
  }
  note(io, 'Press Ctrl-C to stop.');
}

export const runDashboard: Run<typeof dashboardCommand> = async (io, deps, { noOpen, port }) => {
  const client = await deps.client();
  const connection = await client.connection();
  const { config, tokenFile, certificate } = deps.globals;
  const credentials = [tokenFile, certificate].filter((path) => path !== undefined);
  const current = await currentClient(client, () => deps.anotherClient(connection.context), [
    configPath(io.env, config),
    ...credentials.map((path) => expandPath(path, io.env)),
  ]);
  const batches = new Batches(current.get, await deps.jobs(), deps);
  const portal = portalFor(current, deps, batches);
  const server = new PortalServer(portal);
  await listen(server, port);
  try {
    await introduce(io, deps, server.origin + portal.link(owner), connection, noOpen);
    if (!io.signal.aborted) await once(io.signal, 'abort');
  } finally {
    await server.close();
    await batches.close();
    await current.close();
  }
};
