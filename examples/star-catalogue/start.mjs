// @ts-check
// Counts the Hipparcos stars with a batch of sessions on the Science Platform of this machine.
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSkahaError, SkahaClient } from 'skaha';
import { runJob } from './job.mjs';
import { help, readOptions } from './options.mjs';
import { openPlatform } from './platform.mjs';
import { checkCatalogue, stageJob, tidy } from './stage.mjs';

/**
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function main(args) {
  const interruption = new AbortController();
  let code = 0;
  const interrupt = (/** @type {string} */ name) => {
    // Asked twice, it ends without tidying up.
    if (code !== 0) process.exit(code);
    code = name === 'SIGTERM' ? 143 : 130;
    interruption.abort(new Error('interrupted'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const options = readOptions(args);
    if (options.help) process.stdout.write(help);
    else await countStars(options, interruption.signal);
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) {
      process.stderr.write('\nInterrupted; the sessions of this run were removed.\n');
      return code;
    }
    return explain(error);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/**
 * @param {ReturnType<typeof readOptions>} options
 * @param {AbortSignal} signal
 */
async function countStars({ replicas, catalogue, out, runner, image, keep, json }, signal) {
  const started = performance.now();
  await checkCatalogue(catalogue);
  const platform = await openPlatform({ keep, runner, image, signal });
  const { url, token, ca } = platform;
  const skaha = new SkahaClient({ url, token, ca });
  try {
    process.stderr.write(`platform: ${url} (${platform.origin})\n`);
    const job = await stageJob(platform.home, catalogue);
    const result = await runJob(skaha, job, { image, replicas, signal })
      .catch(async (error) => {
        await removeSessions(skaha, job.name);
        throw error;
      })
      .finally(() => tidy(job));
    await mkdir(dirname(out), { recursive: true });
    await copyFile(join(job.folder, 'star-catalogue.svg'), out);
    if (!keep) await removeSessions(skaha, job.name);
    const seconds = (performance.now() - started) / 1000;
    const { stars, sessions } = result;
    const line = `${JSON.stringify({ stars, replicas, picture: out, sessions })}\n`;
    process.stdout.write(json ? line : describe(result, { seconds, replicas, out }));
  } finally {
    await skaha.close();
    await platform.leave();
  }
}

/**
 * Whatever went wrong, nothing of this run goes on.
 *
 * @param {SkahaClient} skaha
 * @param {string} prefix
 */
async function removeSessions(skaha, prefix) {
  try {
    const signal = AbortSignal.timeout(20_000);
    // A create that was under way may still have arrived, so it looks until there is none left.
    for (let left = true; left; ) {
      const { matched } = await skaha.sessions.destroyWith({ prefix, signal });
      left = matched.length > 0;
    }
  } catch (error) {
    process.stderr.write(`Sessions named ${prefix}… may still run: ${String(error)}\n`);
  }
}

/**
 * @param {import('./job.mjs').Result} result
 * @param {{seconds: number, replicas: number, out: string}} run
 */
function describe({ stars, withColour, brightest, sessions }, { seconds, replicas, out }) {
  const number = (/** @type {number} */ value) => value.toLocaleString('en-GB');
  const name = brightest.name ?? `HIP ${brightest.id}`;
  return [
    '',
    `stars read       ${number(stars)}`,
    `with a colour    ${number(withColour)}`,
    `brightest        ${name}, magnitude ${brightest.magnitude}`,
    `sessions         ${sessions.length} (${replicas} replicas and one that merged their parts)`,
    `time             ${seconds.toFixed(1)} s`,
    `picture          ${relative(process.cwd(), out)}`,
    '',
  ].join('\n');
}

/**
 * @param {unknown} error
 * @returns {number} the exit code that goes with it
 */
function explain(error) {
  const known = isSkahaError(error);
  process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  if (known && error.hint !== undefined) process.stderr.write(`Hint: ${error.hint}\n`);
  if (!known) return 1;
  if (error.code === 'command.usage') return 2;
  if (error.code === 'quota.exceeded') return 5;
  if (/^(transport\.|wait\.timeout|server\.unavailable)/.test(error.code)) return 6;
  return error.code === 'session.failed' ? 8 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
