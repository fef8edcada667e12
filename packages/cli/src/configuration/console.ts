import { readFileSync, statSync } from 'node:fs';
import { parsePlain } from '@skaha/base/plain-text.js';
import { defined, isRecord } from '@skaha/base/record.js';
import { colorChoices } from '@skaha/terminal/output/style.js';
import type { Environment } from 'skaha/config';
import { configPath } from './places.js';

/** What the configuration says about how the command line looks. */
export interface ConsoleSettings {
  banner?: boolean | undefined;
  color?: string | undefined;
  /** Widest line of a table on a terminal, in characters. */
  width?: number | undefined;
  /** Name of the active context. */
  active?: string | undefined;
  /** Name of the server of each context. */
  servers: ReadonlyMap<string, string>;
}

/** Larger files are no configuration, in bytes. */
const largest = 256 * 1024;

const nothing: ConsoleSettings = { servers: new Map() };

const recordAt = (value: unknown, name: string): Readonly<Record<string, unknown>> => {
  const found = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return isRecord(found) ? found : {};
};

function settingsOf(root: unknown): ConsoleSettings {
  const { banner, color, width } = recordAt(root, 'console');
  const contexts = recordAt(root, 'contexts');
  const active = isRecord(root) && Object.hasOwn(root, 'active') ? root['active'] : undefined;
  const servers = Object.keys(contexts).flatMap((name): [string, string][] => {
    const { server } = recordAt(contexts, name);
    return typeof server === 'string' ? [[name, server]] : [];
  });
  return {
    banner: typeof banner === 'boolean' ? banner : undefined,
    color: colorChoices.find((choice) => choice === color),
    width: typeof width === 'number' && Number.isInteger(width) && width > 0 ? width : undefined,
    active: typeof active === 'string' ? active : undefined,
    servers: new Map(servers),
  };
}

const widthVariable = 'CANFAR_CONSOLE__WIDTH';
const bannerVariable = 'CANFAR_CONSOLE__BANNER';

/** The Python client's variables; they come before the file, as there. */
function fromVariables(env: Environment): Pick<ConsoleSettings, 'banner' | 'width'> {
  const width = env[widthVariable]?.trim() ?? '';
  const banner = env[bannerVariable]?.trim().toLowerCase() ?? '';
  const isYes = /^(?:1|t|true|y|yes|on)$/.test(banner);
  const isNo = /^(?:0|f|false|n|no|off)$/.test(banner);
  return {
    width: /^[1-9]\d{0,5}$/.test(width) ? Number(width) : undefined,
    banner: isYes || isNo ? isYes : undefined,
  };
}

/** What is wrong with those variables, for `skaha doctor`: they are ignored then. */
export function consoleProblems(env: Environment): string[] {
  const { width, banner } = fromVariables(env);
  const problems = [
    { name: widthVariable, value: width, reason: 'is not a number of characters' },
    { name: bannerVariable, value: banner, reason: 'is neither true nor false' },
  ];
  return problems
    .filter(({ name, value }) => value === undefined && env[name]?.trim())
    .map(({ name, reason }) => `${name} is ignored: it ${reason}.`);
}

/**
 * Reads how the command line should look. A file that is missing or wrong says nothing here: who
 * needs its settings complains about it.
 *
 * @param needsNames - whether names of contexts and servers are needed, too
 */
export async function readConsole(
  env: Environment,
  config: string | undefined,
  needsNames: boolean,
): Promise<ConsoleSettings> {
  const saved = await readFileSettings(env, config, needsNames);
  return { ...saved, ...defined(fromVariables(env)) };
}

async function readFileSettings(
  env: Environment,
  config: string | undefined,
  needsNames: boolean,
): Promise<ConsoleSettings> {
  try {
    const path = configPath(env, config);
    // Opening a pipe would wait for its other end, and take what others are to read.
    const kind = statSync(path);
    if (!kind.isFile() || kind.size > largest) return nothing;
    const text = readFileSync(path, 'utf8');
    // Most files say nothing about it, and the parser takes long to load.
    if (!needsNames && !/\bconsole\b/.test(text)) return nothing;
    const plain = parsePlain(text);
    if (plain !== undefined) return settingsOf(plain);
    const { parse } = await import('yaml');
    return settingsOf(parse(text, { schema: 'core', maxAliasCount: 32, logLevel: 'silent' }));
  } catch {
    return nothing;
  }
}
