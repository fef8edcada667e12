import type { Io, Terminal } from '@skaha/terminal/io.js';
import type { Style } from '@skaha/terminal/output/style.js';
import { plain } from '@skaha/terminal/output/text.js';
import type { ConsoleSettings } from '../configuration/console.js';
import type { Deps } from '../environment/deps.js';
import type { GlobalOptions } from '../parse/globals.js';

type Choice = Pick<GlobalOptions, 'context' | 'server' | 'url'>;

const hostOf = (url: string): string | undefined =>
  URL.canParse(url) ? new URL(url).host : undefined;

/** Name of the server that is meant: what was said last counts, as it does for the client. */
function serverName(
  { context, server, url }: Choice,
  env: Terminal['env'],
  { active, servers }: ConsoleSettings,
): string | undefined {
  const named = (name: string | undefined) =>
    name === undefined ? undefined : (servers.get(name) ?? name);
  const variable = (...names: string[]) =>
    names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== '');
  if (url !== undefined) return hostOf(url);
  if (context !== undefined || server !== undefined) return server ?? named(context);
  const address = variable('SKAHA_URL', 'CANFAR_URL');
  if (address !== undefined) return hostOf(address);
  return named(variable('SKAHA_CONTEXT') ?? active);
}

/** Says on standard error which server is asked, once. */
export function announcer(
  terminal: Pick<Terminal, 'err' | 'env'>,
  globals: Choice,
  settings: ConsoleSettings,
): (style: Style) => void {
  let isDone = false;
  return (style) => {
    const name = serverName(globals, terminal.env, settings);
    if (!isDone && name !== undefined) terminal.err(`${style('dim', `@${plain(name)}`)}\n`);
    isDone = true;
  };
}

/** What a command gets to work with, such that the server is named before it is asked. */
export const withBanner = (deps: Deps, io: Pick<Io, 'announce'>): Deps => ({
  ...deps,
  client: () => {
    io.announce?.();
    return deps.client();
  },
});
