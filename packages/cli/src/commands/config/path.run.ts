import { render } from '@skaha/terminal/output/render.js';
import type { Run } from '../../command.js';
import { configurationSource } from './source.js';

/** Shows where the configuration is; works whatever state the file is in. */
export const runConfigPath: Run<Record<never, never>> = async (io, deps) => {
  const { path } = configurationSource(io, deps);
  await render(io, { data: path, table: () => `${path}\n` });
  return undefined;
};
