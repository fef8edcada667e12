import { note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import type { Run } from '../../command.js';
import { parseCores, parseMemory } from '../session/size.js';
import { findDesktop } from './desktop.js';

export interface AppCreateOptions {
  desktop: string;
  image: string;
  cpu?: string | undefined;
  memory?: string | undefined;
}

/** Starts a program on a desktop. */
export const runAppCreate: Run<AppCreateOptions> = async (io, deps, options) => {
  const { image, cpu, memory } = options;
  const cores = cpu === undefined ? undefined : parseCores(cpu);
  const size = memory === undefined ? undefined : parseMemory(memory);
  if (size?.isRounded === true)
    note(io, `Memory is rounded up from ${memory} to ${size.gibibytes} GiB.`);
  const desktop = await findDesktop(io, deps, options.desktop);
  const client = await deps.client();
  const { appId } = await client.sessions.apps.create(desktop, {
    ...{ image, cores, memoryGiB: size?.gibibytes, signal: io.signal },
  });
  await render(io, {
    data: { id: desktop, appid: appId, image },
    table: () => `created ${appId} on ${desktop}\n`,
    names: () => [appId],
  });
  return undefined;
};
