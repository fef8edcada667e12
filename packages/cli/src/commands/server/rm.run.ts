import { confirm } from '@skaha/terminal/confirm.js';
import { note } from '@skaha/terminal/io.js';
import { count } from '@skaha/terminal/output/text.js';
import { type Configuration, loadConfiguration, updateConfiguration } from 'skaha/config';
import { entry } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';
import { unknownServer } from './show.run.js';

export interface ServerRmOptions {
  server: string;
}

const contextsOf = ({ contexts }: Configuration, name: string): string[] =>
  Object.entries(contexts).flatMap(([context, { server }]) => (server === name ? [context] : []));

function takeOut(draft: Configuration, name: string): void {
  if (entry(draft.servers, name) === undefined) {
    throw unknownServer(name, Object.keys(draft.servers));
  }
  for (const context of contextsOf(draft, name)) {
    delete draft.contexts[context];
    if (draft.active === context) delete draft.active;
  }
  delete draft.servers[name];
  for (const credential of Object.values(draft.credentials)) {
    if (credential.server === name) delete credential.server;
  }
}

/** Removes a server. */
export const runServerRm: Run<ServerRmOptions> = async (io, deps, { server: name }) => {
  const source = configurationSource(io, deps);
  const { configuration } = await loadConfiguration(source);
  if (entry(configuration.servers, name) === undefined) {
    throw unknownServer(name, Object.keys(configuration.servers));
  }
  const used = contextsOf(configuration, name);
  const what = `Remove the server '${name}' and ${count(used.length, 'context')}: ${used.join(', ')}?`;
  if (used.length > 0 && !(await confirm(io, what))) {
    note(io, 'Nothing was removed.');
    return undefined;
  }
  await updateConfiguration(source.path, (draft) => takeOut(draft, name), source);
  note(io, `Server '${name}' was removed.`);
  return undefined;
};
