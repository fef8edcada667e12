import { type Io, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import type { CreatedSession } from 'skaha';
import { launchRecord } from 'skaha/history';
import type { Deps } from '../../deps.js';
import type { Launch } from './launch.js';

/** Records a launch for `history` and `relaunch`; that it cannot be recorded is no reason to fail. */
export async function recordLaunch(
  io: Io,
  deps: Deps,
  { spec, options, files, isNamed }: Pick<Launch, 'files' | 'isNamed' | 'options' | 'spec'>,
  sessions: readonly CreatedSession[],
): Promise<void> {
  if (sessions.length === 0) return;
  try {
    const { root: server } = await (await deps.client()).connection();
    // A generated name is generated again.
    const named = isNamed ? spec : { ...spec, name: undefined };
    const launch = { spec: named, options, files, sessions, server, at: deps.now() };
    await (await deps.launches()).add(launchRecord(launch));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note(io, `The launch could not be recorded for 'skaha history': ${plain(reason)}`);
  }
}
