// @ts-check
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SkahaError } from 'skaha';
import { defaultCatalogue } from './stage.mjs';

export const help = `Count the Hipparcos stars with a batch of sessions, and draw them.

usage: npm start -- [options]

  --replicas N      how many sessions share the work, 1 to 64 (default 8)
  --out FILE        where the picture goes (default out/star-catalogue.svg)
  --catalogue FILE  other stars, as GeoJSON with the same structure
  --runner NAME     what runs the sessions, for example kubernetes (default: the best available)
  --image IMAGE     an image with Node, if sessions run from images (default node:22-slim)
  --keep            keep the sessions, and a platform that was started for this run
  --json            print the summary as one line of JSON at the end of stdout
  -h, --help        print this text

exit codes: 0 done, 1 failed, 2 wrong usage, 5 limit reached, 6 unreachable or timed out,
            8 a session failed, 130 interrupted
`;

/**
 * @param {readonly string[]} args
 * @throws {SkahaError} `command.usage`
 */
export function readOptions(args) {
  const { values } = parse(args);
  const replicas = Number(values.replicas);
  if (!/^\d+$/.test(values.replicas) || replicas < 1 || replicas > 64) {
    throw new SkahaError(
      'command.usage',
      `--replicas takes a whole number from 1 to 64, not "${values.replicas}".`,
      { hint: 'For example: npm start -- --replicas 4' },
    );
  }
  const top = fileURLToPath(new URL('../../', import.meta.url));
  return {
    replicas,
    out: resolve(values.out ?? join(top, 'out', 'star-catalogue.svg')),
    catalogue: resolve(values.catalogue ?? defaultCatalogue),
    runner: values.runner,
    image: values.image ?? imageFor(values.runner),
    keep: values.keep,
    json: values.json,
    help: values.help,
  };
}

/**
 * The platform's own image with Node stands for the Node of this machine; a registry has another.
 *
 * @param {string | undefined} runner
 */
const imageFor = (runner) =>
  runner === 'kubernetes' || runner === 'container'
    ? 'docker.io/library/node:22-slim'
    : 'images.canfar.net/skaha/node:latest';

/** @param {readonly string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        replicas: { type: 'string', default: '8' },
        out: { type: 'string' },
        runner: { type: 'string' },
        image: { type: 'string' },
        catalogue: { type: 'string' },
        keep: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new SkahaError('command.usage', message, {
      hint: 'See: npm start -- --help',
      cause: error,
    });
  }
}
