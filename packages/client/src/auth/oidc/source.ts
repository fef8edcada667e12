import { stat } from 'node:fs/promises';
import { type Clock, systemClock } from '@skaha/base/clock.js';
import { loadConfiguration } from '../../config/read.js';
import type { Configuration, OidcEntry } from '../../config/schema.js';
import { updateConfiguration } from '../../config/write.js';
import { isSkahaError, SkahaError } from '../../errors/index.js';
import type { Transport } from '../../transport/types.js';
import { findEntry, type OidcRecord, readRecord, withTokens } from './record.js';
import { isRefreshable, refreshTokens } from './refresh.js';

/** What a token source needs. */
export interface TokenSourceOptions {
  /** Absolute path of the configuration file that holds the login. */
  configuration: string;
  /** Name of the credential. */
  credential: string;
  /** Sends the refresh; shows no client certificate. */
  transport: Transport;
  /** Time for one request to the provider, in milliseconds. @default 5_000 */
  timeoutMs?: number | undefined;
  /** Development only: allows plain http to this machine. @default false */
  development?: boolean | undefined;
  clock?: Clock | undefined;
  /** Called with each warning for the user. */
  onWarning?: ((warning: string) => void) | undefined;
}

/** Gives access tokens that are good. */
export interface TokenSource {
  /** A token for the next request; refreshed first when it is about to end. */
  read(): Promise<string>;
  /** A token in place of one that a server did not take. */
  renew(rejected: string): Promise<string>;
  /** Saves tokens that could not be saved before, if there are any. */
  flush(): Promise<void>;
}

/** A token that ends this soon is not sent any more. */
const leewayMs = 60_000;

/** A program that ends does not wait longer than this to save what it could not save before. */
const flushMs = 5_000;

/** Refreshes under way in this process, by file and credential. */
const underWay = new Map<string, Promise<OidcRecord>>();

/** Tokens that the provider gave but that could not be saved. */
interface Unsaved {
  entry: OidcEntry;
  /** The refresh token they were traded for. */
  basedOn: string | undefined;
  flush(): Promise<void>;
}
const unsaved = new Map<string, Unsaved>();
let flushesAtExit = false;

/** Ends an edit of the configuration without writing. */
class Refused extends Error {
  readonly posted: string | undefined;
  constructor(posted: string | undefined) {
    super('refused');
    this.posted = posted;
  }
}

function flushAtExit(): void {
  if (flushesAtExit) return;
  flushesAtExit = true;
  process.once('beforeExit', () => {
    flushesAtExit = false;
    for (const { flush } of [...unsaved.values()]) flush().catch(() => undefined);
  });
}

