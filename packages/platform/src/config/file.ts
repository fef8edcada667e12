import { existsSync } from 'node:fs';
import { dataLayout, prepareData } from '@skaha/service/data.js';
import { loadConfig, readConfig } from './load.js';
import type { PlatformConfig } from './schema.js';
import { settle } from './settings.js';

/**
 * Creates the configuration file of a platform with commented defaults, if there is none.
 *
 * @param data - the data directory; the default one if omitted
 * @returns its path
 * @throws {PlatformError} `platform.storage`
 */
export function prepareConfig(data?: string): string {
  const layout = dataLayout(data);
  prepareData(layout);
  if (!existsSync(layout.config)) loadConfig(layout, undefined);
  return layout.config;
}

/**
 * Tests whether a platform would start with this configuration.
 *
 * @param text - the content of the file
 * @param path - its name, for messages
 * @returns a sentence for each setting without effect
 * @throws {PlatformError} `config.invalid` naming the file and the key
 */
export function checkConfig(text: string, path: string): string[] {
  const config = readConfig(text, path);
  settle(config);
  return ineffectiveCommands(config);
}

/** Kinds that run the platform's own scripts, and not the `command` of an image. */
const ownStart: readonly string[] = ['notebook', 'desktop'];

/**
 * Finds settings without effect in a valid configuration.
 *
 * @returns a sentence for each command of an image that no session of its types runs
 */
export const ineffectiveCommands = ({ images = [] }: PlatformConfig): string[] =>
  images.flatMap(({ id, types, command, commands = {} }) => {
    if (command === undefined || types.length === 0) return [];
    if (!types.every((type) => ownStart.includes(type))) return [];
    const [kind] = types.filter((type) => !Object.hasOwn(commands, type));
    if (kind === undefined) return [];
    return [
      `The command of the image ${id} has no effect on a ${kind}, which starts what the platform has for it. To start another program, write commands: { ${kind}: [...] } instead.`,
    ];
  });
