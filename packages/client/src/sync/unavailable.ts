import { ValidationError } from '../errors/index.js';

class Unavailable {
  constructor() {
    throw new ValidationError(
      [{ path: 'skaha/sync', message: 'Blocking calls need Node, Bun or Deno.' }],
      'Use the asynchronous calls of "skaha" here.',
    );
  }
}

/** Stands in for the blocking `Session` where there are no threads to wait for. */
export class Session extends Unavailable {}

/** Stands in for the blocking `Images`. */
export class Images extends Unavailable {}

/** Stands in for the blocking `Context`. */
export class Context extends Unavailable {}

/** Stands in for the blocking `Overview`. */
export class Overview extends Unavailable {}
