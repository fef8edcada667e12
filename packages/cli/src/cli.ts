import { commandHelp, groupHelp, rootHelp } from '@skaha/terminal/help/command-help.js';
import type { HelpLayout } from '@skaha/terminal/help/layout.js';
import { isMachine, say, type Terminal } from '@skaha/terminal/io.js';
import { chooseStyle } from '@skaha/terminal/output/style.js';
import { guessFormat } from '@skaha/terminal/parse/format.js';
import { type Route, route } from '@skaha/terminal/parse/route.js';
import { optionIn } from '@skaha/terminal/parse/scan.js';
import { SkahaError, version } from 'skaha';
import type { CommandEntry } from './command.js';
import type { Services } from './environment/deps.js';
import type { CommandLogger } from './environment/log.js';
import { Interruption } from './exit.js';
import { withBanner } from './output/banner.js';
import { exitStatusOf, type ReportOptions, report, toSkahaError } from './output/report.js';
import { readGlobals } from './parse/globals.js';
import { program } from './program.js';

const widestHelp = 100;

/** The help of a command, with what is known on this machine about its options. */
async function helpOf(
  entry: CommandEntry,
  argv: readonly string[],
  layout: HelpLayout,
  env: Terminal['env'],
): Promise<string> {
  const definition = await entry.load();
  if (definition.notes === undefined) return commandHelp(program, entry, definition, layout);
  const [config, context, server, idp, url] = ['config', 'context', 'server', 'idp', 'url'].map(
    (name) => optionIn(argv, `--${name}`),
  );
  const notes = await definition.notes(env, { config, context, server, idp, url });
  return commandHelp(program, entry, definition, layout, notes);
}

async function showHelp(
  terminal: Terminal,
  target: Exclude<Route<CommandEntry>, { to: 'command' | 'unknown' }>,
  argv: readonly string[],
): Promise<number> {
  const { columns, env, isTty } = terminal;
  const layout = {
    columns: isTty ? Math.min(columns, widestHelp) : 80,
    style: chooseStyle('auto', env, isTty),
  };
  if (target.to === 'help') terminal.out(await helpOf(target.entry, argv, layout, env));
  else if (target.to === 'topic') {
    const { topicHelp } = await import('./topic-help.js');
    terminal.out(topicHelp(target.name, layout));
  } else if (target.to === 'root') terminal.out(rootHelp(program, layout, env));
  else terminal.out(groupHelp(program, target.name, target.entries, layout));
  return 'status' in target ? target.status : 0;
}

/** What the command line is run with, and what is learned about it on the way. */
interface Invocation {
  terminal: Terminal;
  services: Services;
  how: ReportOptions;
  simpleExit: boolean;
  log?: CommandLogger | undefined;
}

async function conclude(terminal: Terminal, thrown: unknown, how: ReportOptions): Promise<number> {
  const reason: unknown = terminal.signal.aborted ? terminal.signal.reason : undefined;
  const error = toSkahaError(thrown);
  const forPrograms = isMachine(how.format);
  if (reason instanceof Interruption) {
    if (reason.exitStatus === 0) return 0;
    // The terminal has just shown `^C`: what is said begins on a line of its own.
    if (terminal.errIsTty && !forPrograms) terminal.err('\n');
    if (error.name === 'PartialError') await report(terminal, error, how);
    else if (forPrograms) await report(terminal, reason, how);
    else terminal.err(`${reason.message}\n`);
    return reason.exitStatus;
  }
  // A user who has just cancelled a question knows what was cancelled.
  if (error.code === 'command.cancelled' && !forPrograms)
    say(terminal, [error.message, error.hint].filter(Boolean).join(' '));
  else if (error.code === 'authentication.required' || error.code === 'server.required') {
    // Users with settings of a Python client need not start from scratch.
    const { importHint } = await import('./configuration/import-hint.js');
    await report(terminal, await importHint(error, terminal.env), how);
  } else await report(terminal, error, how);
  return exitStatusOf(error);
}

