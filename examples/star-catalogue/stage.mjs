// @ts-check
// Everything a session needs lies in the user's home on the platform, where sessions start.
import { randomBytes } from 'node:crypto';
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SkahaError } from 'skaha';

/**
 * @typedef {object} Job
 * @property {string} name - of this run; session names begin with it
 * @property {string} folder - its folder on this machine, where parts and picture appear
 * @property {string} programs - folder of its programs, as sessions name it
 * @property {string} results - the same folder as `folder`, as sessions name it
 * @property {string} catalogue - the stars, as sessions name them
 * @property {string} names - the names of stars, as sessions name them
 */

const here = dirname(fileURLToPath(import.meta.url));
/** @param {string} specifier */
const locate = (specifier) => fileURLToPath(import.meta.resolve(specifier));
const celestial = join(dirname(locate('d3-celestial/package.json')), 'data');

/** The catalogue that is read unless another is named. */
export const defaultCatalogue = join(celestial, 'stars.14.json');

/**
 * @param {string} path
 * @returns {Promise<number>} its size in bytes
 */
const sizeOf = async (path) => {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw new SkahaError('request.invalid', `The file ${path} cannot be read.`, {
      hint: 'Give another with --catalogue FILE.',
      cause,
    });
  }
};

/**
 * Tells that a catalogue cannot be read before anything is started for it.
 *
 * @param {string} catalogue - path of the stars on this machine
 */
export const checkCatalogue = async (catalogue) => void (await sizeOf(catalogue));

/**
 * Copies the data and the programs into the user's home.
 *
 * @param {string} home
 * @param {string} catalogue - path of the stars on this machine
 * @returns {Promise<Job>}
 */
export async function stageJob(home, catalogue) {
  const name = `stars-${randomBytes(4).toString('hex')}`;
  const top = join(home, 'star-catalogue');
  const folder = join(top, name);
  const programs = join(folder, 'programs');
  await mkdir(join(programs, 'node_modules'), { recursive: true });
  await Promise.all([
    copyData(catalogue, join(folder, 'stars.json')),
    copyData(join(celestial, 'starnames.json'), join(top, 'starnames.json')),
    ...['replica.mjs', 'merge.mjs', 'catalogue.mjs', 'tally.mjs', 'picture'].map((part) =>
      cp(join(here, part), join(programs, part), { recursive: true }),
    ),
    copyLibrary(join(programs, 'node_modules', 'skaha')),
  ]);
  const results = `star-catalogue/${name}`;
  return {
    name,
    folder,
    results,
    programs: `${results}/programs`,
    catalogue: `${results}/stars.json`,
    names: 'star-catalogue/starnames.json',
  };
}

/**
 * Leaves the results of a job and removes what was only needed to make them.
 *
 * @param {Job} job
 */
export async function tidy(job) {
  await rm(join(job.folder, 'programs'), { recursive: true, force: true });
  await rm(join(job.folder, 'stars.json'), { force: true });
}

/**
 * @param {string} from
 * @param {string} to
 */
async function copyData(from, to) {
  const size = await sizeOf(from);
  const present = await stat(to).catch(() => undefined);
  if (present?.size === size) return;
  // Another run may copy the same file at the same moment: each makes its own and renames it.
  const partial = `${to}.${randomBytes(4).toString('hex')}.partial`;
  await cp(from, partial);
  await rename(partial, to);
}

/** @param {string} to */
async function copyLibrary(to) {
  const manifest = locate('skaha/package.json');
  await cp(manifest, join(to, 'package.json'));
  await cp(join(dirname(manifest), 'dist'), join(to, 'dist'), {
    recursive: true,
    filter: (path) => !/\.(map|d\.ts|tsbuildinfo)$/.test(path),
  });
}
