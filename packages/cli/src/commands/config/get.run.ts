import { render, toYaml } from '@skaha/terminal/output/render.js';
import { readSetting } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { configurationSource } from './source.js';

export interface ConfigGetOptions {
  key: string;
  showSecrets: boolean;
}

/** Shows one setting. */
export const runConfigGet: Run<ConfigGetOptions> = async (io, deps, { key, showSecrets }) => {
  const data = (await readSetting(key, configurationSource(io, deps), { showSecrets })) ?? null;
  // Text stands alone, without the quotes that YAML might need, so that scripts can use it.
  const text = typeof data === 'string' ? `${data}\n` : await toYaml(data);
  await render(io, { data, table: () => text });
  return undefined;
};
