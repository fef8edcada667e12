import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Overview } from '../src/overview.js';
import { Session } from '../src/session/session.js';
import {
  clientOver,
  coreFor,
  JumpingClock,
  type Reply,
  rejection,
  testServer,
} from './fixtures.js';

// The client reads what the real server answered: the table that `recorded.test.ts` of the local
// platform holds it against. Its words in capitals stand for what depends on the place.

interface Recorded {
  readonly seen: string;
  readonly title: string;
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
  readonly begins?: string;
  readonly call?: keyof typeof calls;
  readonly code?: string;
  /** Reasons of the events that are read from it. */
  readonly reads?: readonly string[];
}

const table = JSON.parse(
  readFileSync(new URL('../../platform/tests/contract/recorded.json', import.meta.url), 'utf8'),
) as Recorded[];

const id = 'zzzz9999';

interface Client {
  readonly sessions: Session;
  readonly overview: Overview;
}

const calls = {
  renew: ({ sessions }: Client) => sessions.renew([id]),
  info: ({ sessions }: Client) => sessions.info([id]),
  events: ({ sessions }: Client) => sessions.events([id]),
  list: ({ sessions }: Client) => sessions.fetch(),
  stats: ({ sessions }: Client) => sessions.stats(),
  create: ({ sessions }: Client) =>
    sessions.create({
      name: 'one',
      image: 'images.canfar.net/skaha/terminal:1.1.2',
      cmd: 'true',
    }),
  capabilities: ({ overview }: Client) => overview.capabilities(),
  availability: ({ overview }: Client) => overview.availability(),
};

async function withClient<Result>(
  reply: Reply,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  await using server = await testServer(() => reply);
  const core = coreFor(server.url, { clock: new JumpingClock() });
  try {
    return await work({
      sessions: new Session(clientOver(core)),
      overview: new Overview(clientOver(core)),
    });
  } finally {
    await core.close();
  }
}

/** More lines, as the real server tells an answer of its cluster. */
const clusterLines = '\nHTTP response headers: {audit-id=[11111111-2222-3333-4444-555555555555]}\n';

function replyOf({ status, type = 'text/plain', body, begins = '' }: Recorded): Reply {
  const told = (body ?? `${begins}x${clusterLines}`)
    .replaceAll('UID', '1234')
    .replaceAll('GID', '4321')
    .replaceAll('NAME', 'adastra')
    .replaceAll('NEW', id)
    .replaceAll('ID', id);
  return { status, headers: { 'content-type': type, server: 'OpenCADC/cadc-rest' }, body: told };
}

/** What a call says of its failures, one line each. */
function wordsOf(error: unknown): string[] {
  const {
    message,
    hint,
    failed = [],
  } = error as {
    message: string;
    hint?: string;
    failed?: readonly { error: unknown }[];
  };
  return [message, hint ?? '', ...failed.flatMap((one) => wordsOf(one.error))];
}

const codesOf = (error: unknown): string[] => {
  const { code, failed = [] } = error as { code: string; failed?: { error: unknown }[] };
  return [code, ...failed.flatMap((one) => codesOf(one.error))];
};

describe('what the real server answered', () => {
  const refusals = table.filter(({ call, code }) => call !== undefined && code !== undefined);

  test.each(refusals)('$seen: $title is $code', async (recorded) => {
    const call = calls[recorded.call ?? 'info'];
    const error = await withClient(replyOf(recorded), (client) => rejection(call(client)));
    expect(codesOf(error)).toContain(recorded.code);
    for (const words of wordsOf(error)) {
      expect(words).not.toMatch(/PosixPrincipal|java\.|audit-id|\n/);
    }
  });

  test.each(table.filter(({ call, code }) => call === 'create' && code === undefined))(
    '$seen: $title is a session',
    async (recorded) => {
      expect(await withClient(replyOf(recorded), calls.create)).toMatchObject({ ids: [id] });
    },
  );

  test.each(table.filter(({ reads }) => reads !== undefined))(
    '$seen: $title are $reads',
    async (recorded) => {
      const [one] = await withClient(replyOf(recorded), calls.events);
      expect(one?.events.map(({ reason }) => reason)).toEqual(recorded.reads);
    },
  );

  test('1.4.0: the note of the availability goes on for lines', async () => {
    const body = `<?xml version="1.0" encoding="UTF-8"?>\r
<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">\r
  <vosi:available>true</vosi:available>\r
  <vosi:note>Skaha Service Available.\r
\r
Enabled Experimental Features:\r
 ExperimentalFeatures{featureGates={}}</vosi:note>\r
</vosi:availability>\r
`;
    // No header names the platform here.
    const reply = { headers: { 'content-type': 'text/xml' }, body };
    expect(await withClient(reply, calls.availability)).toMatchObject({ available: true });
  });
});
