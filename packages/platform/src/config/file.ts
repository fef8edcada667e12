import { existsSync } from 'node:fs';
import { dataLayout, prepareData } from '@skaha/service/data.js';
import { ineffectiveCommands } from './ineffective.js';
import { loadConfig, readConfig } from './load.js';
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
