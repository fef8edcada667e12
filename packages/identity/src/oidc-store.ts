import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import { parseRecord } from '@skaha/base/json.js';
import type Database from 'libsql';
import type { Adapter, AdapterPayload } from 'oidc-provider';

const schema = `
  CREATE TABLE IF NOT EXISTS oidc (
    model TEXT NOT NULL,
    digest TEXT NOT NULL,
    payload TEXT NOT NULL,
    expires_at INTEGER,
    grant_id TEXT,
    user_code TEXT,
    uid TEXT,
    PRIMARY KEY (model, digest)
  );
  CREATE INDEX IF NOT EXISTS oidc_grants ON oidc (grant_id);
  CREATE INDEX IF NOT EXISTS oidc_user_codes ON oidc (user_code);
  CREATE INDEX IF NOT EXISTS oidc_uids ON oidc (uid);
`;

interface Row {
  readonly payload: string;
  readonly expires_at: number | null;
}

interface Oldest {
  readonly digest: string;
  readonly client: string | null;
}

/** Limits for entries that anybody can create without a login. */
const bounds: ReadonlyMap<string, number> = new Map([
  ['Client', 1_000],
  ['DeviceCode', 1_000],
  ['Interaction', 1_000],
  ['Session', 1_000],
]);

/** A member of a payload in SQL; null if the payload is damaged. */
const member = (name: string) =>
  `CASE WHEN json_valid(payload) THEN json_extract(payload, '$.${name}') END`;

/** For these the provider's id is the token itself, so it must not be stored. */
const bearers = new Set([
  'AccessToken',
  'AuthorizationCode',
  'RefreshToken',
  'RegistrationAccessToken',
]);

/** How long an expired entry is kept to report that it has expired, in seconds. */
const graceSeconds = 86_400;

/** What an access token proves. */
export type AccessTokenProof = { readonly user: string } | 'expired' | 'unknown';

const digestOf = (value: string) => createHash('sha256').update(value).digest('hex');

/**
 * The storage of the OIDC provider: clients, grants, codes and tokens. Tokens are found by their
 * digest and not stored themselves.
 *
 * The provider library always reads the time of the machine. What it says about the end of
 * something is stored in the time of the platform's clock and translated back when it is read, so
 * that the clock of the platform decides when tokens expire.
 */
export class OidcStore {
  readonly #database: Database.Database;
  readonly #clock: Clock;

  constructor(database: Database.Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    database.exec(schema);
    database
      .prepare('DELETE FROM oidc WHERE expires_at < ?')
      .run(Math.floor(clock.now() / 1000) - graceSeconds);
  }

  /**
   * Keeps within the limits before an entry is added. The oldest one is removed; for clients, the
   * oldest without a login.
   */
  #makeRoom(model: string, digest: string): void {
    const most = bounds.get(model);
    if (most === undefined) return;
    const { count } = this.#database
      .prepare('SELECT count(*) AS count FROM oidc WHERE model = ? AND digest <> ?')
      .get(model, digest) as { count: number };
    if (count < most) return;
    const now = Math.floor(this.#clock.now() / 1000);
    this.#database.prepare('DELETE FROM oidc WHERE model = ? AND expires_at < ?').run(model, now);
    const oldest = this.#database
      .prepare(
        `SELECT digest, ${member('client_id')} AS client FROM oidc WHERE model = ? AND digest <> ?
          ORDER BY client IN (
            SELECT ${member('clientId')} FROM oidc
              WHERE model IN ('AccessToken', 'RefreshToken') AND expires_at > ?
          ), rowid LIMIT ?`,
      )
      .all(model, digest, now, Math.max(1, count + 1 - most)) as Oldest[];
    const ofClient = this.#database.prepare(`DELETE FROM oidc WHERE ${member('clientId')} = ?`);
    for (const { digest, client } of oldest) {
      this.#database.prepare('DELETE FROM oidc WHERE model = ? AND digest = ?').run(model, digest);
      if (client !== null) ofClient.run(client);
    }
  }

