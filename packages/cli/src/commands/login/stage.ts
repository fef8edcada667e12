import { randomUUID } from 'node:crypto';
import { readdir, realpath, rename, stat, unlink } from 'node:fs/promises';
import { devNull } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { entry } from '@skaha/base/names.js';
import type { Io } from '@skaha/terminal/io.js';
import { removeCredential, usualCertificatePath } from 'skaha/account';
import {
  type Configuration,
  discardConfiguration,
  expandPath,
  loadConfiguration,
  putSetting,
  readConfigurationText,
  settingChanges,
  updateConfiguration,
  writePrivateFile,
} from 'skaha/config';
import {
  type CommandSource,
  changeConfiguration,
  configurationSource,
} from '../../configuration.js';
import type { Deps } from '../../deps.js';
import { accountOptions } from './account.js';

interface Stage {
  /** A copy of the configuration that only this login sees. */
  config: string;
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

async function open(io: Io, source: CommandSource, key: string, now: number): Promise<Stage> {
  // Refused before anybody is asked to approve a login that could not be kept.
  if (source.path === devNull) await updateConfiguration(source.path, () => {}, source);
  const target = expandPath(usualCertificatePath(key), io.env);
  const real = await realpath(target).catch(() => target);
  const id = randomUUID();
  const stage = {
    // In the same directories, so that relative paths mean the same, and a file can be moved.
    config: join(dirname(source.path), `.login-${id}.yaml`),
    certificate: join(dirname(real), `.${basename(real)}.${id}`),
    target: real,
  };
  await sweep(dirname(stage.certificate), now);
  const text = (await readConfigurationText(source.path))?.text;
  await writePrivateFile(stage.config, text ?? '');
  return stage;
}

const read = async (path: string): Promise<Configuration> =>
  (await loadConfiguration({ path })).configuration;

/** Whether something is there. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Puts everything in place: the settings that changed, and the certificate. */
async function commit(
  stage: Stage,
  before: Configuration,
  key: string,
  source: CommandSource,
): Promise<void> {
  const after = await read(stage.config);
  const made = entry(after.credentials, key);
  if (made?.mode === 'x509' && made.path === stage.certificate) made.path = stage.target;
  await changeConfiguration(source, (draft) => {
    for (const { path, value } of settingChanges(before, after)) putSetting(draft, path, value);
  });
  if (await exists(stage.certificate)) await rename(stage.certificate, stage.target);
}

/** Makes what was got worthless, and leaves no trace of it. */
async function abandon(
  io: Io,
  deps: Deps,
  stage: Stage,
  before: Configuration,
  key: string,
): Promise<void> {
  // Logging out ends all logins of a client, and the former login has the same one.
  if (entry(before.credentials, key)?.mode === 'oidc') return;
  const account = { ...accountOptions(io, deps), signal: undefined, timeoutMs: 2000 };
  const changed = await read(stage.config)
    .then((after) => settingChanges(before, after).length > 0)
    .catch(() => false);
  if (changed) await removeCredential(key, { ...account, force: true }).catch(() => undefined);
}

/**
 * Does the steps of a login on copies, and puts their result in place when all of them have worked.
 * When one fails, or is cancelled, nothing has changed.
 *
 * @param work - gets the common options of the copy, and the path for a new certificate
 */
export async function onStage<Result>(
  io: Io,
  deps: Deps,
  key: string,
  work: (deps: Deps, certificate: string) => Promise<Result>,
): Promise<Result> {
  const source = configurationSource(io, deps);
  const stage = await open(io, source, key, deps.now());
  const staged = { ...deps, globals: { ...deps.globals, config: stage.config } };
  try {
    const before = await read(stage.config);
    try {
      const result = await work(staged, stage.certificate);
      io.signal.throwIfAborted();
      await commit(stage, before, key, source);
      return result;
    } catch (error) {
      await abandon(io, staged, stage, before, key);
      throw error;
    }
  } finally {
    await discardConfiguration(stage.config, source);
    await unlink(stage.certificate).catch(() => undefined);
  }
}
