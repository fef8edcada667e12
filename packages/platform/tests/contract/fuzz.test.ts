import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { discard, openPlatform, roomy } from '../fixtures.js';
import { type Answer, formType, type Method, type Target, targetOf, type Who } from './target.js';

// Every call of the API with valid and invalid parameters: never an answer that is not documented,
// never one that takes long, always the documented form of errors.

interface Schema {
  readonly type: 'string' | 'number' | 'integer' | 'array' | 'object';
  readonly enum?: readonly string[] | undefined;
  readonly pattern?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
}

interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'query' | 'path';
    readonly schema: Schema;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

const { paths } = JSON.parse(readFileSync(new URL('openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};

const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase() as Method,
    operation,
  })),
);

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    'null',
    '1e999',
    '../..',
    '\0',
    '$1',
    '"',
    '\\',
    'ÿ'.repeat(300),
  ),
);

/** An empty segment would make it another path. */
const filled = text.filter((one) => one !== '');

/** A value of this form, and now and then one that is not. */
function value(name: string, schema: Schema, images: readonly string[]): fc.Arbitrary<string> {
  const valid =
    schema.enum !== undefined
      ? fc.constantFrom(...schema.enum)
      : schema.type === 'number' || schema.type === 'integer'
        ? fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 9 }).map(String)
        : schema.pattern !== undefined
          ? fc.stringMatching(new RegExp(schema.pattern))
          : name === 'image'
            ? fc.constantFrom(...images)
            : fc.string();
  return fc.oneof({ arbitrary: valid, weight: 3 }, { arbitrary: text, weight: 1 });
}

interface Request {
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly body: readonly (readonly [string, string])[];
  readonly type: string;
  readonly who: Who | 'forger';
}

const pairsOf = (
  entries: readonly (readonly [string, Schema])[],
  images: readonly string[],
): fc.Arbitrary<[string, string][]> =>
  fc
    .tuple(
      ...entries.map(([name, schema]) =>
        fc.array(
          value(name, schema, images).map((one): [string, string] => [name, one]),
          {
            maxLength: schema.type === 'array' ? 3 : 1,
          },
        ),
      ),
      fc.array(fc.tuple(text, text), { maxLength: 1 }),
    )
    .map((lists) => lists.flat() as [string, string][]);

function requestFor(
  path: string,
  { parameters = [], requestBody }: Operation,
  known: { ids: readonly string[]; images: readonly string[] },
): fc.Arbitrary<Request> {
  const query = parameters.filter((one) => one.in === 'query');
  const body = Object.values(requestBody?.content ?? {})[0]?.schema.properties ?? {};
  const segment = (pattern: string) =>
    fc.oneof(fc.constantFrom(...known.ids), fc.stringMatching(new RegExp(pattern)), filled);
  return fc.record({
    path: fc
      .tuple(segment('^[a-z][a-z0-9]{7}$'), segment('^[a-z][a-z0-9]{2}$'))
      .map(([id, app]) =>
        path.replace('{id}', encodeURIComponent(id)).replace('{app}', encodeURIComponent(app)),
      ),
    query: pairsOf(
      query.map(({ name, schema }) => [name, schema]),
      known.images,
    ),
    body: pairsOf(Object.entries(body), known.images),
    type: fc.oneof(
      { arbitrary: fc.constant(formType['content-type']), weight: 8 },
      {
        arbitrary: fc.constantFrom(
          'application/json',
          'multipart/form-data',
          'a/b',
          'multipart/form-data; boundary=x',
        ),
        weight: 1,
      },
    ),
    who: fc.oneof(
      { arbitrary: fc.constant<Who>('user'), weight: 8 },
      {
        arbitrary: fc.constantFrom<Who | 'forger'>('other', 'outsider', 'nobody', 'forger'),
        weight: 1,
      },
    ),
  });
}

let platform: Platform;
let target: Target;
const known = { ids: ['nothere1'], images: ['images.canfar.net/skaha/terminal:1.1.2'] };

beforeAll(async () => {
  platform = await openPlatform({
    data: mkdtempSync(join(tmpdir(), 'skaha-fuzz-')),
    port: 0,
    user: 'adastra',
    faults: ['slow-queue'],
    config: { ...roomy, users: [{ name: 'guest' }, { name: 'outsider', access: false }] },
  });
  target = targetOf(platform, { patienceMs: 20_000 });
  known.ids = [...known.ids, await target.create({ type: 'desktop' }), await target.create()];
  known.images = (JSON.parse((await target.get('/v1/image')).body) as { id: string }[]).map(
    ({ id }) => id,
  );
});

afterAll(async () => {
  await platform.stop();
  await discard(platform.data);
});

const encoded = (pairs: Request['query']): string =>
  new URLSearchParams(pairs.map(([name, one]): [string, string] => [name, one])).toString();

async function perform(method: Method, request: Request): Promise<Answer> {
  const { path, query, body, type, who } = request;
  const search = encoded(query);
  const isForger = who === 'forger';
  return await target.ask(method, `${path}${search === '' ? '' : `?${search}`}`, {
    as: isForger ? 'nobody' : who,
    headers: {
      'content-type': type,
      ...(isForger ? { authorization: 'Bearer x.y.z', 'x-auth-token-skaha': 'x~y' } : {}),
    },
    ...(method === 'POST' ? { body: encoded(body) } : {}),
  });
}

/**
 * What every answer must be like (Skaha API, bodies).
 *
 * @param namesUser - tells the user, or challenges who did not say; only the availability does not
 */
function check(answer: Answer, operation: Operation, namesUser: boolean): void {
  const { status, headers, body } = answer;
  expect(Object.keys(operation.responses)).toContain(String(status));
  expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
  const isNamed = headers['x-vo-authenticated'] !== undefined;
  if (namesUser) expect(isNamed).not.toBe(headers['www-authenticate'] !== undefined);
  if (status < 400) return;
  expect(headers['content-type']).toMatch(/^text\/(?:plain|html)/);
  if (status === 401) expect(body).toMatch(/^[^\n]+\n?$/);
  else if (status !== 503) expect(body).toMatch(/.\n$/s);
  expect(body).not.toMatch(/\bat .*\(|node:internal|\.[jt]s:\d+/);
}

test.each(operations.map((one) => [`${one.method} ${one.path}`, one] as const))(
  '%s',
  async (_name, { path, method, operation }) => {
    const isAvailability = path === '/availability';
    const arbitrary = requestFor(path, operation, known);
    await fc.assert(
      fc.asyncProperty(arbitrary, async (request) => {
        check(await perform(method, request), operation, !isAvailability);
      }),
      { numRuns: path === '/v1/session' && method === 'POST' ? 120 : 30, timeout: 20_000 },
    );
  },
);

test('a method that is not documented is refused, and so is a path', async () => {
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'PATCH'] as const) {
      if (methods[method.toLowerCase()] !== undefined) continue;
      const real = path.replace('{id}', 'nothere1').replace('{app}', 'abc');
      const { status, headers } = await target.ask(method, real);
      const isAskedAgain = headers.location?.endsWith(path) === true;
      expect(status, `${method} ${path}`).toBe(isAskedAgain ? 302 : 405);
    }
  }
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), async (words) => {
      const path = words.map(encodeURIComponent).join('/');
      expect((await target.get(`/v1/x${path}`)).status).toBe(404);
      for (const method of ['GET', 'POST', 'DELETE'] as const) {
        expect((await target.ask(method, `/v1/session/${path}`)).status).toBeLessThan(500);
      }
    }),
    { numRuns: 30 },
  );
});
