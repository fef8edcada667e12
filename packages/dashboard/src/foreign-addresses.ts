import { randomBytes } from 'node:crypto';

/** Below it the page reaches addresses on other hosts that a storage service named to it. */
const prefix = '/elsewhere/';

/** How long such an address is remembered, in milliseconds. */
const lifeMs = 3_600_000;

/** This many are remembered at a time; the oldest goes first. */
const mostPlaces = 1_000;

interface Place {
  readonly user: string;
  readonly url: string;
  readonly until: number;
}

const isLoopback = ({ hostname }: URL): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);

const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? '');
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** Whether an address is on another host, or port, than a service. */
export const isAbroad = (url: string, root: string): boolean =>
  URL.canParse(url) && new URL(url).origin !== new URL(root).origin;

const hasFiles = (url: URL): boolean => url.pathname.split('/').includes('files');

/**
 * Addresses on other hosts to which a storage service sends those who read or write a file. Such an
 * address lets its bearer in without a credential. The page, which may talk to its own origin alone, gets one
 * here instead; only the user for whom the service named it can use it, and no credential goes there.
 */
export class ForeignAddresses {
  readonly #now: () => number;
  readonly #places = new Map<string, Place>();

  /** @param now - milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The address behind a path of ours; undefined where there is none for this user. */
  urlOf(path: string, user: string): string | undefined {
    if (!path.startsWith(prefix)) return undefined;
    const [handle = ''] = path.slice(prefix.length).split(/[/?]/, 1);
    const place = this.#places.get(handle);
    return place?.user === user && place.until > this.#now() ? place.url : undefined;
  }

  /**
   * The path of ours for an address.
   *
   * @param from - address of the service that named it
   * @returns undefined for one that is not safe to ask
   */
  pathTo(text: string, from: string, user: string): string | undefined {
    if (!URL.canParse(text)) return undefined;
    const url = new URL(text);
    const isSafe = url.protocol === 'https:' || (isLoopback(new URL(from)) && isLoopback(url));
    if (!isSafe || url.username !== '') return undefined;
    // By this word the page knows an address of bytes.
    return `${prefix}${this.#handle(url.href, user)}${hasFiles(url) ? '/files' : ''}`;
  }

  /**
   * A document about a transfer, with the addresses of other hosts as the page can reach them. One
   * that wants to know who asks stays as it is: there the page has no business.
   */
  rewritten(document: string, root: string, user: string, origin: string): string {
    return document
      .split(/(?=<(?:\w+:)?protocol[\s>])/)
      .map((part) => {
        const method = /<(?:\w+:)?securityMethod\s[^<>]*uri=["']([^"'<>]*)["']/.exec(part)?.[1];
        if (method !== undefined && !method.endsWith('#anon')) return part;
        return part.replace(/(<(?:\w+:)?endpoint>)([^<]*)/g, (whole, tag: string, text: string) => {
          const url = unescaped(text.trim());
          const path = isAbroad(url, root) ? this.pathTo(url, root, user) : undefined;
          return path === undefined ? whole : `${tag}${origin}${path}`;
        });
      })
      .join('');
  }

  #handle(url: string, user: string): string {
    const now = this.#now();
    for (const [handle, place] of this.#places) {
      if (place.until <= now) this.#places.delete(handle);
      else if (place.url === url && place.user === user) return handle;
    }
    const excess = Math.max(0, this.#places.size - mostPlaces + 1);
    for (const old of [...this.#places.keys()].slice(0, excess)) this.#places.delete(old);
    const handle = randomBytes(18).toString('base64url');
    this.#places.set(handle, { user, url, until: now + lifeMs });
    return handle;
  }
}
