import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import type { Busboy } from '@fastify/busboy';
import { readBody, receive } from '@skaha/service/body.js';
import type { Parameters } from '../sessions/create-request.js';
import { Refusal } from '../sessions/refusal.js';

/** The largest body that is read; a create request with many variables is far smaller. */
const maximumBody = 1024 * 1024;
const bounds = { bytes: maximumBody };

/**
 * The most characters a parameter may have. Longer ones are refused before they are parsed.
 * Parameters that are not listed may be as long as an argument of a process.
 */
const longest: ReadonlyMap<string, number> = new Map([
  ...['action', 'cores', 'detail', 'gpus', 'ram', 'status', 'type', 'view'].map(
    (name) => [name, 64] as const,
  ),
  ['image', 1_024],
  ['name', 256],
]);
const longestArgument = 128 * 1024;

function checkLength(name: string, value: string): void {
  const most = longest.get(name) ?? longestArgument;
  if (value.length <= most && name.length <= 256) return;
  const which = name.length <= 256 ? `The parameter '${name}'` : 'The name of a parameter';
  throw new Refusal(400, `${which} is too long`);
}

type Pairs = readonly (readonly [string, string])[];

/**
 * Parameters of a request. Names are case-insensitive, but two spellings of one name in the same
 * source are refused (Skaha API, parameters).
 *
 * @throws {Refusal} 400 `null`
 */
export function parametersOf(...sources: readonly Pairs[]): Parameters {
  const values = new Map<string, string[]>();
  for (const source of sources) {
    const spellings = new Map<string, string>();
    for (const [name, value] of source) {
      const key = name.toLowerCase();
      checkLength(key, value);
      const spelling = spellings.get(key) ?? name;
      if (spelling !== name) throw new Refusal(400, 'null');
      spellings.set(key, name);
      const known = values.get(key);
      if (known === undefined) values.set(key, [value]);
      else known.push(value);
    }
  }
  return {
    get: (name) => values.get(name.toLowerCase())?.[0],
    all: (name) => values.get(name.toLowerCase()) ?? [],
  };
}

/** Parameters of a query string. */
export const queryParameters = (query: string): Parameters =>
  parametersOf([...new URLSearchParams(query)]);

/**
 * Parameters of a POST: query and body merged, query first, for a urlencoded body; the fields alone
 * for a multipart one; none for anything else, whatever the query says (Skaha API, parameters).
 */
export async function postParameters(request: IncomingMessage, query: string): Promise<Parameters> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded') {
    const body = (await readBody(request, bounds)).toString('utf8');
    return parametersOf([...new URLSearchParams(query)], [...new URLSearchParams(body)]);
  }
  if (type === 'multipart/form-data') return parametersOf(await readMultipart(request));
  await readBody(request, bounds);
  return parametersOf();
}

/** Loaded only for multipart forms. */
const busboy = (): typeof import('@fastify/busboy') =>
  createRequire(import.meta.url)('@fastify/busboy');

async function readMultipart(request: IncomingMessage): Promise<Pairs> {
  const type = request.headers['content-type'] ?? '';
  const pairs: [string, string][] = [];
  const limits = { fieldSize: maximumBody, fields: 1000, parts: 1000, fileSize: maximumBody };
  await new Promise<void>((resolve, reject) => {
    const malformed = () => reject(new Refusal(400, 'Cannot read the multipart body'));
    let parser: InstanceType<typeof Busboy>;
    try {
      parser = new (busboy().Busboy)({
        headers: { ...request.headers, 'content-type': type },
        limits,
      });
    } catch {
      malformed();
      return;
    }
    parser.on('field', (name, value) => pairs.push([name, value]));
    // A broken stream emits an error, which would end the platform without a listener.
    parser.on('file', (_name, file) => file.on('error', malformed).resume());
    parser.on('error', malformed);
    parser.on('finish', resolve);
    receive(request, bounds, (chunk) => parser.write(chunk)).then(() => parser.end(), reject);
  });
  return pairs;
}
