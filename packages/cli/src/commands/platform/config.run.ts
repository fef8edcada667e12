import { readFile } from 'node:fs/promises';
import { note } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import type { Run } from '../../command.js';
import { dataDirectory, loadPlatform } from './module.js';

export interface PlatformConfigOptions {
  data?: string | undefined;
  path: boolean;
  check: boolean;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SkahaError('platform.storage', `The configuration ${path} cannot be read.`, {
      cause,
      hint: 'Check its permissions.',
    });
  }
}

/** Shows or checks the configuration of the platform. */
export const runPlatformConfig: Run<PlatformConfigOptions> = async (io, _deps, options) => {
  if (options.path && options.check) {
    throw usageError('--path and --check cannot be used together.', 'Use one of them.');
  }
  const { prepareConfig, checkConfig } = await loadPlatform();
  const path = prepareConfig(dataDirectory(io, options.data));
  if (options.path) {
    io.out(`${path}\n`);
    return undefined;
  }
  const text = await textOf(path);
  if (options.check) {
    checkConfig(text, path);
    note(io, `${path} is in order.`);
    return undefined;
  }
  io.out(text);
  return undefined;
};
