// @ts-check
import {
  PostgresServer,
  postgresObstacle,
} from '../../packages/platform-postgres/tests/server.mjs';
import { median } from '../lib/numbers.mjs';
import { answered, withFolder, withService } from '../lib/programs.mjs';

const [count, concurrency] = [512, 32];

/**
 * How long creates take on a platform of its own.
 *
 * @param {boolean} quick
 * @param {string} [store] - where it keeps its sessions
 */
const creates = (quick, store) =>
  withFolder((data) =>
    withService('platform', { data, store }, async (_, { url, ca, token }) => {
      const rounds = quick ? 2 : 4;
      const input = { url, ca, token, count, concurrency, rounds };
      return median((await answered('platform-launches', input)).bare);
    }),
  );

/**
 * Sessions that are kept in PostgreSQL, on the same disk as those in SQLite.
 *
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<import('../lib/figures.mjs').Figure[]>}
 */
export async function store({ quick }) {
  if (postgresObstacle !== undefined) {
    process.stderr.write(`left out: ${postgresObstacle}\n`);
    return [];
  }
  const server = await PostgresServer.start([]);
  process.env['PGPASSWORD'] = server.password;
  try {
    const { address } = await server.newDatabase();
    return [
      {
        name: `${count} creates kept in PostgreSQL`,
        against: 'the same kept in SQLite',
        value: await creates(quick, address),
        reference: await creates(quick),
        unit: 'ms',
      },
    ];
  } finally {
    delete process.env['PGPASSWORD'];
    await server.stop();
  }
}
