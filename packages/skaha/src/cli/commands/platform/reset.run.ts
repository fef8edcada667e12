import { existsSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { listContexts, removeContext } from '../../../config/index.js';
import { SkahaError } from '../../../errors/index.js';
import type { Run } from '../../command.js';
import { confirm } from '../../confirm.js';
import { type Io, note } from '../../io.js';
import { type CommandSource, configurationSource } from '../config/source.js';
import { dataDirectory, loadPlatform } from './module.js';

export interface PlatformResetOptions {
  data?: string | undefined;
}

/** Contexts whose credential lay in the data directory cannot work any more. */
async function forgetContexts(io: Io, data: string, source: CommandSource): Promise<void> {
  for (const { name, path } of await listContexts(source)) {
    if (path?.startsWith(`${data}${sep}`) !== true) continue;
    await removeContext(name, source);
    note(io, `Context '${name}' was removed.`);
  }
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
    throw new SkahaError('platform.already_running', 'The platform still runs.', {
      hint: 'Stop it first:  skaha platform stop',
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
