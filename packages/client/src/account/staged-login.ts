import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, realpath, rename, stat, unlink } from 'node:fs/promises';
import { devNull } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { entry } from '@skaha/base/names.js';
import { changes } from '../config/changes.js';
import { putAt } from '../config/dotted.js';
import { readConfigurationText } from '../config/file-text.js';
import { expandPath } from '../config/paths.js';
import { writePrivateFile } from '../config/private-file.js';
import { loadConfiguration } from '../config/read.js';
import type { Configuration } from '../config/schema.js';
import { discardConfiguration } from '../config/write.js';
import { usualCertificatePath } from './certificate-path.js';
import { removeCredential } from './credentials.js';
import { type AccountOptions, AccountTools } from './tools.js';

/** The files that the steps of a login work on, and what they become in the end. */
interface Stage {
  /** A copy of the configuration that only this login sees. */
  copy: string;
  /** Where a certificate is put until everything has worked. */
  certificate: string;
  /** Where it belongs. */
  target: string;
}

const leftover = /^\..+\.pem\.[\da-f-]{36}$/;
/** No login takes longer, in milliseconds. */
const longest = 3_600_000;

/**
 * Removes certificates of logins that were killed in the middle. Copies of the configuration go with
 * the next write of it.
 */
async function sweep(directory: string, now: number): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    if (!leftover.test(name)) continue;
    const path = join(directory, name);
    const made = await stat(path).catch(() => undefined);
    if (made !== undefined && now - made.mtimeMs > longest) {
      await unlink(path).catch(() => undefined);
    }
  }
}

async function openStage(credential: string, tools: AccountTools): Promise<Stage> {
  const { path, environment, clock } = tools;
  // Refused before anybody is asked to approve a login that could not be kept.
  if (path === devNull) await tools.update(() => {});
  const usual = expandPath(usualCertificatePath(credential), environment);
  const target = await realpath(usual).catch(() => usual);
  const id = randomUUID();
  const stage = {
    // In the same directories, so that relative paths mean the same, and a file can be moved.
    copy: join(dirname(path), `.login-${id}.yaml`),
    certificate: join(dirname(target), `.${basename(target)}.${id}`),
    target,
  };
  await sweep(dirname(stage.certificate), clock.now());
  const text = (await readConfigurationText(path))?.text;
  await writePrivateFile(stage.copy, text ?? '');
  return stage;
}

const read = async (path: string): Promise<Configuration> =>
  (await loadConfiguration({ path })).configuration;

/** Puts everything in place: the settings that changed, and the certificate. */
async function commit(
  stage: Stage,
  before: Configuration,
  credential: string,
  tools: AccountTools,
): Promise<void> {
  const after = await read(stage.copy);
  const made = entry(after.credentials, credential);
  if (made?.mode === 'x509' && made.path === stage.certificate) made.path = stage.target;
  await tools.update((draft) => {
    for (const { path, value } of changes(before, after)) putAt(draft, path, value);
  });
  if (existsSync(stage.certificate)) await rename(stage.certificate, stage.target);
}

/** Makes what was issued worthless. */
async function abandon(
  stage: Stage,
  before: Configuration,
  credential: string,
  options: AccountOptions,
): Promise<void> {
  // Logging out ends all logins of a client, and the former login has the same one.
  if (entry(before.credentials, credential)?.mode === 'oidc') return;
  const changed = await read(stage.copy)
    .then((after) => changes(before, after).length > 0)
    .catch(() => false);
  if (!changed) return;
  const removal = {
    ...options,
    config: stage.copy,
    signal: undefined,
    timeoutMs: 2000,
    force: true,
  };
  await removeCredential(credential, removal).catch(() => undefined);
}

/**
 * Takes the steps of a login on a private copy of the configuration, and puts their result in place
 * when all of them have worked. If one fails or is cancelled, the configuration is unchanged, and what
 * was issued until then is revoked if possible.
 *
 * @param credential - name of the login, as it will be saved
 * @param options - the configuration to change, and what all steps have in common
 * @param steps - called with the options for the calls it makes, and with the path that a new
 *   certificate must be saved at
 * @returns what `steps` resolves to
 * @throws {SkahaError} `config.invalid`, `config.unwritable`; and whatever `steps` throws
 * @example
 * ```ts
 * import { activate, login, stagedLogin } from 'skaha/account';
 *
 * const username = 'ada';
 * const password = 'secret';
 * await stagedLogin('cadc', {}, async (staged, path) => {
 *   const method = { type: 'password', username, password, path } as const;
 *   await login({ ...staged, provider: 'cadc', method, activate: false });
 *   await activate({ ...staged, credential: 'cadc', server: 'canfar' });
 * });
 * ```
 */
export async function stagedLogin<Result>(
  credential: string,
  options: AccountOptions,
  steps: (staged: AccountOptions, certificate: string) => Promise<Result>,
): Promise<Result> {
  const tools = new AccountTools(options);
  const stage = await openStage(credential, tools);
  try {
    const before = await read(stage.copy);
    try {
      const result = await steps({ ...options, config: stage.copy }, stage.certificate);
      options.signal?.throwIfAborted();
      await commit(stage, before, credential, tools);
      return result;
    } catch (error) {
      await abandon(stage, before, credential, options);
      throw error;
    }
  } finally {
    await discardConfiguration(stage.copy, options);
    await unlink(stage.certificate).catch(() => undefined);
  }
}
