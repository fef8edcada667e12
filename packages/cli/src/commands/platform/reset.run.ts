import { existsSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { SkahaError } from 'skaha';
import { listContexts, loadConfiguration, removeContext, updateConfiguration } from 'skaha/config';
import { entry } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { type CommandSource, configurationSource } from '../config/source.js';
import { dataDirectory, loadPlatform } from './module.js';

export interface PlatformResetOptions {
  data?: string | undefined;
}

/** What trusts an authority of the data directory, or keeps its credential there, cannot work any more. */
async function forgetContexts(io: Io, data: string, source: CommandSource): Promise<void> {
  const { configuration } = await loadConfiguration(source);
  const inside = (path: unknown) => typeof path === 'string' && path.startsWith(`${data}${sep}`);
  for (const { name, path, server } of await listContexts(source)) {
    if (!inside(path) && !inside(entry(configuration.servers, server)?.ca)) continue;
    await removeContext(name, source);
    note(io, `Context '${name}' was removed.`);
  }
  const gone = Object.entries(configuration.providers ?? {}).filter(([, { ca }]) => inside(ca));
  if (gone.length === 0) return;
  await updateConfiguration(
    source.path,
    (draft) => {
      for (const [key] of gone) delete draft.providers?.[key];
    },
    source,
  );
}

/** Removes the platform's data. */
export const runPlatformReset: Run<PlatformResetOptions> = async (io, deps, options) => {
  const module = await loadPlatform();
  const given = dataDirectory(io, options.data);
  const data = dirname(module.platformLogFile(given));
  const source = configurationSource(io, deps);
  if (!existsSync(data)) {
    note(io, `There is nothing in ${data}.`);
    return undefined;
  }
  if ((await module.describePlatform(given)) !== undefined) {
    throw new SkahaError('platform.already_running', 'The platform is still running.', {
      hint: "Stop it first: 'skaha platform stop'",
    });
  }
  const question = `Remove ${data} with all sessions, logs and files in the home directories?`;
  if (!(await confirm(io, question))) {
    note(io, 'Nothing was removed.');
    return undefined;
  }
  await module.resetPlatform(given);
  await forgetContexts(io, data, source);
  note(io, `${data} was removed.`);
  return undefined;
};
