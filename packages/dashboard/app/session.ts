import { readSession, type SessionInfo } from 'skaha';

/** A session as the platform sent it. */
export type Raw = Readonly<Record<string, unknown>>;

/** A text that needs no reading: neither empty, nor blank at an edge, nor one that stands for nothing. */
const plainText = /^[A-Za-z0-9](?:\S*)$/;
const absent = 'not-applicable';

const plain = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== absent && plainText.test(value) ? value : undefined;

/** A time that means the same to everybody. */
const plainTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * A session of a list. What all are sorted, counted and narrowed down by is taken as it came where
 * that is plain to see; the rest is read when somebody looks, which of ten thousand sessions are
 * few. What is not plain is read by the library.
 */
export class Session {
  readonly raw: Raw;
  #info: SessionInfo | undefined;
  #startTime: Date | undefined;

  constructor(raw: Raw) {
    this.raw = raw;
  }

  get id(): string {
    return plain(this.raw['id']) ?? this.#read().id;
  }

  get appId(): string | undefined {
    return this.raw['appid'] === undefined ? undefined : this.#read().appId;
  }

  get name(): string {
    return plain(this.raw['name']) ?? this.#read().name;
  }

  get kind(): string {
    return plain(this.raw['type']) ?? this.#read().kind;
  }

  get status(): string {
    return statuses.get(this.raw['status']) ?? this.#read().status;
  }

  get startTime(): Date | undefined {
    const text = this.raw['startTime'];
    if (typeof text !== 'string' || !plainTime.test(text)) return this.#read().startTime;
    const time = Date.parse(text);
    if (Number.isNaN(time)) return this.#read().startTime;
    this.#startTime ??= new Date(time);
    return this.#startTime;
  }

  get image(): string | undefined {
    return plain(this.raw['image']) ?? this.#read().image;
  }

  get userId(): string | undefined {
    return this.#read().userId;
  }

  get expiryTime(): Date | undefined {
    return this.#read().expiryTime;
  }

  get connectUrl(): string | undefined {
    return this.#read().connectUrl;
  }

  get fixedResources(): boolean | undefined {
    return this.#read().fixedResources;
  }

  get requested(): SessionInfo['requested'] {
    return this.#read().requested;
  }

  get used(): SessionInfo['used'] {
    return this.#read().used;
  }

  #read(): SessionInfo {
    this.#info ??= readSession(this.raw);
    return this.#info;
  }
}

/** The words that every server has for states: the library knows those of older ones, too. */
const statuses: ReadonlyMap<unknown, string> = new Map(
  ['Pending', 'Running', 'Terminating', 'Completed', 'Failed'].map((word) => [word, word]),
);
