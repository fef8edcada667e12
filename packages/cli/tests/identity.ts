import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Option, Prompts } from '@skaha/terminal/prompts/types.js';
import { SkahaError } from 'skaha/internal/errors/index.js';
import type { Platform } from 'skaha-platform';
import { parse } from 'yaml';
import { temporaryDirectory } from '../../client/tests/config/fixtures.js';
import { systemServices } from '../src/environment/services.js';
import { type Result, type RunOptions, runSkaha } from './harness.js';

/** What a person would answer, in order; a function gets the menu, `undefined` cancels. */
export type Answer = string | undefined | ((options: readonly Option[]) => string);

/** A person who answers, and a record of what was asked. */
export function person(...answers: Answer[]): Prompts & { asked: string[] } {
  const asked: string[] = [];
  const answer = async (question: string, options: readonly Option[] = []): Promise<string> => {
    asked.push(question);
    if (answers.length === 0) throw new Error(`nobody expected the question: ${question}`);
    const next = answers.shift();
    if (next === undefined) {
      throw new SkahaError('command.cancelled', 'Cancelled.', { hint: 'Nothing was saved.' });
    }
    return typeof next === 'string' ? next : next(options);
  };
  return {
    asked,
    choose: (question, options) => answer(question, options),
    search: (question, options) => answer(question, options),
    text: async (question, _signal, usual) => (await answer(question)) || (usual ?? ''),
    secret: (question) => answer(question),
  };
}

// The library finds its configuration from the variables of the process, which are the test's.
const { connect } = systemServices({ env: {} });

/** A user's home directory, and the command run in it. */
export class Home {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Home> {
    return new Home(await temporaryDirectory());
  }

  get config(): string {
    return join(this.path, '.config/skaha/config.yaml');
  }

  /** Text of the configuration file; undefined when there is none. */
  async text(): Promise<string | undefined> {
    return readFile(this.config, 'utf8').catch(() => undefined);
  }

  async settings() {
    return parse((await this.text()) ?? '{}');
  }

  async write(text: string): Promise<void> {
    await mkdir(dirname(this.config), { recursive: true, mode: 0o700 });
    await writeFile(this.config, text, { mode: 0o600 });
  }

  /** Makes a platform known as identity providers: `local` with both ways, `code` with one. */
  async knows(platform: Platform): Promise<void> {
    const { ca, registry, issuer } = platform;
    const shared = `registry: "${registry}", ca: "${ca}", development: true`;
    await this.write(
      `schema: skaha
version: 1
providers:
  local: { mode: x509, name: The local one, issuer: "${issuer}", ${shared} }
  pass: { mode: x509, name: Passwords only, ${shared} }
  code: { mode: oidc, name: Codes only, issuer: "${issuer}", ${shared} }
`,
    );
  }

  /** Runs a command line as this user, without a terminal. */
  run(line: readonly string[], options: RunOptions = {}): Promise<Result> {
    const { env, ...terminal } = options.terminal ?? {};
    return runSkaha(line, {
      ...options,
      services: {
        connect: (given) => connect({ config: this.config, ...given }),
        ...options.services,
      },
      terminal: { env: { HOME: this.path, ...env }, ...terminal },
    });
  }

  /** Runs a command line in a terminal, where a person answers. */
  ask(line: readonly string[], who: Prompts, options: RunOptions = {}): Promise<Result> {
    return this.run(line, {
      ...options,
      services: {
        prompts: async () => who,
        openBrowser: async () => false,
        ...options.services,
      },
      terminal: { isTty: true, errIsTty: true, inIsTty: true, ...options.terminal },
    });
  }
}

/** The password that a platform has made for its user. */
export const passwordOf = async ({ passwordFile }: Platform): Promise<string> =>
  (await readFile(passwordFile ?? '', 'utf8')).trim();

/** Approves or refuses the next device login that starts. */
export async function decide(platform: Platform, approve: boolean): Promise<string> {
  for (;;) {
    const [code] = platform.identity.pendingDevices;
    if (code !== undefined) {
      if (approve) await platform.identity.approveDevice(code, platform.user);
      else await platform.identity.refuseDevice(code);
      return code;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
