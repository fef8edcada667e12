import type { Io } from '@skaha/terminal/io.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { isSkahaError } from 'skaha';
import { type Configuration, type LoadedConfiguration, loadConfiguration } from 'skaha/config';
import { shownExpiry } from 'skaha/internal/auth/token-expiry.js';
import { readEnvironment } from 'skaha/internal/config/index.js';
import type { Connection, Credential } from 'skaha/internal/runtime/types.js';
import type { Deps } from '../../../deps.js';
import { configurationSource } from '../../config/source.js';
import { examine, type Finding, fail, failed, ok, type Verdict, warn } from './finding.js';

const dayMs = 86_400_000;

/** A check, and what it found for the others. */
export interface Checked<Found> {
  finding: Finding;
  found: Found | undefined;
}

function configurationVerdict(loaded: LoadedConfiguration, io: Io): Verdict {
  const { path, exists, warnings } = loaded;
  const variables = readEnvironment(io.env);
  const all = [...warnings, ...variables.warnings, ...variables.foreign];
  if (all.length > 0) return warn(all.join(' '), "Correct it with 'skaha config edit'.");
  return ok(exists ? path : `${path} does not exist, so nothing is set.`);
}

/** Reads the configuration file and the variables. */
export async function checkConfiguration(io: Io, deps: Deps): Promise<Checked<Configuration>> {
  let found: Configuration | undefined;
  const finding = await examine('configuration', io, deps, async () => {
    const loaded = await loadConfiguration(configurationSource(io, deps));
    found = loaded.configuration;
    return configurationVerdict(loaded, io);
  });
  return { finding, found };
}

async function endOf(credential: Credential): Promise<Date | undefined> {
  if (credential.mode === 'x509') return (await credential.read()).notAfter;
  if (credential.mode !== 'token') return undefined;
  const end = shownExpiry(await credential.read());
  return end === undefined ? undefined : new Date(end * 1000);
}

async function loginVerdict(connection: Connection, now: number): Promise<Verdict> {
  const { context, credential, root } = connection;
  if (credential.mode === 'anonymous') return warn(`Nobody is logged in at ${root}.`, 'Log in.');
  const kind = credential.mode === 'x509' ? 'certificate' : 'token';
  const where = context === undefined ? root : `${root} (context ${context})`;
  const end = await endOf(credential);
  if (end === undefined) return ok(`A ${kind} for ${where}.`);
  const text = `The ${kind} for ${where} ends at ${utc(end)} (${relative(end, now)}).`;
  const left = end.getTime() - now;
  if (left <= 0) return fail(text, "Log in again: 'skaha login'");
  const lasts =
    credential.mode === 'token' && (credential.runtime || credential.renew !== undefined);
  const soon = credential.mode === 'x509' ? 3 * dayMs : dayMs;
  if (left < soon && !lasts) {
    return warn(text, "Log in again before then: 'skaha login --force'");
  }
  return ok(text);
}

/**
 * Finds out where the command would connect, and how long it may.
 *
 * @param configuration - without which nothing is known
 */
export async function checkLogin(
  io: Io,
  deps: Deps,
  configuration: Checked<Configuration>,
): Promise<Checked<Connection>> {
  let found: Connection | undefined;
  const finding = await examine('login', io, deps, async () => {
    if (configuration.finding.status === 'fail') {
      return warn(
        'This cannot be checked while the configuration is not valid.',
        'Fix that first.',
      );
    }
    try {
      const client = await deps.client();
      found = await client.core.connection();
      return await loginVerdict(found, deps.now());
    } catch (error) {
      // Who has not logged in yet has nothing that is broken.
      const isAbsent =
        isSkahaError(error, 'authentication.required') ||
        isSkahaError(error, 'config.login_required_after_reset') ||
        isSkahaError(error, 'server.required');
      if (!isAbsent) throw error;
      return { ...failed(error), status: 'warn' };
    }
  });
  return { finding, found };
}
