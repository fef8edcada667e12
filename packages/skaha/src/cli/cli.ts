import type { SkahaError } from '../errors/index.js';
import { version } from '../version.js';
import type { CommandDefinition } from './command.js';
import { commands } from './commands/index.js';
import type { Services } from './deps.js';
import { type Io, isMachine, type Terminal } from './io.js';
import { exitStatusOf, type ReportOptions, report, toSkahaError } from './output/report.js';
import { chooseStyle } from './output/style.js';
import { guessFormat } from './parse/format.js';
import type { Parsed } from './parse/parser.js';
import { type Route, route } from './parse/route.js';
import { Interruption } from './usage.js';

const widestHelp = 100;

async function showHelp(terminal: Terminal, target: Exclude<Route, { to: 'command' }>) {
  const layout = {
    columns: terminal.isTty ? Math.min(terminal.columns, widestHelp) : 80,
    style: chooseStyle('auto', terminal.env, terminal.isTty),
  };
  if (target.to === 'help') {
    const { commandHelp } = await import('./help/command-help.js');
    terminal.out(commandHelp(target.entry, await target.entry.load(), layout));
    return 0;
  }
  const { groupHelp, rootHelp } = await import('./help/root-help.js');
  terminal.out(
    target.to === 'root'
      ? rootHelp(commands, layout)
      : groupHelp(target.name, target.entries, layout),
  );
  return target.status;
}

function createIo(terminal: Terminal, parsed: Parsed): Io {
  const { env, isTty, errIsTty, inIsTty } = terminal;
  const { color, noInput } = parsed.globals;
  return {
    // Streams stay those of the terminal, methods and live values included.
    ...terminal,
    format: parsed.format,
    style: chooseStyle(color, env, isTty),
    errStyle: chooseStyle(color, env, errIsTty),
    assumeYes: parsed.assumeYes || env['SKAHA_YES'] === '1',
    mayAsk: inIsTty && !noInput,
  };
}

async function execute(
  definition: CommandDefinition,
  parsed: Parsed,
  { terminal, services }: { terminal: Terminal; services: Services },
): Promise<number> {
  const { createDeps } = await import('./deps.js');
  const io = createIo(terminal, parsed);
  const deps = createDeps(services, parsed.globals, io);
  try {
    const run = await definition.load();
    // The declaration ties the parsed values to the options of its `run`; see `defineCommand`.
    return (await run(io, deps, parsed.values as never)) ?? 0;
  } finally {
    await deps.close();
  }
}

async function conclude(terminal: Terminal, thrown: unknown, how: ReportOptions): Promise<number> {
  const reason: unknown = terminal.signal.aborted ? terminal.signal.reason : undefined;
  const error = toSkahaError(thrown);
  if (reason instanceof Interruption) {
    if (reason.exitStatus === 0) return 0;
    // The terminal has just shown `^C`: what is said begins on a line of its own.
    if (terminal.errIsTty && !isMachine(how.format)) terminal.err('\n');
    if (error.name === 'PartialError' || isMachine(how.format))
      await report(terminal, error.name === 'PartialError' ? error : reason, how);
    else terminal.err(`${reason.message}\n`);
    return reason.exitStatus;
  }
  // Who has just cancelled a question knows what that was.
  if (error.code === 'command.cancelled' && !isMachine(how.format)) {
    terminal.err(`${[error.message, error.hint].filter(Boolean).join(' ')}\n`);
  } else await report(terminal, await withImportHint(error, terminal.env), how);
  return exitStatusOf(error);
}

/** Whoever has settings of a Python client need not begin anew. */
async function withImportHint(error: SkahaError, env: Terminal['env']): Promise<SkahaError> {
  if (error.code !== 'authentication.required' && error.code !== 'server.required') return error;
  const { importHint } = await import('./import-hint.js');
  return importHint(error, env);
}

/**
 * Runs one command line. This is what tests call; `main` calls it with the real process.
 *
 * @param argv - the words after the program's name
 * @param terminal - streams, environment, and the signal that ends everything
 * @param services - clients, files, clock, browser
 * @returns the exit status; errors are printed here and never thrown
 */
export async function runCli(
  argv: readonly string[],
  terminal: Terminal,
  services: Services,
): Promise<number> {
  const how: ReportOptions = {
    format: guessFormat(argv),
    style: chooseStyle('auto', terminal.env, terminal.errIsTty),
    debug: false,
  };
  try {
    const first = argv[0];
    if (first === '--version' || first === '-V') {
      terminal.out(`skaha ${version}\n`);
      return 0;
    }
    const target = route(argv, commands);
    if (target.to !== 'command') return await showHelp(terminal, target);
    const definition = await target.entry.load();
    const { parse } = await import('./parse/parser.js');
    const parsed = parse(target.entry, definition, target.words);
    how.format = parsed.format;
    how.style = chooseStyle(parsed.globals.color, terminal.env, terminal.errIsTty);
    how.debug = parsed.globals.logLevel === 'debug';
    return await execute(definition, parsed, { terminal, services });
  } catch (error) {
    return conclude(terminal, error, how);
  }
}
