import { loadConfiguration, masked } from '../../../config/index.js';
import type { Run } from '../../command.js';
import { note } from '../../io.js';
import { render, toYaml } from '../../output/render.js';
import { configurationSource } from './source.js';

/** Shows the whole configuration. */
export const runConfigShow: Run<Record<never, never>> = async (io, deps) => {
  const { path, exists, configuration, warnings } = await loadConfiguration(
    configurationSource(io, deps),
  );
  for (const warning of warnings) note(io, `Warning: ${warning}`);
  if (!exists) note(io, `${path} does not exist; nothing is set.`);
  const data = masked(configuration);
  const text = await toYaml(data);
  await render(io, { data, table: () => text });
  return undefined;
};