async function runCommand(
  { entry, name, words }: Extract<Route<CommandEntry>, { to: 'command' }>,
  invocation: Invocation,
): Promise<number> {
  const { terminal, services, how } = invocation;
  const [definition, { readCommandLine }, { createDeps }, { createLogger }, { makeIo }] =
    await Promise.all([
      entry.load(),
      import('@skaha/terminal/parse/command-line.js'),
      import('./environment/deps.js'),
      import('./environment/log.js'),
      import('./output/make-io.js'),
    ]);
  const line = readCommandLine(program, entry, definition, words);
  const globals = readGlobals(line.common, line.given.get('verbose')?.length ?? 0);
  how.format = line.output.format;
  how.style = chooseStyle(globals.color, terminal.env, terminal.errIsTty);
  how.debug = globals.logLevel === 'debug';
  invocation.simpleExit = globals.simpleExit;
  if (entry.deprecated?.includes(name) === true && !isMachine(how.format))
    say(terminal, `'skaha ${name}' will be removed; use 'skaha ${entry.name}'.`);
  const io = await makeIo(terminal, line, globals, definition);
  how.style = io.errStyle;
  const log = await createLogger(io, globals, services);
  invocation.log = log;
  const deps = createDeps(services, globals, log, program);
  try {
    const run = await entry.run();
    // The declaration ties the parsed values to the options of its `run`; see `defineCommand`.
    const status = (await run(io, withBanner(deps, io), line.values as never)) ?? 0;
    if (typeof status === 'number') return status;
    // What a program of the user's ended with is passed on as it is.
    invocation.simpleExit = false;
    return status.status;
  } finally {
    await deps.close();
  }
}

/** Follows the words to a command, through aliases, or to an extension. */
async function dispatch(
  argv: readonly string[],
  invocation: Invocation,
  seen: readonly string[] = [],
): Promise<number> {
  const target = route(argv, program);
  if (target.to === 'command') return runCommand(target, invocation);
  if (target.to !== 'unknown') return showHelp(invocation.terminal, target, argv);
  const { name, before, after } = target;
  const { terminal, services, how } = invocation;
  const [{ resolveUnknown }, { readAliases }] = await Promise.all([
    import('@skaha/terminal/aliases.js'),
    import('./configuration/aliases.js'),
  ]);
  const aliases = await readAliases(terminal.env, before);
  const found = resolveUnknown(program, target, aliases, seen, terminal.env);
  if ('words' in found) {
    how.format = guessFormat(found.words);
    return dispatch(found.words, invocation, [...seen, name]);
  }
  const status = await services.runExtension(found.extension, after, terminal.signal);
  if (status !== undefined) return status;
  const message = `The extension ${found.extension} cannot be started.`;
  throw new SkahaError('extension.unusable', message, {
    hint: 'Make it executable, and check the program named in its first line.',
    id: name,
  });
}

/** The exit status as the user asked for it. */
const shownStatus = (status: number, { simpleExit }: Invocation): number =>
  simpleExit && status >= 3 && status <= 8 ? 1 : status;

/**
 * Runs one command line. This is what tests call; `main` calls it with the real process.
 *
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
  const invocation: Invocation = { terminal, services, how, simpleExit: false };
  try {
    const first = argv[0];
    if (first === '--version' || first === '-V') {
      terminal.out(`skaha ${version}\n`);
      return 0;
    }
    if (first === '__complete') {
      const { complete } = await import('./completion/complete.js');
      await complete(argv.slice(1), terminal, services);
      return 0;
    }
    return shownStatus(await dispatch(argv, invocation), invocation);
  } catch (error) {
    invocation.log?.failed(toSkahaError(error));
    return shownStatus(await conclude(terminal, error, how), invocation);
  } finally {
    await invocation.log?.close();
  }
}
