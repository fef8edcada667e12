import { render } from '@skaha/terminal/output/render.js';
import { plain } from '@skaha/terminal/output/text.js';
import type { Run } from '../../command.js';

/** Lists image registries. */
export const runRepository: Run<Record<never, never>> = async (io, deps) => {
  const client = await deps.client();
  const hosts = await client.repository({ signal: io.signal });
  await render(io, { data: hosts, table: () => hosts.map((host) => `${plain(host)}\n`).join('') });
  return undefined;
};