class FileTokenSource implements TokenSource {
  readonly #options: TokenSourceOptions;
  readonly #clock: Clock;
  readonly #key: string;
  #known: { print: string; record: OidcRecord } | undefined;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#key = `${options.configuration}\n${options.credential}`;
  }

  async read(): Promise<string> {
    const record = await this.#current();
    const leftMs = this.#leftMs(record);
    // Without a date a token counts as good until a server says otherwise.
    if (record.access !== undefined && leftMs > leewayMs) return record.access;
    if (!isRefreshable(record, this.#clock.now())) {
      if (record.access !== undefined && leftMs > 0) return record.access;
      throw this.#ended(record.access === undefined ? 'contains no token' : 'has expired');
    }
    try {
      return this.#accessOf(await this.#refresh(record.access));
    } catch (error) {
      const final = !isSkahaError(error) || error.code === 'authentication.expired';
      if (!final && record.access !== undefined && leftMs > 0) return record.access;
      throw error;
    }
  }

  async renew(rejected: string): Promise<string> {
    const record = await this.#current();
    if (record.access !== undefined && record.access !== rejected) return this.read();
    if (!isRefreshable(record, this.#clock.now())) throw this.#ended('was refused by the server');
    return this.#accessOf(await this.#refresh(rejected));
  }

  async flush(): Promise<void> {
    const { configuration } = this.#options;
    if (!unsaved.has(this.#key)) return;
    await updateConfiguration(
      configuration,
      (draft) => {
        this.#adoptUnsaved(draft);
      },
      { signal: AbortSignal.timeout(flushMs) },
    );
    unsaved.delete(this.#key);
  }

  /** Puts tokens that could not be saved before into the draft, and finds the login in it. */
  #adoptUnsaved(draft: Configuration): OidcEntry {
    const { credential } = this.#options;
    const stored = findEntry(draft, credential);
    const pending = unsaved.get(this.#key);
    // Somebody may have logged in meanwhile: what they saved is newer.
    if (pending === undefined || readRecord(stored, credential).refresh !== pending.basedOn) {
      return stored;
    }
    const { token, expiry } = pending.entry;
    const adopted = { ...stored, token, expiry };
    draft.credentials[credential] = adopted;
    return adopted;
  }

  #leftMs({ accessExpiry }: OidcRecord): number {
    return accessExpiry === undefined ? Infinity : accessExpiry * 1000 - this.#clock.now();
  }

  #accessOf({ access }: OidcRecord): string {
    if (access === undefined) throw this.#ended('contains no token');
    return access;
  }

  #ended(what: string): SkahaError {
    const { credential } = this.#options;
    return new SkahaError('authentication.expired', `Your login '${credential}' ${what}.`, {
      hint: `Log in again: 'skaha login ${credential} --force'`,
      id: credential,
    });
  }

  /** The record in memory when it could not be saved, else that of the file, read when it changed. */
  async #current(): Promise<OidcRecord> {
    const { configuration: path, credential } = this.#options;
    const pending = unsaved.get(this.#key);
    if (pending !== undefined) return readRecord(pending.entry, credential);
    const print = await stat(path, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs }) => [dev, ino, size, mtimeNs].join(':'),
      () => '',
    );
    if (this.#known === undefined || this.#known.print !== print) {
      const { configuration } = await loadConfiguration({ path });
      this.#known = { print, record: readRecord(findEntry(configuration, credential), credential) };
    }
    return this.#known.record;
  }

  /** One refresh at a time in this process; later callers share it. */
  #refresh(stale: string | undefined): Promise<OidcRecord> {
    const shared = underWay.get(this.#key);
    if (shared !== undefined) return shared;
    const work = this.#refreshTwice(stale).finally(() => underWay.delete(this.#key));
    underWay.set(this.#key, work);
    return work;
  }

  /** A second time only when another program, which knows no lock, has changed the file. */
  async #refreshTwice(stale: string | undefined): Promise<OidcRecord> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#refreshLocked(stale);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.#known = undefined;
        const { refresh } = await this.#current();
        if (attempt === 2 || refresh === error.posted) throw this.#ended('has ended');
      }
    }
  }

  /**
   * Refreshes while holding the lock that all processes respect. The file is read again under it:
   * when another process was faster, its token is used and nothing is sent.
   */
  async #refreshLocked(stale: string | undefined): Promise<OidcRecord> {
    const { configuration, credential, transport, timeoutMs = 5_000, development } = this.#options;
    const tools = { transport, timeoutMs, development: development === true, clock: this.#clock };
    let made: { entry: OidcEntry; basedOn: string | undefined } | undefined;
    try {
      const saved = await updateConfiguration(
        configuration,
        async (draft) => {
          const stored = this.#adoptUnsaved(draft);
          const record = readRecord(stored, credential);
          const fresh = record.access !== stale && this.#leftMs(record) > leewayMs;
          if (record.access !== undefined && fresh) return;
          if (!isRefreshable(record, this.#clock.now())) throw new Refused(record.refresh);
          const outcome = await refreshTokens(record, tools);
          if ('refused' in outcome) throw new Refused(record.refresh);
          made = { entry: withTokens(stored, outcome.tokens), basedOn: record.refresh };
          draft.credentials[credential] = made.entry;
        },
        { onWarning: this.#options.onWarning },
      );
      unsaved.delete(this.#key);
      return readRecord(findEntry(saved, credential), credential);
    } catch (error) {
      if (made === undefined) throw error;
      return this.#keepInMemory(made, error);
    }
  }

  /** The provider has traded the tokens already, so they must not be lost with the write. */
  #keepInMemory(made: Omit<Unsaved, 'flush'>, error: unknown): OidcRecord {
    const { credential, onWarning } = this.#options;
    const basedOn = unsaved.get(this.#key)?.basedOn ?? made.basedOn;
    unsaved.set(this.#key, { entry: made.entry, basedOn, flush: () => this.flush() });
    flushAtExit();
    const reason = isSkahaError(error) ? error.message : 'The configuration cannot be written.';
    onWarning?.(
      `${reason} The renewed login '${credential}' is kept in memory and will be lost when this program ends.`,
    );
    return readRecord(made.entry, credential);
  }
}

/**
 * Makes a source of access tokens from a saved login. Tokens are refreshed a minute before they
 * end: once in this process however many ask, and once on this machine however many processes do.
 * New tokens are on disk before they are used.
 *
 * @param options - which login, and how to reach its provider
 * @returns a source whose `read` rejects with `authentication.expired` when the login has ended,
 * `authentication.required`, `authentication.credential_invalid`, `transport.failure` when the
 * provider cannot be reached, `config.invalid`, `config.unwritable`
 */
export const oidcTokenSource = (options: TokenSourceOptions): TokenSource =>
  new FileTokenSource(options);
