// @ts-check
// The same work with the Python client, where there is one.
import { accessSync, constants, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ended, plainEnvironment, withFolder, withPlatform } from './programs.mjs';

const program = fileURLToPath(new URL('../programs/python_client.py', import.meta.url));

/** @typedef {{package: string, version: string}} Found */

/**
 * The interpreter behind a command on the PATH that is the Python client's, if there is one.
 *
 * @returns {string | undefined}
 */
function interpreterOnPath() {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of ['canfar', 'skaha']) {
      try {
        const path = join(folder, name);
        accessSync(path, constants.X_OK);
        const interpreter = /^#!\s*(\S*python\S*)/.exec(readFileSync(path, 'utf8'))?.[1];
        if (interpreter !== undefined) return interpreter;
      } catch {
        // Not here.
      }
    }
  }
  return undefined;
}

/** A Python client that was found. */
export class Python {
  /**
   * @param {string} interpreter
   * @param {Found} found
   */
  constructor(interpreter, found) {
    this.interpreter = interpreter;
    this.found = found;
  }

  /**
   * @param {string | undefined} given - an interpreter; left out, the one behind the PATH's command
   * @returns {Promise<Python | undefined>}
   */
  static async find(given) {
    const interpreter = given ?? interpreterOnPath();
    if (interpreter === undefined) return undefined;
    return new Python(interpreter, await run(interpreter, 'which', {}));
  }

  /**
   * Its command and its import, as programs to be started in turns with ours. What it cannot do
   * here is left out.
   *
   * @param {{env: NodeJS.ProcessEnv, home: string, platform: import('./programs.mjs').Described}} where
   */
  async starts({ env, home, platform }) {
    const { package: name } = this.found;
    const prefix = name.toUpperCase();
    const certificate = join(home, '.ssl/cadcproxy.pem');
    mkdirSync(dirname(certificate), { recursive: true });
    copyFileSync(platform.certificate, certificate);
    const own = {
      ...env,
      SSL_CERT_FILE: platform.ca,
      [`${prefix}_URL`]: `${platform.url}/v1`,
      [`${prefix}_CERTIFICATE`]: certificate,
    };
    const command = join(dirname(this.interpreter), name);
    const part = name === 'canfar' ? 'sessions' : 'session';
    const programs = {
      'skaha --version': [command, 'version'],
      'skaha --help': [command, '--help'],
      'skaha ps': [command, 'ps'],
      'import of the library': [this.interpreter, '-c', `import ${name}.${part}`],
    };
    /** @type {Record<string, () => Promise<unknown>>} */
    const able = {};
    for (const [key, [file = '', ...words]] of Object.entries(programs)) {
      const work = () => ended(file, words, own);
      if (await attempt(key, () => work().then(() => true))) able[`Python: ${key}`] = work;
    }
    return able;
  }

  /**
   * @param {{url: string, count: number, concurrency: number}} input
   * @returns {Promise<{create: number, info: number} | undefined>} milliseconds
   */
  creates = (input) => attempt('creates', () => runAsUser(this.interpreter, 'creates', input));

  /**
   * @param {{url: string, rounds: number}} input
   * @returns {Promise<number | undefined>} milliseconds of the processor
   */
  list = (input) => attempt('list', () => runAsUser(this.interpreter, 'list', input));
}

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>} undefined when the Python client refuses, which is then said
 */
async function attempt(name, work) {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : '';
    process.stderr.write(`The Python client cannot do this here: ${name} (${reason?.trim()})\n`);
    return undefined;
  }
}

/**
 * @param {string} interpreter
 * @param {string} task
 * @param {object} input
 * @returns {Promise<any>}
 */
const run = (interpreter, task, input) =>
  withFolder(async (home) => {
    const env = { ...plainEnvironment(), HOME: home };
    const words = [program, task, JSON.stringify(input)];
    return JSON.parse((await ended(interpreter, words, env)).trimEnd().split('\n').at(-1) ?? '');
  });

/**
 * Runs a task with a certificate: the client wants a credential, whoever it talks to.
 *
 * @param {string} interpreter
 * @param {string} task
 * @param {object} input
 */
const runAsUser = (interpreter, task, input) =>
  withPlatform((_, { certificate }) => run(interpreter, task, { ...input, certificate }));
