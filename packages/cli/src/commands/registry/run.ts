import { entry } from '@skaha/base/names.js';
import { note } from '@skaha/terminal/io.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { ask } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { Run } from '../../command.js';
import {
  changeConfiguration,
  configurationSource,
  readConfiguration,
} from '../../configuration/configuration.js';
import type * as def from './definitions.js';

/** The registry of the platform that most users are on. */
export const usualHost = 'images.canfar.net';

function registryHost(host: string | undefined): string {
  const name = (host ?? usualHost)
    .replace(/^https?:\/\//, '')
    .replace(/(?<!\/)\/+$/, '')
    .toLowerCase();
  if (/^[a-z0-9][a-z0-9.-]*(:\d{1,5})?$/.test(name)) return name;
  throw usageError(
    'The registry must be a host name, with a port if needed.',
    `For example: ${usualHost}`,
  );
}

export const runRegistryLs: Run<typeof def.registryLsCommand> = async (io, deps) => {
  const { registries } = await readConfiguration(io, deps);
  await renderList(
    io,
    {
      rows: Object.entries(registries),
      document: ([host, { username }]) => ({ host, username }),
      columns: [
        { header: 'REGISTRY', value: ([host]) => host },
        { header: 'USER', value: ([, { username }]) => username, shrinkTo: 8 },
      ],
      name: ([host]) => host,
    },
    "No credentials for image registries are saved. Add some with 'skaha registry login'.",
  );
};

/** Both travel as `name:secret`, and the server splits them at every colon. */
function checked(value: string, what: string): string {
  const plain = value.replace(/\r?\n$/, '');
  if (plain === '' || plain.length > 255) {
    throw usageError(`The ${what} must have 1 to 255 characters.`);
  }
  if (plain !== plain.trim() || /[:\p{Cc}]/u.test(plain)) {
    throw usageError(
      `The ${what} must not contain a colon or control characters, or begin or end with a space.`,
    );
  }
  return plain;
}

export const runRegistryLogin: Run<typeof def.registryLoginCommand> = async (io, deps, options) => {
  const host = registryHost(options.host);
  const name =
    options.username ??
    (await ask(io, deps, 'The user name is missing.', 'Give it with --username NAME.', (prompts) =>
      prompts.text(`User name for ${host}`, io.signal),
    ));
  const username = checked(name, 'user name');
  const given = options.secretStdin
    ? await io.readAll()
    : await ask(
        io,
        deps,
        'The secret is missing.',
        'Supply it on standard input with --secret-stdin.',
        (prompts) => prompts.secret(`Secret of ${username}`, io.signal),
      );
  const secret = checked(given, 'secret');
  const source = configurationSource(io, deps);
  await changeConfiguration(source, (draft) => {
    draft.registries[host] = { ...draft.registries[host], username, secret };
  });
  note(io, `The credentials of ${username} for ${host} were saved.`);
};

export const runRegistryLogout: Run<typeof def.registryLogoutCommand> = async (
  io,
  deps,
  options,
) => {
  const host = registryHost(options.host);
  const source = configurationSource(io, deps);
  let known = false;
  await changeConfiguration(source, (draft) => {
    known = entry(draft.registries, host) !== undefined;
    delete draft.registries[host];
  });
  note(io, known ? `Logged out of ${host}.` : `You were not logged in to ${host}.`);
};
