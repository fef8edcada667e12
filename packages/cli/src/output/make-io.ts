import { type Io, isForPeople, type Pager, type Terminal } from '@skaha/terminal/io.js';
import { createPager } from '@skaha/terminal/output/pager.js';
import { chooseStyle } from '@skaha/terminal/output/style.js';
import { type Allowed, forTerminal, guarded } from '@skaha/terminal/output/terminal-text.js';
import type { CommandLine } from '@skaha/terminal/parse/command-line.js';
import type { CommandDefinition } from '../command.js';
import { type ConsoleSettings, readConsole } from '../configuration/console.js';
import { childEnvironment } from '../environment/services.js';
import type { GlobalOptions } from '../parse/globals.js';
import { announcer } from './banner.js';

function safePager(terminal: Terminal): Pager | undefined {
  const { env } = terminal;
  const command = env['SKAHA_PAGER'] ?? env['PAGER'];
  const page = createPager(terminal, { command, env: childEnvironment(env) });
  return page === undefined ? undefined : (text) => page(forTerminal(text, 'style'));
}

/**
 * What a command's `run` sees of the world: the terminal, and how the user wants to be answered.
 * Flags beat the environment, the environment beats the configuration.
 */
export async function makeIo(
  terminal: Terminal,
  { output, assumeYes }: CommandLine,
  globals: GlobalOptions,
  definition: Pick<CommandDefinition, 'standalone'>,
): Promise<Io> {
  const { env, isTty, errIsTty, inIsTty } = terminal;
  const { color, config, noInput, noPager } = globals;
  const forPeople = isForPeople(output.format);
  const hasBanner = isTty && errIsTty && forPeople;
  const settings: ConsoleSettings =
    // What programs read has neither colour nor width.
    definition.standalone === true || !forPeople
      ? { servers: new Map() }
      : await readConsole(env, config, hasBanner);
  const style = (stream: boolean) => chooseStyle(color, env, stream, settings.color);
  const allowed: Allowed = forPeople ? 'style' : 'nothing';
  const announce = announcer(terminal, globals, settings);
  return {
    // Streams stay those of the terminal, methods included.
    ...terminal,
    // So that no command has to remember what a text from elsewhere may hold.
    out: guarded(terminal.out, isTty ? allowed : undefined),
    err: guarded(terminal.err, errIsTty ? 'style' : undefined),
    steer: terminal.out,
    steerError: terminal.err,
    // A terminal may change its size while a command runs.
    get columns() {
      return Math.min(terminal.columns, settings.width ?? terminal.columns);
    },
    get rows() {
      return terminal.rows;
    },
    format: output.format,
    output,
    page: noPager || !forPeople ? undefined : safePager(terminal),
    announce: hasBanner && settings.banner !== false ? () => announce(style(errIsTty)) : undefined,
    style: style(isTty),
    errStyle: style(errIsTty),
    assumeYes: assumeYes || env['SKAHA_YES'] === '1',
    mayAsk: inIsTty && !noInput,
  };
}
