import { completionScript } from '@skaha/terminal/completion/scripts.js';
import { isMachine, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { fields } from '@skaha/terminal/output/table.js';
import { plain } from '@skaha/terminal/output/text.js';
import { isSkahaError, version } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import type { completionCommand, versionCommand } from './definitions.js';

export const runCompletion: Run<typeof completionCommand> = async (io, _deps, { shell }) => {
  io.out(completionScript(shell, 'skaha'));
};

async function serverFacts(deps: Deps): Promise<{ context: string; server: string }> {
  try {
    const client = await deps.client();
    const { root, version: api, context, mode } = await client.connection();
    return { context: context ?? 'none', server: `${root} (API ${api}, ${mode})` };
  } catch (error) {
    // A broken configuration is the very thing a bug report is about: it must not stop the report.
    const reason = isSkahaError(error) ? `${error.code}: ${error.message}` : String(error);
    return { context: 'unknown', server: plain(reason) };
  }
}

export const runVersion: Run<typeof versionCommand> = async (io, deps) => {
  if (deps.globals.logLevel !== 'debug') {
    await render(io, { data: { name: 'skaha', version }, table: () => `skaha ${version}\n` });
    return;
  }
  const { runtime, system } = await deps.describeHost();
  const server = await serverFacts(deps);
  const home = io.env['HOME'] ?? '';
  const redact = (text: string) => (home.length > 1 ? text.replaceAll(home, '~') : text);
  const report = {
    name: 'skaha',
    version,
    runtime,
    system,
    context: redact(server.context),
    server: redact(server.server),
  };
  await render(io, {
    data: report,
    table: () =>
      fields(io, [
        ['Version', version],
        ['Runtime', runtime],
        ['System', system],
        ['Context', report.context],
        ['Server', report.server],
      ]),
  });
  if (!isMachine(io.format)) note(io, 'Please include this when you report a problem.');
};
