import { render } from '@skaha/terminal/output/render.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { SkahaError } from 'skaha';
import { listContexts } from 'skaha/config';
import type { Run } from '../../command.js';
import { type CommandSource, configurationSource } from '../config/source.js';
import { loadPlatform, meantDirectory, type RunningPlatform } from './module.js';
import { platformDocument, platformFields } from './platform-view.js';
import { amountFields, amounts } from './status-view.js';

export interface PlatformStatusOptions {
  data?: string | undefined;
}

/** The context that points at the platform, whatever its name. */
async function contextOf(platform: RunningPlatform, source: CommandSource) {
  const contexts = await listContexts(source);
  return contexts.find(({ url }) => url === platform.url)?.name ?? null;
}

/** Shows the state of the platform. */
export const runPlatformStatus: Run<PlatformStatusOptions> = async (io, deps, options) => {
  const { describePlatform } = await loadPlatform();
  const platform = await describePlatform(await meantDirectory(io, deps, options.data));
  if (platform === undefined) {
    throw new SkahaError('platform.not_running', 'No platform is running.', {
      hint: "Start it with 'skaha platform start --detach'.",
    });
  }
  const context = await contextOf(platform, configurationSource(io, deps));
  const started = new Date(platform.startedAt);
  await render(io, {
    data: {
      ...platformDocument(platform, context),
      startedAt: utc(started),
      uptimeSeconds: Math.max(0, Math.round((deps.now() - started.getTime()) / 1000)),
      ...amounts(platform),
    },
    table: () =>
      platformFields(io, platform, [
        ['Context', context ?? undefined],
        ['Started', `${utc(started)} (${relative(started, deps.now())})`],
        ...amountFields(platform),
      ]),
  });
  return undefined;
};
