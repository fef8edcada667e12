import { readFile } from 'node:fs/promises';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { defined } from '@skaha/base/record.js';
import { inWords } from '@skaha/base/retry-after.js';
import { type RetryNotice, type SkahaClientOptions, SkahaError } from 'skaha';
import type { GlobalOptions } from '../parse/globals.js';

// For those who load it on demand: an `import()` of the entry itself would bring all that it exports.
export { SkahaClient } from 'skaha';

/** Which server is meant, and with which credential, as the options say that every command takes. */
export async function serverOptions(
  globals: Partial<GlobalOptions>,
): Promise<Partial<SkahaClientOptions>> {
  const { url, certificate, context, server, idp, config, ca, tokenFile } = globals;
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  return defined({ url, token, certificate, context, server, idp, config, ca });
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new SkahaError(
      'authentication.credential_missing',
      `The token file ${path} cannot be read.`,
      { cause, hint: 'Check the path given with --token-file.' },
    );
  }
}

/** Shorter pauses are over before anybody has read about them, in milliseconds. */
const shortestToldPauseMs = 1000;

/** Says that the command waits, why and for how long; many calls that wait alike say it once. */
function retryReporter(clock: Pick<Clock, 'now'>, logger: Logger): (notice: RetryNotice) => void {
  let told = { message: '', until: 0 };
  return ({ error: { message }, pauseMs }) => {
    const now = clock.now();
    if (pauseMs < shortestToldPauseMs || (told.message === message && now < told.until)) return;
    told = { message, until: now + pauseMs };
    logger.warn(`${message} Trying again in ${inWords(pauseMs)}.`);
  };
}

/**
 * The options of the client for the server that is meant.
 *
 * @param usual - the context to stay with, where no option names one
 */
export async function clientOptions(
  globals: GlobalOptions,
  usual: string | undefined,
  clock: Pick<Clock, 'now'>,
  logger: Logger,
): Promise<SkahaClientOptions> {
  const { server, idp, timeoutMs, retries } = globals;
  const isPair = server !== undefined || idp !== undefined;
  const context = globals.context ?? (isPair ? undefined : usual);
  // No signal for the client as a whole: launches under way get a moment to report their ids.
  return {
    ...(await serverOptions({ ...globals, context })),
    ...defined({ timeoutMs, retries }),
    logger,
    onRetry: retryReporter(clock, logger),
  };
}