  /** The storage of a model, as the provider needs it. */
  adapter(model: string): Adapter {
    return {
      upsert: async (id, payload) => this.#put(model, id, payload),
      find: async (id) => this.#read(model, 'digest', digestOf(id), id),
      findByUserCode: async (code) => this.#read(model, 'user_code', code),
      findByUid: async (uid) => this.#read(model, 'uid', uid),
      consume: async (id) => this.#consume(model, id),
      destroy: async (id) => this.#destroy(model, id),
      revokeByGrantId: async (grant) => {
        this.#database
          .prepare('DELETE FROM oidc WHERE model = ? AND grant_id = ?')
          .run(model, grant);
      },
    };
  }

  /** The user of an access token. */
  checkAccessToken(token: string): AccessTokenProof {
    const payload = this.#read('AccessToken', 'digest', digestOf(token), token);
    const user = payload?.accountId;
    if (payload === undefined || user === undefined) return 'unknown';
    // Deleting a client ends its logins.
    const client = payload.clientId ?? '';
    if (this.#read('Client', 'digest', digestOf(client)) === undefined) return 'unknown';
    if ((payload.exp ?? 0) * 1000 <= systemClock.now()) return 'expired';
    return { user };
  }

  /** The payload of a token of ours, in the time of the platform's clock. */
  describe(model: 'AccessToken' | 'RefreshToken', token: string): AdapterPayload | undefined {
    const payload = this.#read(model, 'digest', digestOf(token), token);
    if (payload?.exp === undefined) return undefined;
    return { ...payload, exp: payload.exp + this.#ahead() };
  }

  /** User codes of device logins that nobody has answered yet. */
  pendingUserCodes(): string[] {
    const rows = this.#database
      .prepare("SELECT payload, expires_at FROM oidc WHERE model = 'DeviceCode' AND expires_at > ?")
      .all(Math.floor(this.#clock.now() / 1000)) as Row[];
    return rows
      .map(({ payload }) => parseRecord(payload) as AdapterPayload | undefined)
      .filter((code) => code !== undefined)
      .filter(({ accountId, error }) => accountId === undefined && error === undefined)
      .map(({ userCode }) => userCode ?? '');
  }

  /** Seconds by which the platform's clock is ahead of the machine's. */
  #ahead(): number {
    return Math.round((this.#clock.now() - systemClock.now()) / 1000);
  }

  #put(model: string, id: string, payload: AdapterPayload): void {
    this.#makeRoom(model, digestOf(id));
    const { jti: _, ...rest } = payload;
    const stored = bearers.has(model) ? rest : payload;
    this.#database
      .prepare('INSERT OR REPLACE INTO oidc VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(
        model,
        digestOf(id),
        JSON.stringify(stored),
        payload.exp === undefined ? null : payload.exp + this.#ahead(),
        payload.grantId ?? null,
        payload.userCode ?? null,
        payload.uid ?? null,
      );
  }

  #read(
    model: string,
    column: 'digest' | 'user_code' | 'uid',
    value: string,
    id?: string,
  ): AdapterPayload | undefined {
    const row = this.#database
      .prepare(`SELECT payload, expires_at FROM oidc WHERE model = ? AND ${column} = ?`)
      .get(model, value) as Row | undefined;
    const payload =
      row === undefined ? undefined : (parseRecord(row.payload) as AdapterPayload | undefined);
    if (row === undefined || payload === undefined) return undefined;
    if (row.expires_at !== null) payload.exp = row.expires_at - this.#ahead();
    if (id !== undefined && bearers.has(model)) payload.jti = id;
    return payload;
  }

  #consume(model: string, id: string): void {
    const payload = this.#read(model, 'digest', digestOf(id));
    if (payload === undefined) return;
    this.#database
      .prepare('UPDATE oidc SET payload = ? WHERE model = ? AND digest = ?')
      .run(
        JSON.stringify({ ...payload, consumed: Math.floor(systemClock.now() / 1000) }),
        model,
        digestOf(id),
      );
  }

  #destroy(model: string, id: string): void {
    this.#database
      .prepare('DELETE FROM oidc WHERE model = ? AND digest = ?')
      .run(model, digestOf(id));
  }
}
