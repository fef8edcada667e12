import { createRequire as requireFrom } from 'node:module';
import { SkahaError } from '../errors/index.js';

/** Stores secrets outside the configuration file, each under a unique name. */
export interface SecretStore {
  /**
   * Returns a secret, or undefined if there is none with that name. Rejects if the store cannot be
   * used.
   */
  get(id: string): Promise<string | undefined>;
  set(id: string, secret: string): Promise<void>;
  /** Deletes a secret. Does nothing if there is none with that name. */
  delete(id: string): Promise<void>;
}

/** Longest time for one question to the keyring, in milliseconds; somebody may have to unlock it. */
const timeoutMs = 15_000;

const service = 'skaha';

type Keyring = typeof import('@napi-rs/keyring');

/**
 * The optional, native package, loaded by the few who ask for it. Not with `import`: programs that
 * put this library into one file must not have to deal with it. Its own name for `createRequire`,
 * because such programs often define one.
 */
const load = (): Keyring => requireFrom(import.meta.url)('@napi-rs/keyring');

// Its second choice, the keyring of the Linux kernel, forgets everything when the machine stops.
const entryOf = (id: string) =>
  new (load().AsyncEntry)(service, id, { linux: { store: 'secret-service' } });

async function within<Result>(
  work: () => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  signal?.throwIfAborted();
  const { promise: ended, reject } = rejection();
  const timer = setTimeout(
    () =>
      reject(new SkahaError('config.unwritable', 'The keyring of this computer does not answer.')),
    timeoutMs,
  );
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    return await Promise.race([work(), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function rejection() {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_resolve, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}

/** The keyring of the operating system: Secret Service, Keychain or Credential Manager. */
export const systemKeyring: SecretStore = {
  async get(id) {
    return (await entryOf(id).getPassword()) ?? undefined;
  },
  async set(id, secret) {
    await entryOf(id).setPassword(secret);
  },
  async delete(id) {
    await entryOf(id).deleteCredential();
  },
};

/**
 * Makes every call to a store end: after 15 seconds, or with the signal.
 *
 * @param store - where secrets are kept
 * @param signal - ends a call
 */
export const withTimeLimit = (
  store: SecretStore,
  signal: AbortSignal | undefined,
): SecretStore => ({
  get: (id) => within(() => store.get(id), signal),
  set: (id, secret) => within(() => store.set(id, secret), signal),
  delete: (id) => within(() => store.delete(id), signal),
});
